// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
// Generated code has other rules; it is built as its generator wrote it.
let generated: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny")
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let lifecycleUnix: Target.Dependency = .product(
    name: "UnixSignals",
    package: "swift-service-lifecycle"
)
let grpcCore: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
// The one product that brings the transport's core without swift-crypto; on Linux it is nothing else.
let grpcTransport: Target.Dependency = .product(
    name: "GRPCNIOTransportHTTP2TransportServices",
    package: "grpc-swift-nio-transport"
)
let settings: Target.Dependency = .product(
    name: "Configuration",
    package: "swift-configuration"
)
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "khach",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "khachd", targets: ["khachd"]),
        .executable(name: "khach", targets: ["khach"]),
        .library(name: "KhachClient", targets: ["KhachClient"]),
        .library(name: "KhachRPC", targets: ["KhachRPC"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle",
            exact: "2.13.0"
        ),
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            exact: "1.4.0",
            traits: ["JSON"]
        ),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            exact: "2.28.1",
            traits: []
        ),
    ],
    targets: [
        // System libraries.
        .systemLibrary(
            name: "CSQLite",
            path: "Sources/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CLibCrypto",
            path: "Sources/CLibCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            path: "clients/c/sys/COpenSSL",
            pkgConfig: "libssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CProtobufC",
            path: "clients/c/sys/CProtobufC",
            pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]
        ),
        // Without pkg-config: its file carries a flag that SwiftPM warns of and that is not needed.
        .systemLibrary(
            name: "CUtf8proc",
            path: "clients/c/sys/CUtf8proc",
            providers: [.apt(["libutf8proc-dev"])]
        ),

        .systemLibrary(
            name: "CXXHash",
            path: "clients/c/sys/CXXHash",
            pkgConfig: "libxxhash",
            providers: [.apt(["libxxhash-dev"])]
        ),

        // The protocol.
        .target(
            name: "TTRPC",
            dependencies: [nioCore, protobuf],
            exclude: ["DESIGN.md"],
            swiftSettings: strict
        ),
        .target(
            name: "TTRPCNIO",
            dependencies: ["TTRPC", nioCore, nioPosix, logging],
            exclude: ["DESIGN.md"],
            swiftSettings: strict
        ),

        // TLS between a socket and the protocol, for the server and the online client.
        .target(
            name: "KhachTLS",
            dependencies: ["TTRPC", "TTRPCNIO", nioCore, nioSSL, nioTLS, logging],
            swiftSettings: strict
        ),
        // Certificates for development and tests.
        .target(name: "KhachCertificates", dependencies: ["CLibCrypto"], swiftSettings: strict),

        // The service.
        .target(
            name: "KhachCore",
            exclude: ["DESIGN.md", "Contacts/DESIGN.md"],
            swiftSettings: strict
        ),
        // C++ behind a C header; Debian has no .pc file for its library.
        .target(name: "CPhone", linkerSettings: [.linkedLibrary("phonenumber")]),
        .target(
            name: "KhachDetection",
            dependencies: ["KhachCore", "CPhone"],
            swiftSettings: strict
        ),
        .target(name: "KhachProto", dependencies: [protobuf], swiftSettings: generated),
        .target(
            name: "KhachService",
            dependencies: ["KhachCore", "KhachProto", "TTRPC", "CKhachText", protobuf],
            swiftSettings: strict
        ),
        .target(
            name: "KhachSQLite",
            dependencies: [
                "KhachCore", "CSQLite", "CKhachDigest", "CKhachIndex",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            exclude: ["DESIGN.md"],
            swiftSettings: strict
        ),
        // Files out of records: threads, and the disk for workbooks.
        .target(
            name: "KhachExport",
            dependencies: ["KhachCore", "CKhachExport"],
            swiftSettings: strict
        ),
        // The same methods for callers that have gRPC.
        .target(
            name: "KhachGRPC",
            dependencies: [
                "TTRPC", "TTRPCNIO", "KhachProto", grpcCore, grpcTransport, nioCore, nioPosix,
                nioHTTP2, nioHPACK, protobuf,
            ],
            exclude: ["DESIGN.md"],
            resources: [.embedInCode("Generated/api.binpb")],
            swiftSettings: strict
        ),
        .target(
            name: "KhachServer",
            dependencies: [
                "TTRPC", "TTRPCNIO", "KhachCore", "KhachDetection", "KhachService", "KhachSQLite",
                "KhachExport", "KhachTLS", "KhachCertificates", "KhachGRPC",
                "CLibCrypto", nioCore, logging, lifecycle, lifecycleUnix, arguments, settings,
                system, metrics, hummingbird,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "khachd",
            dependencies: ["KhachServer", arguments],
            swiftSettings: strict
        ),

        // The clients.
        .target(
            name: "CKhachText",
            dependencies: ["CUtf8proc"],
            path: "clients/c/text",
            sources: ["src"],
            publicHeadersPath: "include",
            linkerSettings: [.linkedLibrary("utf8proc")]
        ),
        // Lists, counts, search and statistics over SQLite: of the server and of the cache.
        .target(
            name: "CKhachIndex",
            dependencies: ["CKhachText", "CSQLite"],
            path: "clients/c/index",
            exclude: ["DESIGN.md"],
            sources: ["src"],
            publicHeadersPath: "include"
        ),
        // Sums over records: of the server and of the cache.
        .target(
            name: "CKhachDigest",
            dependencies: ["CXXHash"],
            path: "clients/c/digest",
            sources: ["src"],
            publicHeadersPath: "include"
        ),
        .target(
            name: "CKhachExport",
            dependencies: ["CKhachText"],
            path: "clients/c/export",
            sources: ["src"],
            publicHeadersPath: "include",
            linkerSettings: [.linkedLibrary("xlsxwriter")]
        ),
        .target(
            name: "CKhach",
            dependencies: [
                "CKhachText", "CKhachDigest", "CKhachIndex", "CKhachExport", "CSQLite",
                "CProtobufC", "COpenSSL", "CLibCrypto",
            ],
            path: "clients/c",
            sources: ["src"],
            publicHeadersPath: "include",
            cSettings: [.headerSearchPath("src/generated")]
        ),
        .target(
            name: "KhachClient",
            dependencies: ["CKhach"],
            path: "clients/swift/Sources/KhachClient",
            swiftSettings: strict
        ),
        .target(
            name: "KhachRPC",
            dependencies: ["TTRPC", "TTRPCNIO", "KhachTLS", "KhachProto", protobuf],
            path: "clients/swift/Sources/KhachRPC",
            swiftSettings: strict
        ),
        .target(
            name: "KhachChannels",
            dependencies: ["KhachProto", protobuf],
            exclude: ["DESIGN.md"],
            swiftSettings: strict
        ),
        .target(
            name: "KhachCommands",
            dependencies: [
                "KhachRPC", "KhachClient", "KhachChannels", "KhachProto", protobuf, arguments,
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "khach", dependencies: ["KhachCommands"], swiftSettings: strict),

        // For `make bench` and `make bench-peers` alone.
        .executableTarget(
            name: "grpc-echo",
            dependencies: ["KhachGRPC", "TTRPC", "StreamingProto", protobuf],
            path: "Benchmarks/grpc-echo",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "contact-bench",
            dependencies: ["KhachCore", "KhachDetection"],
            path: "Benchmarks/contact-bench",
            swiftSettings: strict
        ),

        // Test support.
        .target(
            name: "StreamingProto",
            dependencies: [protobuf],
            path: "Tests/Support/StreamingProto",
            swiftSettings: generated
        ),
        .executableTarget(
            name: "ttrpc-testd",
            dependencies: ["TTRPC", "TTRPCNIO", "StreamingProto", protobuf, nioCore, logging],
            path: "Tests/Support/ttrpc-testd",
            swiftSettings: strict
        ),
        .target(
            name: "KhachTestKit",
            dependencies: [
                "KhachCore", "KhachService", "KhachProto", "CKhachDigest", "CKhachText", protobuf,
            ],
            path: "Tests/Support/KhachTestKit",
            swiftSettings: strict
        ),

        // The real cache and its engine, whose calls a simulation makes.
        .target(
            name: "CKhachSim",
            dependencies: ["CKhach"],
            path: "Tests/Support/CKhachSim",
            cSettings: [
                .headerSearchPath("../../../clients/c/src"),
                .headerSearchPath("../../../clients/c/src/generated"),
            ]
        ),
        .executableTarget(
            name: "khach-simulate",
            dependencies: [
                "CKhach", "CKhachSim", "KhachCore", "KhachProto", "KhachService", "KhachTestKit",
                "TTRPC", nioCore, protobuf, arguments,
            ],
            path: "Tests/Support/khach-simulate",
            swiftSettings: strict
        ),

        // Tests.
        .target(
            name: "TTRPCTestKit",
            dependencies: ["TTRPC"],
            path: "Tests/Support/TTRPCTestKit",
            swiftSettings: strict
        ),
        .target(
            name: "TestFolders",
            path: "Tests/Support/TestFolders",
            swiftSettings: strict
        ),
        .testTarget(
            name: "TTRPCTests",
            dependencies: ["TTRPC", "KhachProto", "StreamingProto", nioCore, protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TTRPCNIOTests",
            dependencies: [
                "TTRPC", "TTRPCNIO", "TTRPCTestKit", "StreamingProto", nioCore, nioPosix,
                nioEmbedded, protobuf, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachCoreTests",
            dependencies: ["KhachCore", "KhachTestKit"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachDetectionTests",
            dependencies: ["KhachCore", "KhachDetection"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachSQLiteTests",
            dependencies: [
                "KhachCore", "KhachSQLite", "KhachService", "KhachTestKit", "TestFolders",
                "CSQLite",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachServiceTests",
            dependencies: [
                "KhachCore", "KhachDetection", "KhachExport", "KhachService", "KhachSQLite",
                "KhachProto", "KhachTestKit", "TestFolders", "TTRPC", "CKhachText", protobuf,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachClientTests",
            dependencies: ["KhachClient", "CKhach", "CKhachText", "TestFolders"],
            path: "clients/swift/Tests/KhachClientTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachChannelsTests",
            dependencies: ["KhachChannels", "KhachProto", "KhachTestKit", protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachCommandsTests",
            dependencies: [
                "KhachCommands", "KhachCore", "KhachDetection", "KhachProto", "KhachRPC",
                "TestFolders", protobuf,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "khachd", "khach", "ttrpc-testd", "KhachRPC", "KhachClient", "KhachProto", "TTRPC",
                "TTRPCNIO", "CSQLite", "TestFolders", "KhachCertificates", protobuf,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachServerTests",
            dependencies: [
                "KhachServer", "KhachCore", "KhachGRPC", "KhachSQLite", "KhachService", "TTRPC",
                "TTRPCNIO", "TestFolders", "KhachTestKit", logging, metrics, nioCore,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachTLSTests",
            dependencies: [
                "KhachTLS", "KhachCertificates", "TTRPC", "TTRPCNIO", "TestFolders", nioCore,
                nioEmbedded, nioSSL, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KhachGRPCTests",
            dependencies: [
                "KhachGRPC", "TTRPC", "TTRPCNIO", "TTRPCTestKit", grpcCore, nioCore, nioPosix,
                nioEmbedded, nioHTTP2, nioHPACK,
            ],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),

        // Targets that are given any bytes: by their test, and by libFuzzer.
        .target(
            name: "KhachFuzz",
            dependencies: [
                "KhachCore", "KhachProto", "KhachServer", "KhachService", "TTRPC", nioCore,
                protobuf,
            ],
            path: "Tests/Fuzz/KhachFuzz",
            swiftSettings: strict
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["KhachFuzz", "KhachTestKit"],
            swiftSettings: strict
        ),
    ],
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)

// A program of libFuzzer, which an ordinary build has not: `make fuzz`.
if Context.environment["KHACH_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "khach-fuzz",
            dependencies: ["KhachFuzz"],
            path: "Tests/Fuzz/khach-fuzz",
            swiftSettings: strict
        )
    )
}
