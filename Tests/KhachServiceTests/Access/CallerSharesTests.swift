internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachService

/// Nobody's calls cost others more than a stated amount (reliability.md §4.5).
@Suite("Shares of callers")
struct CallerSharesTests {
    /// A clock that stands, and the pauses that were asked for.
    private final class World: Sendable {
        let now = ManualNanoseconds()
        let pauses = Mutex<[Duration]>([])

        func shares(_ change: (inout CallerShares.Bounds) -> Void) -> CallerShares {
            var bounds = CallerShares.Bounds()
            change(&bounds)
            return CallerShares(
                bounds,
                now: { MonotonicInstant(nanoseconds: self.now.value) },
                pause: { pause in self.pauses.withLock { $0.append(pause) } }
            )
        }
    }

    private static func caller(_ token: Int64, of business: Int64? = nil) -> Caller {
        Caller(
            token: TokenID(rawValue: token),
            scope: business.map { .business(BusinessID(rawValue: $0)) } ?? .everything,
            permissions: .all
        )
    }

    private static func calls(
        _ shares: CallerShares,
        _ caller: Caller,
        upTo count: Int
    ) throws(Status) -> Int {
        for index in 0..<count {
            let reply = try shares.inPlace(caller) { () throws(Status) in Payload() }
            if reply == nil { return index }
        }
        return count
    }

