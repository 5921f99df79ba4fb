internal import CPhone
package import KhachCore

/// The validity of phone numbers by libphonenumber, for the detector of `KhachCore`.
///
/// A target of its own so that the domain does without a C++ library.
package enum PhoneLibrary {
    /// Loads the metadata now, 6 to 8 ms, instead of with the first number.
    ///
    /// Any thread.
    package static func load() -> Bool { cphone_load() == 0 }

    /// Whether a number in E.164 exists.
    ///
    /// Any thread, at once.
    package static func isValid(_ number: String) -> Bool {
        var number = number
        return number.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                cphone_is_valid_e164($0.baseAddress, $0.count) == 1
            }
        }
    }
}

extension ContactDetector {
    /// The rules of this build with libphonenumber.
    package static let standard = ContactDetector(isValid: PhoneLibrary.isValid)
}
