internal import ArgumentParser
internal import KhachProto

/// One phone or e-mail address of one customer.
struct ContactValue: ParsableArguments {
    @Argument(help: "The id of the customer.")
    var customer: String

    @Argument(help: "The phone, as people write it, or the e-mail address.")
    var value: String

    @Flag(help: "It is an e-mail address, whatever it looks like; those have an @.")
    var email = false

    var kind: Khach_V1_ContactKind {
        self.email || self.value.contains("@") ? .email : .phone
    }
}
