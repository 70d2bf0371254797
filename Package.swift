// swift-tools-version:6.1
import PackageDescription

let package = Package(
  name: "tuned-vm",
  products: [
    .executable(name: "tuned-vm", targets: ["tuned-vm"]),
    .library(name: "TuneKit", targets: ["TuneKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
    .systemLibrary(name: "CNuma", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    // Types only: libvirt is loaded at run time, so nothing is linked here.
    .systemLibrary(name: "CLibvirt", providers: [.apt(["libvirt-dev"])]),

    .target(
      name: "TuneKit",
      dependencies: [
        .product(name: "Yams", package: "Yams"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "OrderedCollections", package: "swift-collections"),
      ]),
    .target(
      name: "TuneHost",
      dependencies: [
        "TuneKit", "CHwloc", "CNuma", "CLibXML2", "CLibvirt", "CLinux", "CZlib",
      ]),
    .target(
      name: "TuneFleet",
      dependencies: ["TuneKit", .product(name: "GRDB", package: "GRDB.swift")]),
    .executableTarget(
      name: "tuned-vm",
      dependencies: [
        "TuneKit", "TuneHost", "TuneFleet",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // Nobody links against the program: tens of thousands of exported names would only be read at
      // each start, and take 2 MiB.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(configuration: .release))
      ]),

    .target(name: "TestSupport", dependencies: ["TuneKit"], path: "Tests/TestSupport"),
    .testTarget(name: "TuneKitTests", dependencies: ["TuneKit", "TestSupport"]),
    .testTarget(name: "TuneHostTests", dependencies: ["TuneHost", "TestSupport"]),
    .testTarget(name: "TuneFleetTests", dependencies: ["TuneFleet", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["TestSupport", "tuned-vm"]),
  ],
  swiftLanguageModes: [.v6]
)
