// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// One stage of the data; it may import only the rooms listed, all of them upstream.
func room(_ name: String, _ imports: Target.Dependency...) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: house)
}

func tests(
  _ name: String, _ imports: Target.Dependency..., exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: imports + ["TestSupport"], exclude: exclude,
    swiftSettings: house)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "casthost",
  products: [.executable(name: "casthost", targets: ["casthost"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // Hot loops and the Lua border; -O3 even under `swift test`, and no contraction of a*b+c
    // behind our back: fused products are written out, so every machine gets the same bits.
    .target(
      name: "CKernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])]),
    .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .target(
      name: "CLuaShim", dependencies: ["CLua"],
      cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),

    room("Kernels", "CKernels"),
    room("JSON"),
    room("Checkpoint", "Kernels", "JSON"),
    room("Jinja"),
    room("Tokens", "Jinja", "JSON"),
    room("Transformer", "Kernels", "JSON", "Checkpoint"),
    room("Engine", "Kernels", "Checkpoint", "Jinja", "Tokens", "Transformer"),
    room("Statistics", "Kernels"),
    room(
      "Steering", "Kernels", "JSON", "Checkpoint", "Tokens", "Transformer", "Engine",
      "Statistics"),
    // The declarations of the Lua API, carried in the binary so that it finds them wherever it lies.
    .target(
      name: "APIReference", resources: [.embedInCode("cast.d.lua")], swiftSettings: house),
    // What sweeps found, kept in files and shown as pages; knows no models and no Lua.
    room("Results", database),
    // libcurl, loaded when something is fetched.
    .target(name: "CCurl", cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),
    room("ModelStore", "CCurl", crypto, subprocess, system),
    room(
      "Scripting", "CLua", "CLuaShim", "APIReference", "Results", "Kernels", "JSON", "Jinja",
      "Tokens", "Transformer", "Engine", "Steering", "Statistics", logging, crypto),
    .executableTarget(
      name: "casthost",
      dependencies: [
        "Kernels", "JSON", "Checkpoint", "Tokens", "Transformer", "Engine", "Steering",
        "Statistics", "ModelStore", "APIReference", "Scripting", "CEdit",
        argumentParser, logging,
      ],
      swiftSettings: house),

    .target(
      name: "TestSupport", dependencies: ["Kernels", "Checkpoint"], path: "Tests/TestSupport",
      swiftSettings: house),
    tests("Kernels", "Kernels"),
    // What the tests try on readers of strangers' files, and libFuzzer too (Docs/Security.md).
    .target(
      name: "Fuzzers",
      dependencies: [
        "TestSupport", "JSON", "Jinja", "Kernels", "Checkpoint", "Tokens", "Transformer", "Engine",
        "Steering",
      ], path: "Tests/Fuzzers", swiftSettings: house),
    tests("Fuzz", "Fuzzers", "JSON"),
    tests("JSON", "JSON"),
    tests("Checkpoint", "Checkpoint", "Kernels", "JSON"),
    tests("Jinja", "Jinja", "JSON"),
    tests("Tokens", "Tokens", "Jinja", "Checkpoint"),
    tests("Transformer", "Transformer", "Kernels", "Checkpoint"),
    tests("Engine", "Engine", "Transformer", "Tokens", "Kernels", "Checkpoint"),
    tests("Statistics", "Statistics"),
    tests("Steering", "Steering", "Engine", "Transformer", "Tokens", "Kernels", "Checkpoint"),
    tests("APIReference", "APIReference"),
    tests(
      "Scripting", "Scripting", "APIReference", "CLuaShim", "Engine", "Steering", "Transformer",
      "Kernels", exclude: ["Hostile", "Patterns"]),
    tests("Results", "Results", database),
    tests("ModelStore", "ModelStore", system),
    // Tries what the outer ring forbids, in a process of its own.
    .executableTarget(
      name: "RingProbe", dependencies: ["Scripting"], path: "Tests/RingProbe",
      swiftSettings: house),
    tests(
      "Command", "Scripting", "Checkpoint", "ModelStore", "RingProbe", subprocess, system,
      exclude: ["Hostile"]),
  ]
)

// libFuzzer brings the main function, so this is built by Scripts/dev/fuzz.sh alone.
if Context.environment["CASTHOST_FUZZ_RUNNER"] != nil {
  package.targets.append(
    .executableTarget(
      name: "FuzzRunner", dependencies: ["Fuzzers"], path: "Tests/FuzzRunner",
      swiftSettings: house))
}
