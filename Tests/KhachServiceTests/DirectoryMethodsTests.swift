internal import Foundation
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@Suite("Directory methods")
struct DirectoryMethodsTests {
    @Test(
        "a business is refused for a field that breaks a rule",
        arguments: [
            ("", "", "", "name"), (" \u{200B} ", "", "", "name"),
            (String(repeating: "a", count: 201), "", "", "name"),
            ("Shop", "./Asia/Ho_Chi_Minh", "", "time_zone"),
            ("Shop", "right/Asia/Ho_Chi_Minh", "", "time_zone"),
            ("Shop", "Mars/Olympus", "", "time_zone"),
            ("Shop", "../../etc/passwd", "", "time_zone"),
            ("Shop", "Asia/Ho_Chi_Minh\u{0}x", "", "time_zone"),
            ("Shop", "", "fr", "locale"),
        ]
    )
    func refuses(_ name: String, _ zone: String, _ locale: String, _ field: String) async throws {
        let status = try await ServiceHarness().refusal(
            "khach.v1.DirectoryService/CreateBusiness",
            Khach_V1_CreateBusinessRequest.with {
                $0.name = name
                $0.timeZone = zone
                $0.locale = locale
            }
        )
        #expect(status.code == .invalidArgument)
        #expect(status.field == field)
    }

    @Test("a page exists once")
    func uniquePage() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        let status = try await harness.refusal(
            "khach.v1.DirectoryService/CreatePage",
            Khach_V1_CreatePageRequest.with {
                $0.businessID = business.id
                $0.channel = .facebook
                $0.externalPageID = "p1"
                $0.name = "Again"
            }
        )
        #expect(status.code == .alreadyExists)
    }

    @Test("lists go on page by page", arguments: [1, 2, 5])
    func lists(_ size: UInt32) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        for number in 0..<4 { _ = try await harness.page(business, "p\(number)") }
        var names: [String] = []
        var request = Khach_V1_ListPagesRequest.with {
            $0.businessID = business.id
            $0.pageSize = size
        }
        repeat {
            let reply: Khach_V1_ListPagesResponse = try await harness.call(
                "khach.v1.DirectoryService/ListPages",
                request
            )
            names += reply.pages.map(\.externalPageID)
            request.pageToken = reply.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(names == ["p0", "p1", "p2", "p3"])
    }

    @Test(
        "health answers for the server, its services, and nothing else",
        arguments: [
            ("", true), ("khach.v1.CustomerService", true), ("grpc.health.v1.Health", true),
            ("khach.v2.CustomerService", false),
        ]
    )
    func health(_ service: String, isServing: Bool) async throws {
        let harness = ServiceHarness()
        let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
        if isServing {
            let reply: Grpc_Health_V1_HealthCheckResponse = try await harness.call(
                "grpc.health.v1.Health/Check",
                request
            )
            #expect(reply.status == .serving)
        } else {
            let status = try await harness.refusal("grpc.health.v1.Health/Check", request)
            #expect(status.code == .notFound)
        }
    }

    @Test("as many streams of health as there may be, and one more is refused")
    func healthWatchers() async throws {
        let harness = ServiceHarness()
        let readiness = harness.environment.readiness
        for _ in 1..<Readiness.watchersMax { #expect(readiness.enter()) }
        // It ends with its first message, as the server leaves.
        readiness.become(.leaving)
        let request = Grpc_Health_V1_HealthCheckRequest()
        for _ in 0..<2 {
            _ = try await harness.call(
                "grpc.health.v1.Health/Watch",
                try request.serializedBytes() as Payload
            )
        }
        #expect(readiness.enter())
        let status = try await harness.refusal("grpc.health.v1.Health/Watch", request)
        #expect(status.code == .resourceExhausted)
        #expect(status.reason == "TOO_MANY_WATCHERS")
        readiness.leave()
        #expect(readiness.enter())
    }

    @Test("health is told as it changes, each change once, until the server leaves")
    func watchedHealth() async throws {
        let harness = ServiceHarness()
        let readiness = harness.environment.readiness
        let told = Mutex<[Grpc_Health_V1_HealthCheckResponse.ServingStatus]>([])
        guard
            case .success(.serverStreaming(let body)) = harness.table.handler(
                "grpc.health.v1.Health",
                "Watch"
            )
        else { throw Status(.unimplemented, "a stream expected") }

        try await body(
            CallContext(service: "grpc.health.v1.Health", method: "Watch"),
            Payload(),
            ResponseStream { payload throws(Status) in
                let reply = try? Grpc_Health_V1_HealthCheckResponse(serializedBytes: payload)
                told.withLock { $0.append(reply?.status ?? .unknown) }
                // Each what comes next; the last is another way of not serving.
                switch told.withLock({ $0.count }) {
                case 1: readiness.become(.unready)
                case 2: readiness.become(.ready)
                default: readiness.become(.leaving)
                }
            }
        )
        #expect(told.withLock { $0 } == [.serving, .notServing, .serving, .notServing])
        readiness.become(.ready)
        #expect(readiness.value == .leaving)
    }
}

@Suite("Method table")
struct MethodTableTests {
    @Test("has every rpc of the schema, and no other")
    func isComplete() throws {
        let proto = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Proto")
        let files =
            ["customer_service", "directory", "interaction", "sync"].map { "khach/v1/\($0).proto" }
            + ["grpc/health/v1/health.proto"]
        var names: [String] = []
        for file in files {
            let text = try String(contentsOf: proto.appending(path: file), encoding: .utf8)
            var package = ""
            var service = ""
            for line in text.split(separator: "\n") {
                let words = line.split { " ({;".contains($0) }.map(String.init)
                switch words.first {
                case "package": package = words[1]
                case "service": service = words[1]
                case "rpc": names.append("\(package).\(service)/\(words[1])")
                default: break
                }
            }
        }
        #expect(names.count >= 9)
        #expect(ServiceHarness().table.names == names.sorted())
    }

    @Test(
        "a payload that is no message is refused by every method",
        arguments: ServiceHarness().table.names
    )
    func malformed(_ name: String) async throws {
        do throws(Status) {
            _ = try await ServiceHarness().call(name, Payload(bytes: [0xFF, 0xFF, 0xFF, 0xFF]))
            Issue.record("a refusal expected")
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(error.reason == "MALFORMED")
        }
    }
}
