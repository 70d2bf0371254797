// Every rule, one line each.

/// The catalogue.
public enum Catalogue {
  /// All rules, by area in the order of the reference.
  public static let all: [any Rule.Type] = hostRules + domainRules + platformRules

  /// Host, CPU, memory and block I/O rules of the host.
  static let hostRules: [any Rule.Type] = []
  /// Domain and host×domain rules: CPU, NUMA, memory, disks, network.
  static let domainRules: [any Rule.Type] = []
  /// Security, migration, nesting, GPU, sizing.
  static let platformRules: [any Rule.Type] = []
}
