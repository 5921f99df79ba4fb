internal import KhachCore

extension HandSave {
    /// An address that a caller gives, checked.
    init(address: String, against revision: UInt64) throws(InputError) {
        self.init(
            field: .address,
            text: try checkedText(address, "address", 0...Limits.addressBytesMax),
            editRevision: revision
        )
    }

    /// A name that a caller gives, checked and cleaned.
    init(manualName: String, against revision: UInt64) throws(InputError) {
        let count = manualName.unicodeScalars.count
        guard count <= Limits.nameCodePointsMax else {
            throw InputError(
                "manual_name",
                "at most \(Limits.nameCodePointsMax) code points expected, found \(count)"
            )
        }
        let name = CustomerName(cleaning: manualName)
        guard name != nil || manualName.isEmpty else {
            throw InputError(
                "manual_name",
                "a visible name or none expected, found an invisible one"
            )
        }
        self.init(
            field: .manualName,
            text: name?.text ?? "",
            folded: name?.folded ?? "",
            editRevision: revision
        )
    }
}
