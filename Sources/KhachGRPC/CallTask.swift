internal import GRPCCore
internal import TTRPC

/// Runs the body of one call as a task that ends with its call: cancelled by its caller, past its
/// deadline, or cut.
///
/// grpc-swift cancels a call's handle and not its task; here one becomes the other.
struct CallTask: Sendable {
    let deadline: MonotonicInstant?
    let cancellation: ServerContext.RPCCancellationHandle
    let now: @Sendable () -> MonotonicInstant

    func run<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws(TTRPC.Status) -> Answer
    ) async throws(TTRPC.Status) -> Answer {
        let outcome = await withTaskGroup(of: Result<Answer, TTRPC.Status>?.self) { group in
            group.addTask {
                do throws(TTRPC.Status) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // Ends with the call's own end, or by the body's.
                try? await self.cancellation.cancelled
                return nil
            }
            var outcome: Result<Answer, TTRPC.Status>?
            for await ended in group {
                group.cancelAll()
                outcome = ended ?? outcome
            }
            return outcome
        }
        switch outcome {
        case .success(let answer): return answer
        case .failure(let status): throw self.told(status)
        case nil: preconditionFailure("a body that ends expected, found none")
        }
    }

    /// A body that was cancelled at its deadline is told as that.
    private func told(_ status: TTRPC.Status) -> TTRPC.Status {
        guard status.code == .cancelled, let deadline, deadline <= self.now() else {
            return status
        }

        return TTRPC.Status(.deadlineExceeded, "the deadline passed")
    }
}
