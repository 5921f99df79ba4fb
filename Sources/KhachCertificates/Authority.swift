internal import CLibCrypto
internal import Glibc

/// An authority that makes certificates of short lives, for development and tests.
///
/// Its key lies in memory, or in a file beside its certificate; nothing that must be safe for long
/// is to trust it.
package final class Authority {
    /// What a certificate is for.
    package enum Use: String, Sendable {
        case server = "serverAuth"
        case client = "clientAuth"
    }

    package struct Wish {
        package var name: String
        /// As OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1", "URI:spiffe://…".
        package var subjects: [String]
        package var use: Use
        /// From when and until when, in seconds from now.
        package var begins = -300
        package var ends = 86_400

        package init(name: String, subjects: [String], use: Use) {
            self.name = name
            self.subjects = subjects
            self.use = use
        }
    }

    /// A certificate and its key, in PEM.
    package struct Pair: Sendable {
        package var certificate: String
        package var key: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package let pair: Pair
    private let certificate: OpaquePointer
    private let key: OpaquePointer

    /// An authority of its own; `ends` in seconds from now.
    package init(name: String, ends: Int = 7 * 86_400) throws {
        let wish = Wish(name: name, subjects: [], use: .server)
        self.key = try Self.makeKey()
        self.certificate = try Self.makeCertificate(
            wish.until(ends),
            of: self.key,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE"),
                (NID_key_usage, "critical,keyCertSign,cRLSign"),
            ],
            by: nil
        )
        self.pair = try Self.pair(self.certificate, self.key)
    }

    deinit {
        X509_free(self.certificate)
        EVP_PKEY_free(self.key)
    }

    /// A certificate that this authority has signed.
    package func make(_ wish: Wish) throws -> Pair {
        try Self.make(wish, by: (self.certificate, self.key))
    }

    /// A certificate that only its own key has signed.
    package static func makeSelfSigned(_ wish: Wish) throws -> Pair {
        try Self.make(wish, by: nil)
    }

    private static func make(
        _ wish: Wish,
        by issuer: (certificate: OpaquePointer, key: OpaquePointer)?
    ) throws -> Pair {
        let key = try Self.makeKey()
        defer { EVP_PKEY_free(key) }
        var extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, wish.use.rawValue),
        ]
        if !wish.subjects.isEmpty {
            extensions.append((NID_subject_alt_name, wish.subjects.joined(separator: ",")))
        }
        let made = try Self.makeCertificate(wish, of: key, extensions: extensions, by: issuer)
        defer { X509_free(made) }
        return try Self.pair(made, key)
    }

    /// A key on the curve P-256.
    private static func makeKey() throws -> OpaquePointer {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw Failure(description: "a new key of libcrypto expected, none found") }

        return key
    }

    private static func makeCertificate(
        _ wish: Wish,
        of key: OpaquePointer,
        extensions: [(Int32, String)],
        by issuer: (certificate: OpaquePointer, key: OpaquePointer)?
    ) throws -> OpaquePointer {
        guard let made = X509_new() else { throw Self.memory }

        let name = X509_get_subject_name(made)
        let serial = Int64.random(in: 1 ... .max)
        var isDone =
            X509_set_version(made, 2) == 1
            && ASN1_INTEGER_set_int64(X509_get_serialNumber(made), serial) == 1
            && X509_gmtime_adj(X509_getm_notBefore(made), wish.begins) != nil
            && X509_gmtime_adj(X509_getm_notAfter(made), wish.ends) != nil
            && X509_set_pubkey(made, key) == 1
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_FLAG, wish.name, -1, -1, 0) == 1
            && X509_set_issuer_name(
                made,
                X509_get_subject_name(issuer?.certificate ?? made)
            ) == 1
        for (kind, value) in extensions where isDone {
            let part = X509V3_EXT_conf_nid(nil, nil, kind, value)
            isDone = part != nil && X509_add_ext(made, part, -1) == 1
            X509_EXTENSION_free(part)
        }
        guard isDone, X509_sign(made, issuer?.key ?? key, EVP_sha256()) > 0 else {
            X509_free(made)
            throw Failure(
                description: "a certificate for \(wish.name) \(wish.subjects) expected, none found"
            )
        }

        return made
    }

    private static func pair(_ certificate: OpaquePointer, _ key: OpaquePointer) throws -> Pair {
        Pair(
            certificate: try Self.text { PEM_write_bio_X509($0, certificate) },
            key: try Self.text {
                PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil)
            }
        )
    }

    private static func text(_ write: (OpaquePointer) -> Int32) throws -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { throw Self.memory }

        defer { BIO_free(memory) }
        guard write(memory) == 1 else { throw Self.memory }

        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    private static let memory = Failure(
        description: "memory for a certificate expected, none found"
    )
}

extension Authority.Wish {
    fileprivate func until(_ ends: Int) -> Self {
        var wish = self
        wish.ends = ends
        return wish
    }
}
