// The site's configuration.

import Testing

@testable import TuneKit

@Suite struct ConfigurationTests {
  private static let rules = ["io.readahead", "disk.thin-capacity", "cpu.mode"]

  @Test func everyKeyIsRead() throws {
    let configuration = try ConfigurationParser.parse(
      """
      profile: general
      failOn: warning
      domains:
        - {match: "db-*", profile: db, trust: tenant-a, role: template, confidential: true}
      reservedCpus: "0,64"
      cpuBaseline: EPYC-Rome
      thresholds: {disk.thin-capacity: {warning: 80, critical: 95}}
      retentionDays: 400
      waivers:
        - {rule: io.*, subject: "sda", reason: vendor array schedules itself, until: 2027-01-31}
      """, file: "c.yaml", rules: Self.rules)
    #expect(
      configuration.domains == [
        DomainTag(
          match: "db-*", profile: "db", trust: "tenant-a", role: "template", confidential: true)
      ])
    #expect(configuration.reservedCPUs == [0, 64])
    #expect(configuration.thresholds["disk.thin-capacity"]?.critical == 95)
    #expect(
      configuration.waivers == [
        Waiver(
          rule: "io.*", subject: "sda", reason: "vendor array schedules itself",
          until: "2027-01-31", place: "c.yaml:10:5")
      ])
  }

  @Test func anEmptyFileIsAnEmptyConfiguration() throws {
    #expect(try ConfigurationParser.parse("", file: "c.yaml") == Configuration())
    #expect(try ConfigurationParser.parse("# nothing\n", file: "c.yaml") == Configuration())
  }

  @Test func allMistakesAreToldAtOnce() {
    do {
      _ = try ConfigurationParser.parse(
        """
        profil: general
        failOn: error
        domains: [{profile: dbb}]
        reservedCpus: 0-
        waivers:
          - {rule: ioo.*, reason: "", until: 2027-02-30}
          - {subject: x}
        retentionDays: -1
        thresholds: {cpu.mod: {warning: 1}}
        """, file: "c.yaml", rules: Self.rules)
      Issue.record("no error")
    } catch {
      #expect(error.status == .configuration)
      #expect(
        error.messages == [
          "c.yaml:1:1: unknown key 'profil' in the configuration; did you mean 'profile'?",
          "c.yaml:2:9: 'failOn' is 'error'; expected critical, warning, info, never",
          "c.yaml:3:11: an entry of 'domains' has no 'match'",
          "c.yaml:4:15: 'reservedCpus' is '0-'; expected a CPU list such as \"0,64\"",
          "c.yaml:6:12: no rule matches 'ioo.*'",
          "c.yaml:6:27: 'reason' is empty; say why it is accepted",
          "c.yaml:6:38: 'until' is '2027-02-30'; expected a day such as 2027-01-31",
          "c.yaml:7:5: a waiver has no 'reason'",
          "c.yaml:7:5: a waiver has no 'rule'",
          "c.yaml:8:16: 'retentionDays' is '-1'; expected a whole number from 1 to 36500",
          "c.yaml:9:14: unknown rule 'cpu.mod'; did you mean 'cpu.mode'?",
        ])
    }
  }
}
