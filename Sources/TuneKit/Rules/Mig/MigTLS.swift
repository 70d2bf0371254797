/// Guest memory on the network in clear.
struct MigTLS: Rule {
  static let about = RuleInfo(
    id: "mig.tls", title: "Migration is encrypted",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "A migration sends the guest's whole memory, keys included, to whoever listens.",
    cost: "Certificates; CPU time for encryption, which multifd spreads.",
    notWhen: "Certificates for migration, or for all of QEMU, are configured.",
    sources: [.article("§10.2"), .link("https://libvirt.org/kbase/migrationinternals.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let file = LibvirtConfiguration.read(context.facts.snapshot, SecSVirt.configuration)
      guard let values = file.value else { return .unknown(file.unknownReason) }
      let keys = values.values.keys.filter {
        $0.hasPrefix("migrate_tls_") || $0 == "default_tls_x509_cert_dir"
      }.sorted()
      let evidence = Evidence(
        "\(SecSVirt.configuration) migrate_tls_*",
        observed: keys.isEmpty ? nil : keys.joined(separator: ", "),
        expected: "migrate_tls_x509_cert_dir")
      guard keys.isEmpty else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "guests move in clear: no certificate for migration is configured",
          evidence: [evidence],
          remedy: .advice(
            "set migrate_tls_x509_cert_dir in /etc/libvirt/qemu.conf and migrate with --tls")))
    }
  }

  static let examples = [
    Example(
      "configured",
      .exampleHost().with(
        SecSVirt.configuration, "migrate_tls_x509_cert_dir = \"/etc/pki/libvirt-migrate\"\n"),
      .satisfied),
    Example("not configured", .exampleHost(), .violated(.info)),
    Example("tenants", .exampleHost(), under: .secure, .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable(SecSVirt.configuration), .unknown),
  ]
}
