internal import CoreMetrics
internal import KhachService
internal import Logging
internal import NIOCore
internal import Synchronization
internal import TTRPC

/// Every method with its time and its outcome counted, and a name for each call that is refused.
///
/// Sees codes and times; nothing of what is asked or answered, so nothing personal is logged.
struct ObservedMethods: Sendable {
    private let metrics: ServerMetrics
    private let logger: Logger
    private let names: RequestNames

    init(metrics: ServerMetrics, logger: Logger, names: RequestNames = RequestNames()) {
        self.metrics = metrics
        self.logger = logger
        self.names = names
    }

    func table(_ methods: MethodTable) throws(Status) -> MethodTable {
        var table = MethodTable()
        for name in methods.names {
            let parts = name.split(separator: "/").map(String.init)
            let handler = try methods.handler(parts[0], parts[1]).get()
            let call = ObservedCall(
                method: name,
                metrics: self.metrics.calls(of: name),
                refusedFor: self.metrics.refused(for:),
                logger: self.logger,
                names: self.names
            )
            table.add(parts[0], parts[1], call.observed(handler))
        }
        return table
    }
}

/// What is seen of the calls of one method.
private struct ObservedCall: Sendable {
    let method: String
    let metrics: CallMetrics
    let refusedFor: @Sendable (String) -> Void
    let logger: Logger
    let names: RequestNames

    func observed(_ handler: MethodTable.Handler) -> MethodTable.Handler {
        switch handler {
        case .inPlace(let body):
            .inPlace { (context, payload) throws(Status) in
                try self.inPlace { () throws(Status) in try body(context, payload) }
            }
        case .inPlaceOrTask(let body, let fallback):
            .inPlaceOrTask(
                { (context, payload) throws(Status) in
                    try self.inPlaceOrLater { () throws(Status) in try body(context, payload) }
                },
                self.task(fallback)
            )
        case .unary(let body): .unary(self.task(body))
        case .serverStreaming(let body):
            .serverStreaming { (context, payload, responses) async throws(Status) in
                let begun = self.begin()
                do throws(Status) {
                    try await body(context, payload, responses)
                } catch {
                    throw self.failed(error, begun)
                }
                self.succeeded(begun)
            }
        case .clientStreaming(let body):
            .clientStreaming { (context, requests) async throws(Status) in
                let begun = self.begin()
                let reply: Payload
                do throws(Status) {
                    reply = try await body(context, requests)
                } catch {
                    throw self.failed(error, begun)
                }
                self.succeeded(begun)
                return reply
            }
        case .bidirectional(let body):
            .bidirectional { (context, requests, responses) async throws(Status) in
                let begun = self.begin()
                do throws(Status) {
                    try await body(context, requests, responses)
                } catch {
                    throw self.failed(error, begun)
                }
                self.succeeded(begun)
            }
        }
    }

    private func task(_ body: @escaping MethodTable.UnaryBody) -> MethodTable.UnaryBody {
        { (context, payload) async throws(Status) in
            let begun = self.begin()
            let reply: Payload
            do throws(Status) {
                reply = try await body(context, payload)
            } catch {
                throw self.failed(error, begun)
            }
            self.succeeded(begun)
            return reply
        }
    }

    private func inPlace(_ body: () throws(Status) -> Payload) throws(Status) -> Payload {
        let begun = Clocks.monotonicNow()
        do throws(Status) {
            let reply = try body()
            self.ended(.ok, begun)
            return reply
        } catch {
            throw self.refused(error, begun)
        }
    }

    /// `nil` is no outcome: the call goes on as a task.
    private func inPlaceOrLater(
        _ body: () throws(Status) -> Payload?
    ) throws(Status) -> Payload? {
        let begun = Clocks.monotonicNow()
        do throws(Status) {
            let reply = try body()
            if reply != nil { self.ended(.ok, begun) }
            return reply
        } catch {
            throw self.refused(error, begun)
        }
    }

    // MARK: Tasks

    private func begin() -> MonotonicInstant {
        self.metrics.running.increment()
        return Clocks.monotonicNow()
    }

    private func succeeded(_ begun: MonotonicInstant) {
        self.metrics.running.decrement()
        self.ended(.ok, begun)
    }

    private func failed(_ status: Status, _ begun: MonotonicInstant) -> Status {
        self.metrics.running.decrement()
        return self.refused(status, begun)
    }

    // MARK: Outcomes

    private func ended(_ code: Status.Code, _ begun: MonotonicInstant) {
        let nanoseconds = Clocks.monotonicNow().nanoseconds - begun.nanoseconds
        self.metrics.ended(code, nanoseconds: nanoseconds)
        self.logger.debug(
            "a call ended",
            metadata: ["method": "\(self.method)", "code": "\(code.word)"]
        )
    }

    /// Counts and logs a refusal, and names it for its caller.
    private func refused(_ status: Status, _ begun: MonotonicInstant) -> Status {
        let nanoseconds = Clocks.monotonicNow().nanoseconds - begun.nanoseconds
        self.metrics.ended(status.code, nanoseconds: nanoseconds)
        if let reason = status.reason { self.refusedFor(reason) }
        let request = self.names.next()
        self.logger.log(
            level: status.code.isOfServer ? .error : .info,
            "a call was refused",
            metadata: [
                "method": "\(self.method)", "code": "\(status.code.word)",
                "request": "\(request)", "microseconds": "\(nanoseconds / 1_000)",
            ]
        )
        var named = status
        named.details.append(RequestNames.detail(request))
        return named
    }
}

/// Names for calls: one that a person can read out, and find in the log.
final class RequestNames: Sendable {
    private let process: String
    private let count = Atomic<UInt64>(0)

    init(process: UInt32 = .random(in: .min ... .max)) {
        let digits = String(process, radix: 16)
        self.process = String(repeating: "0", count: 8 - digits.count) + digits
    }

    func next() -> String {
        "\(self.process)-\(self.count.add(1, ordering: .relaxed).newValue)"
    }

    /// `google.rpc.RequestInfo`.
    static func detail(_ name: String) -> Status.Detail {
        var writer = PayloadWriter(capacity: 32)
        writer.write(name, field: 1)
        return Status.Detail(
            typeURL: "type.googleapis.com/google.rpc.RequestInfo",
            value: Array(writer.payload.buffer.readableBytesView)
        )
    }
}

extension Status.Code {
    /// What no caller can mend.
    fileprivate var isOfServer: Bool {
        switch self {
        case .internal, .dataLoss, .unknown: true
        default: false
        }
    }
}