    private static func refusal(
        _ shares: CallerShares,
        _ caller: Caller
    ) async -> Status? {
        do throws(Status) {
            try await shares.task(caller, holds: true) { () async throws(Status) in }
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "twice a second's calls come at once, 250 at most, and then so many a second",
        arguments: [(1, 2), (10, 20), (124, 248), (125, 250), (126, 250), (1_000, 250)]
    )
    func rate(_ rate: Int, _ burst: Int) throws {
        let world = World()
        let shares = world.shares { $0.tokenRate = rate }
        let caller = Self.caller(1)
        #expect(try Self.calls(shares, caller, upTo: 5_000) == burst)
        #expect(try Self.calls(shares, Self.caller(2), upTo: 1) == 1, "another token's are its own")
        world.now.advance((1_000_000_000 + UInt64(rate) - 1) / UInt64(rate) - 1)
        #expect(try Self.calls(shares, caller, upTo: 1) == 0, "a nanosecond too early")
        world.now.advance(1)
        #expect(try Self.calls(shares, caller, upTo: 2) == 1)
        world.now.advance(.max / 2)
        #expect(try Self.calls(shares, caller, upTo: 5_000) == burst, "never more than a burst")
    }

    @Test("tokens of one business share its rate, and no other business notices")
    func business() throws {
        let shares = World().shares {
            $0.tokenRate = 10
            $0.businessRate = 15
        }
        #expect(try Self.calls(shares, Self.caller(1, of: 7), upTo: 50) == 20)
        #expect(try Self.calls(shares, Self.caller(2, of: 7), upTo: 50) == 10)
        #expect(try Self.calls(shares, Self.caller(3, of: 8), upTo: 50) == 20)
        #expect(try Self.calls(shares, Self.caller(4), upTo: 50) == 20)
    }

    @Test("a call that is a little early waits for its turn; one that is too early is told when")
    func turns() async throws {
        let world = World()
        let shares = world.shares { $0.tokenRate = 4 }
        let caller = Self.caller(1)
        #expect(try Self.calls(shares, caller, upTo: 50) == 8)
        for _ in 0..<4 { #expect(await Self.refusal(shares, caller) == nil) }
        #expect(world.pauses.withLock { $0 } == [250, 500, 750, 1_000].map { .milliseconds($0) })

        let status = try #require(await Self.refusal(shares, caller))
        #expect(status.code == .resourceExhausted)
        #expect(status.reason == "TOO_MANY_CALLS")
        let info = try #require(
            status.details.first { $0.typeURL == "type.googleapis.com/google.rpc.RetryInfo" }
        )
        let retry = try Google_Rpc_RetryInfo(serializedBytes: info.value).retryDelay
        #expect(retry.seconds == 1)
        #expect(retry.nanos == 250_000_000)
        #expect(world.pauses.withLock { $0.count } == 4, "a refused call waits for nothing")
    }

    @Test("waiting for its rate is a step of a call, for one that waits")
    func steps() async {
        let world = World()
        let shares = world.shares { $0.tokenRate = 1 }
        let steps = Mutex<[CallSteps.Name]>([])
        let listener = CallSteps(
            clock: { world.now.value },
            tell: { step in steps.withLock { $0.append(step.name) } }
        )
        await CallSteps.$current.withValue(listener) {
            for waits in [[], [], [CallSteps.Name.rate]] {
                #expect(await Self.refusal(shares, Self.caller(1)) == nil)
                #expect(steps.withLock(\.self) == waits)
            }
        }
    }

    @Test("what goes on as a task counts once")
    func goesOn() async throws {
        let world = World()
        let shares = world.shares { $0.tokenRate = 1 }
        let caller = Self.caller(1)
        for _ in 0..<2 {
            #expect(try shares.inPlace(caller) { () throws(Status) in nil } == nil)
            #expect(await Self.refusal(shares, caller) == nil)
        }
        #expect(world.pauses.withLock { $0.isEmpty })
        #expect(throws: Status.self) { try shares.checkTurn(caller) }
    }

    @Test(
        "calls of one token run up to its bound, and of all up to theirs",
        arguments: [(own: 3, all: 10, isSame: true), (own: 10, all: 3, isSame: false)]
    )
    func running(own: Int, all: Int, isSame: Bool) async throws {
        let shares = World().shares {
            $0.runningPerToken = own
            $0.running = all
        }
        for count in 1...4 {
            let status = await Self.nested(shares, count, isSame)
            #expect(status?.code == (count <= 3 ? nil : .resourceExhausted), "\(count) calls")
            #expect(shares.runningCount == 0, "what has ended runs no more")
        }
        // What only waits for news has another bound.
        try await shares.task(Self.caller(1), holds: false) { () async throws(Status) in
            #expect(shares.runningCount == 0)
        }
    }

    /// Calls within calls: all run at once.
    private static func nested(
        _ shares: CallerShares,
        _ count: Int,
        _ isSame: Bool
    ) async -> Status? {
        guard count > 0 else { return nil }

        let result = Mutex<Status?>(nil)
        do throws(Status) {
            try await shares.task(Self.caller(isSame ? 1 : Int64(count)), holds: true) {
                () async throws(Status) in
                if let status = await Self.nested(shares, count - 1, isSame) { throw status }
            }
        } catch {
            result.withLock { $0 = error }
        }
        return result.withLock { $0 }
    }

    /// Calls within calls, each with a request of so many bytes; the first refusal.
    private static func nested(
        _ shares: CallerShares,
        _ requests: [(token: Int64, bytes: Int)],
        inside: @escaping @Sendable () -> Void = {}
    ) async -> Status? {
        guard let first = requests.first else {
            inside()
            return nil
        }

        do throws(Status) {
            return try await shares.task(Self.caller(first.token), holds: false, bytes: first.bytes)
            {
                () async throws(Status) in
                await Self.nested(shares, Array(requests.dropFirst()), inside: inside)
            }
        } catch {
            return error
        }
    }

    @Test(
        "requests of one token have so many bytes, and of everybody so many",
        arguments: [-1, 0, 1]
    )
    func messageBytes(_ difference: Int) async throws {
        let shares = World().shares {
            $0.messageBytes = 40_000
            $0.messageBytesPerToken = 20_000
        }
        let token = [(1, 10_000), (1, 10_000 + difference)] as [(Int64, Int)]
        let everybody = [(1, 20_000), (2, 10_000), (3, 10_000 + difference)] as [(Int64, Int)]
        for (requests, words) in [(token, "20000 bytes"), (everybody, "40000 bytes")] {
            let status = await Self.nested(shares, requests)
            #expect((status != nil) == (difference > 0))
            if let status {
                #expect(status.code == .resourceExhausted)
                #expect(status.reason == "TOO_MANY_CALLS")
                #expect(status.message.hasPrefix(words), "\(status.message)")
                #expect(status.details.contains { $0.typeURL.hasSuffix("google.rpc.RetryInfo") })
            }
            #expect(await Self.nested(shares, requests.dropLast()) == nil, "what ended gives back")
        }
    }

    @Test("small requests are not counted, and what comes in is counted with what runs")
    func messageRoom() async {
        let shares = World().shares {
            $0.messageBytes = 10_000
            $0.messageBytesPerToken = 10_000
        }
        let room = shares.room(from: "192.0.2.1")
        let small = (Int64(1), TTRPC.Limits.countedBytesMin - 1)
        #expect(await Self.nested(shares, Array(repeating: small, count: 100)) == nil)
        let refused = await Self.nested(shares, [(1, 6_000)]) {
            #expect(room.take(4_001)?.code == .resourceExhausted)
            #expect(room.take(4_000) == nil)
        }
        #expect(refused == nil)
        #expect(await Self.nested(shares, [(1, 6_001)]) != nil, "4,000 bytes still come in")
        room.giveBack(4_000)
        #expect(await Self.nested(shares, [(1, 10_000)]) == nil)
    }

    /// Where requests come in, with what is held there when the last comes.
    @Test(
        "what comes in by one connection, from one address and of everybody has so many bytes",
        arguments: [-1, 0, 1]
    )
    func arrivingBytes(_ difference: Int) {
        let shares = World().shares {
            $0.messageBytes = 40_000
            $0.messageBytesPerAddress = 20_000
            $0.messageBytesPerConnection = 15_000
        }
        let (first, second) = (shares.room(from: "192.0.2.1"), shares.room(from: "192.0.2.1"))
        let (other, socket) = (shares.room(from: "192.0.2.2"), shares.room(from: ""))
        let anotherSocket = shares.room(from: "")
        let cases: [([(RequestRoom, Int)], RequestRoom, Int, String)] = [
            ([(first, 10_000)], first, 5_000, "15000 bytes of requests of one connection"),
            ([(first, 15_000)], second, 5_000, "20000 bytes of requests of one address"),
            ([(socket, 15_000)], anotherSocket, 5_000, "20000 bytes of requests of one address"),
            (
                [(first, 15_000), (other, 15_000)], socket, 10_000,
                "40000 bytes of requests of everybody"
            ),
        ]
        for (held, last, bytes, words) in cases {
            for (room, bytes) in held { #expect(room.take(bytes) == nil) }
            let status = last.take(bytes + difference)
            #expect((status != nil) == (difference > 0), "\(words)")
            if let status {
                #expect(status.code == .resourceExhausted && status.reason == "TOO_MANY_CALLS")
                #expect(status.message.hasPrefix(words), "\(status.message)")
                #expect(status.details.contains { $0.typeURL.hasSuffix("google.rpc.RetryInfo") })
                #expect(last.take(bytes) == nil, "nothing was taken of what was refused")
                last.giveBack(bytes)
            } else {
                last.giveBack(bytes + difference)
            }
            for (room, bytes) in held { room.giveBack(bytes) }
        }
        #expect(first.take(15_000) == nil, "what is given back may be had again")
    }

    @Test("a method is refused while there is no room for its request, and told when to come again")
    func methodsHaveRoom() async throws {
        var bounds = CallerShares.Bounds()
        bounds.messageBytes = 5_000
        var harness = ServiceHarness(shares: bounds)
        _ = try await harness.business()
        try await harness.beKnown(.all)
        func list(_ bytes: Int) async -> Status? {
            // A field that nobody knows; its key and its length are four bytes.
            var writer = PayloadWriter(capacity: bytes)
            writer.write(Array(repeating: 7, count: bytes - 4), field: 1_000)
            #expect(writer.payload.count == bytes)
            return await harness.status("khach.v1.DirectoryService/ListBusinesses", writer.payload)
        }
        for (bytes, isRefused) in [(4_999, false), (5_000, false), (5_001, true)] {
            #expect((await list(bytes)?.reason == "TOO_MANY_CALLS") == isRefused, "\(bytes)")
        }
        #expect(await list(5_000) == nil)
    }

    @Test("one token calls by so many connections, each counted once and until its end")
    func connections() throws {
        let shares = World().shares { $0.connectionsPerToken = 2 }
        let caller = Self.caller(1)
        let marks = (0..<3).map { _ in OneConnection() }
        func call(_ mark: OneConnection, _ caller: Caller) throws(Status) {
            try shares.checkConnection(
                CallContext(service: "s", method: "m", mark: mark),
                caller
            )
        }
        for mark in [marks[0], marks[1], marks[0]] { try call(mark, caller) }
        let status = #expect(throws: Status.self) { try call(marks[2], caller) }
        #expect(status?.code == .resourceExhausted)
        #expect(status?.reason == "TOO_MANY_CONNECTIONS")
        try call(marks[2], Self.caller(2))
        marks[0].end()
        try call(marks[2], caller)
    }

    @Test("work is in the lane of its caller's business, else in that of its token")
    func lanes() async throws {
        let shares = World().shares { _ in }
        let examples: [(Caller, Lane)] = [
            (Self.caller(1, of: 7), .business(BusinessID(rawValue: 7))),
            (Self.caller(2), .token(TokenID(rawValue: 2))),
            (.localAdministrator, .common),
        ]
        for (caller, lane) in examples {
            let found = try await shares.task(caller, holds: true) { () async throws(Status) in
                Lane.current
            }
            #expect(found == lane)
        }
    }

    @Test("a method waits for the turn of its caller, and refuses a point read out of turn")
    func methods() async throws {
        var bounds = CallerShares.Bounds()
        bounds.tokenRate = 1
        var harness = ServiceHarness(shares: bounds)
        let business = try await harness.business()
        try await harness.beKnown(.all)
        let begun = harness.monotonic.value
        for _ in 0..<5 {
            let reply: Khach_V1_ListBusinessesResponse = try await harness.call(
                "khach.v1.DirectoryService/ListBusinesses",
                Khach_V1_ListBusinessesRequest()
            )
            #expect(reply.businesses.map(\.id) == [business.id])
        }
        #expect(harness.monotonic.value - begun == 3_000_000_000, "two at once, then one a second")
        let status = try await harness.refusal(
            "khach.v1.CustomerService/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = "c0000000000001" }
        )
        #expect(status.reason == "TOO_MANY_CALLS")
        let health: Grpc_Health_V1_HealthCheckResponse = try await harness.call(
            "grpc.health.v1.Health/Check",
            Grpc_Health_V1_HealthCheckRequest()
        )
        #expect(health.status == .serving, "whoever asks")
    }
}
