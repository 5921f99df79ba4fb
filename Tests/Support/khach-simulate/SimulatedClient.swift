internal import CKhach
internal import CKhachSim
internal import Glibc
internal import KhachCore
internal import KhachTestKit

/// A cache on a file, as the process that has it.
final class SimulatedClient {
    let path: String
    private var sim: OpaquePointer?
    /// A reply that is on its way.
    var held: SimulatedNetwork.Held?
    /// The texts of accepted edits, by number, and whose they are.
    var edits: [UInt64: (text: String, customer: String)] = [:]
    /// For what never goes back.
    var lastSeq: (generation: [UInt8], seq: UInt64) = ([], 0)

    private let business: String

    /// What traces call it.
    var name: Substring { self.path.split(separator: "/").last ?? "" }

    /// Opens the cache that lies at a path.
    init?(path: String, business: String) {
        self.path = path
        self.business = business
        guard let sim = khach_sim_open(path, business) else { return nil }

        self.sim = sim
        self.hold()
    }

    /// Nobody else opens its file: one lock for the life of it spares one of each transaction.
    private func hold() { self.run("PRAGMA locking_mode = EXCLUSIVE") }

    /// Ends as a process that is killed, and comes back.
    func crash() throws {
        khach_sim_close(self.sim)
        self.held = nil
        self.sim = khach_sim_open(self.path, self.business)
        guard self.sim != nil else { throw Violation(.liveness, "a cache does not open again") }

        self.hold()
    }

    /// Ends for good.
    func close() {
        khach_sim_close(self.sim)
        self.sim = nil
        for suffix in ["", "-wal", "-shm", "-lock"] { unlink(self.path + suffix) }
    }

    // MARK: The sync

    func begin(_ goal: khach_sim_goal) -> Bool { khach_sim_begin(self.sim, goal) }

    /// The call that the sync has to make; nil when it has ended.
    func next(now: Int64) -> (method: String, request: [UInt8])? {
        var request: UnsafePointer<UInt8>?
        var count = 0
        guard let method = khach_sim_next(self.sim, now, &request, &count) else { return nil }

        return (
            String(cString: method), Array(UnsafeBufferPointer(start: request, count: count))
        )
    }

    /// The frame of an answer comes in, whole, or as far as it came before the connection was lost.
    func receive(_ frame: ArraySlice<UInt8>, now: Int64) {
        frame.withUnsafeBufferPointer { khach_sim_receive(self.sim, now, $0.baseAddress, $0.count) }
    }

    /// The frame of a call.
    static func frame(_ method: String, _ request: [UInt8]) -> [UInt8] {
        var count = 0
        let bytes = khach_sim_frame(method, request, request.count, &count)
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    var status: Int32 { khach_sim_status(self.sim) }
    var wasEqual: Bool { khach_sim_was_equal(self.sim) }
    var state: khach_sim_state { khach_sim_read(self.sim) }

    // MARK: Edits

    func edit(_ customer: String, _ text: String, now: Int64) {
        let id = khach_sim_edit(self.sim, customer, text, now)
        if id > 0 { self.edits[id] = (text, customer) }
    }

    func block(_ customer: String, _ blocks: Bool, now: Int64) {
        _ = khach_sim_block(self.sim, customer, blocks, now)
    }

    struct Entry {
        var id: UInt64
        var customer: String
        var text: String
        var state: Int32
        var isAddress: Bool
    }

    /// The outbox, in order.
    func outbox() -> [Entry] {
        let list = khach_sim_outbox(self.sim)
        defer { khach_outbox_list_free(list) }
        return (0..<khach_outbox_list_count(list)).map { index in
            Entry(
                id: khach_outbox_list_id_at(list, index),
                customer: String(cString: khach_outbox_list_customer_at(list, index)),
                text: String(cString: khach_outbox_list_text_at(list, index)),
                state: khach_outbox_list_state_at(list, index),
                isAddress: khach_outbox_list_kind_at(list, index) == 1
            )
        }
    }

    // MARK: Rows

    struct Row {
        var base: MemoryStore.StoredRow
        var shown: [UInt8]
    }

    func rows() -> [CustomerID: Row] {
        final class Box { var rows: [CustomerID: Row] = [:] }
        let box = Box()
        khach_sim_rows(
            self.sim,
            { context, id, seq, base, baseCount, shown, shownCount in
                guard let context else { return }

                let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
                box.rows[CustomerID(rawValue: id)] = Row(
                    base: MemoryStore.StoredRow(
                        seq: seq,
                        record: Array(UnsafeBufferPointer(start: base, count: baseCount))
                    ),
                    shown: Array(UnsafeBufferPointer(start: shown, count: shownCount))
                )
            },
            Unmanaged.passUnretained(box).toOpaque()
        )
        return box.rows
    }

    func has(_ text: String) -> Bool { khach_sim_has(self.sim, text) }

    /// Begins everything anew, which nothing of the library does unasked.
    func restart() { khach_sim_restart(self.sim) }

    func run(_ sql: String) { _ = khach_sim_run(self.sim, sql) }
}

extension khach_sim_state {
    /// The history that the rows are of.
    var history: [UInt8] { withUnsafeBytes(of: self.generation) { Array($0) } }

    /// For traces.
    var words: String {
        "\(self.seq) of \(self.head_seq), phase \(self.phase)"
            + (self.is_repairing ? ", repairing" : "") + ", \(self.waiting_count) wait"
    }
}
