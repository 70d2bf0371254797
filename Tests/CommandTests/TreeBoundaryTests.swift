// Nothing outside a tree is read, whatever the tree's links say.

import TestSupport
import Testing

@Suite struct TreeBoundaryTests {
  /// A captured host beside a directory that no command may read.
  private static func scene() throws -> (host: TemporaryTree, outside: TemporaryTree) {
    let outside = TemporaryTree()
    outside.write("/config.yaml", "profile: secret-of-the-auditor\n")
    outside.write("/site.yaml", "name: site\ninherits: nothing-there\n")
    return (try CapturedHost("one-node").unpacked(), outside)
  }

  @Test func aConfigurationIsNotFollowedOutOfTheTree() throws {
    let (host, outside) = try Self.scene()
    for target in [
      outside.path + "/config.yaml", "../../../../../../..\(outside.path)/config.yaml",
    ] {
      let tree = TemporaryTree()
      tree.link("/etc/tuned-vm/config.yaml", to: target)
      for command in [["audit"], ["topology"], ["plan"], ["rules", "list"]] {
        let outcome = try Program.run(command + ["--root", tree.path])
        #expect(outcome.status <= 1, "\(outcome.errors)")
        #expect(!(outcome.output + outcome.errors).contains("secret-of-the-auditor"))
      }
    }
    withExtendedLifetime(host) {}
  }

  @Test func aDirectoryOfTheConfigurationIsNotFollowedEither() throws {
    let (host, outside) = try Self.scene()
    host.link("/etc/tuned-vm", to: outside.path)
    let outcome = try Program.run(["audit", "--root", host.path])
    #expect(outcome.status <= 1, "\(outcome.errors)")
  }

  @Test func aProfileIsNotFollowedOutOfTheTree() throws {
    let (host, outside) = try Self.scene()
    host.link("/etc/tuned-vm/profiles/site.yaml", to: outside.path + "/site.yaml")
    let outcome = try Program.run(["audit", "--root", host.path, "--profile", "site"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("no profile 'site'"))
  }

  @Test func aProfileInheritsNothingFromOutside() throws {
    let (host, outside) = try Self.scene()
    outside.write("/base.yaml", "name: base\nbogus: secret-of-the-auditor\n")
    host.write("/etc/tuned-vm/profiles/site.yaml", "name: site\ninherits: ./base.yaml\n")
    host.link("/etc/tuned-vm/profiles/base.yaml", to: outside.path + "/base.yaml")
    let outcome = try Program.run(["audit", "--root", host.path, "--profile", "site"])
    #expect(outcome.status == 78)
    #expect(!outcome.errors.contains("bogus"))
  }

  @Test func aLinkInsideTheTreeIsFollowedAsTheHostWould() throws {
    let (host, _) = try Self.scene()
    host.write("/srv/config.yaml", "profile: db\n")
    host.link("/etc/tuned-vm/config.yaml", to: "/srv/config.yaml")
    let outcome = try Program.run(["audit", "--root", host.path, "--format", "json"])
    #expect(outcome.output.contains("\"profile\":\"db\""))
  }

  @Test func whatIsNoPlainFileIsRefused() throws {
    let (host, _) = try Self.scene()
    host.fifo("/etc/tuned-vm/config.yaml")
    let outcome = try Program.run(["audit", "--root", host.path])
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("is a FIFO, not a regular file"))
  }
}
