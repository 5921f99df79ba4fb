internal import CKhach

/// Edits without the network, and what becomes of them.
extension OfflineClient {
    /// Accepts an edit, and gives its id.
    ///
    /// It is on the disk and shown by every answer when this returns; the next sync sends it.
    @discardableResult
    public func mutate(_ edit: CustomerEdit) throws(ClientError) -> UInt64 {
        var id: UInt64 = 0
        try self.call { client, error in
            edit.withEdit { edit in khach_mutate(client, edit, &id, error) }
        }
        return id
    }

    /// What waits, what was not done, and what was done lately, in the order it was made.
    public func outbox() throws(ClientError) -> [Mutation] {
        var list: OpaquePointer?
        try self.call { client, error in khach_outbox_list_read(client, &list, error) }
        defer { khach_outbox_list_free(list) }
        return (0..<khach_outbox_list_count(list)).map { Mutation(list, at: $0) }
    }

    /// Makes a mutation that was not done once more, against what is stored now; gives the new id.
    @discardableResult
    public func retryMutation(_ id: UInt64) throws(ClientError) -> UInt64 {
        var new: UInt64 = 0
        try self.call { client, error in khach_outbox_retry(client, id, &new, error) }
        return new
    }

    /// Takes back a mutation that was never sent, or takes one that was not done off the list.
    public func discardMutation(_ id: UInt64) throws(ClientError) {
        try self.call { client, error in khach_outbox_discard(client, id, error) }
    }
}
