internal import CKhach

/// A customer as the server recorded it.
public struct Customer: Hashable, Sendable, Identifiable {
    /// A phone number or an e-mail address that was found in what the customer wrote.
    public struct ContactPoint: Hashable, Sendable {
        /// A phone in E.164, or an address in lower case.
        public let value: String
        /// Whether an agent said that it is not the customer's.
        public let isRejected: Bool
        /// Whether an agent made it the primary one.
        public let isPinned: Bool
    }

    /// How far the name can be trusted.
    public enum NameStatus: Int32, Hashable, Sendable {
        /// Of a kind that this version does not know.
        case unknown = 0
        /// A person's name.
        case real = 1
        /// An account name.
        case username = 2
        /// A name that the platform has masked.
        case masked = 3
        /// No name is known; `displayName` is made from the channel.
        case placeholder = 4
    }

    /// The chat platform.
    public enum Channel: Int32, Hashable, Sendable {
        /// Of a kind that this version does not know.
        case unknown = 0
        /// A Facebook page.
        case facebook = 1
        /// An Instagram account.
        case instagram = 2
        /// A Zalo official account.
        case zaloOA = 3
        /// A Shopee shop.
        case shopee = 4
        /// A Lazada shop.
        case lazada = 5
        /// A TikTok shop.
        case tiktokShop = 6
        /// A chat on a web site.
        case webChat = 7
        /// Any other.
        case other = 8
    }

    /// How far blocking has come.
    public enum BlockState: Int32, Hashable, Sendable {
        /// Of a kind that this version does not know.
        case unknown = 0
        /// Not blocked.
        case none = 1
        /// Asked for, not confirmed by the channel.
        case pendingBlock = 2
        /// Blocked.
        case blocked = 3
        /// The end of it asked for, not confirmed by the channel.
        case pendingUnblock = 4
    }

    /// Opaque; begins with "c".
    public let id: String
    /// The page that the customer wrote to.
    public let pageID: String
    /// The channel's own id of the person on this page.
    public let externalUserID: String
    /// Empty when no name is known.
    public let name: String
    /// The name, or the channel's text for a person without one.
    public let displayName: String
    /// How far the name can be trusted.
    public let nameStatus: NameStatus
    /// The chat platform.
    public let channel: Channel
    /// The earliest interaction, in milliseconds since 1970 UTC.
    public let createdAtMilliseconds: Int64
    /// The first message from the customer, in milliseconds since 1970 UTC; nil when none.
    public let firstInboundAtMilliseconds: Int64?
    /// The last message from the customer, in milliseconds since 1970 UTC; nil when none.
    public let lastInboundAtMilliseconds: Int64?
    /// Primary first.
    public let phones: [ContactPoint]
    /// Primary first.
    public let emails: [ContactPoint]
    /// Entered by hand; empty when nobody did.
    public let address: String
    /// How far blocking has come.
    public let blockState: BlockState
    /// The commit sequence of this state of the customer.
    public let seq: UInt64
    /// Whether edits that wait in the outbox are shown.
    public let isPending: Bool
    /// The encoded `khach.v1.Customer`, byte for byte as the server sent it unless `isPending`.
    public let record: [UInt8]

    /// Copies what the C library has decoded.
    init(copying customer: OpaquePointer?) {
        self.id = String(cString: khach_customer_id(customer))
        self.pageID = String(cString: khach_customer_page_id(customer))
        self.externalUserID = String(cString: khach_customer_external_user_id(customer))
        self.name = String(cString: khach_customer_name(customer))
        self.displayName = String(cString: khach_customer_display_name(customer))
        self.nameStatus = NameStatus(rawValue: khach_customer_name_status(customer)) ?? .unknown
        self.channel = Channel(rawValue: khach_customer_channel(customer)) ?? .unknown
        self.createdAtMilliseconds = khach_customer_created_at_ms(customer)
        let firstInbound = khach_customer_first_inbound_at_ms(customer)
        self.firstInboundAtMilliseconds = firstInbound == 0 ? nil : firstInbound
        let lastInbound = khach_customer_last_inbound_at_ms(customer)
        self.lastInboundAtMilliseconds = lastInbound == 0 ? nil : lastInbound
        self.phones = (0..<khach_customer_phone_count(customer)).map { index in
            ContactPoint(
                value: String(cString: khach_customer_phone_at(customer, index)),
                isRejected: khach_customer_phone_is_rejected(customer, index) != 0,
                isPinned: khach_customer_phone_is_pinned(customer, index) != 0
            )
        }
        self.emails = (0..<khach_customer_email_count(customer)).map { index in
            ContactPoint(
                value: String(cString: khach_customer_email_at(customer, index)),
                isRejected: khach_customer_email_is_rejected(customer, index) != 0,
                isPinned: khach_customer_email_is_pinned(customer, index) != 0
            )
        }
        self.address = String(cString: khach_customer_address(customer))
        self.blockState =
            BlockState(rawValue: khach_customer_block_state(customer)) ?? .unknown
        self.seq = khach_customer_seq(customer)
        self.isPending = khach_customer_is_pending(customer) != 0
        var recordBytes = 0
        let record = khach_customer_record(customer, &recordBytes)
        self.record = Array(UnsafeBufferPointer(start: record, count: recordBytes))
    }
}

/// Customers in order, as of one commit sequence.
public struct CustomerList: Hashable, Sendable {
    /// The customers, in the order of the question.
    public let customers: [Customer]
    /// Continues after this list; nil on the last page.
    public let next: String?
    /// The commit sequence that the list shows.
    public let seq: UInt64
    /// False while the first pass is under way: customers may be missing.
    public let isComplete: Bool
    /// True when a search stopped before it had looked at every name.
    public let isCapped: Bool

    /// Copies a list and releases it.
    init(taking list: OpaquePointer?) {
        self.customers = (0..<khach_customer_list_count(list)).map { index in
            Customer(copying: khach_customer_list_at(list, index))
        }
        let next = String(cString: khach_customer_list_next(list))
        self.next = next.isEmpty ? nil : next
        self.seq = khach_customer_list_seq(list)
        self.isComplete = khach_customer_list_is_complete(list) != 0
        self.isCapped = khach_customer_list_is_capped(list) != 0
        khach_customer_list_free(list)
    }
}
