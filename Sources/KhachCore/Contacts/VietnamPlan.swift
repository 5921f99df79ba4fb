/// Vietnam's numbering plan: data, and nothing else.
///
/// A change of it is a new version.
///
/// One line is one fact; `#` starts a comment. Ranges are of the first two or three digits of the
/// national significant number, which is the number without its trunk `0`.
///
///     version  name
///     mobile   range…         9 digits
///     landline range…         10 digits, the area code included
///     migrated old new        11-digit mobiles of before 15 September 2018; the last 7 digits stay
///     area     old new        area codes of before 2017 that are still written in brackets
enum VietnamPlan {
    static let text = """
        version  vn-2025-1

        # Viettel, Itel, Vietnamobile, MobiFone, VinaPhone, Gmobile, Wintel.
        mobile   32-39 70 76-79 56 58 59 522 523 528 559
        mobile   81-88 896-899 90-94 96-98 990 991 993-999

        landline 203-209 210-216 218 219 220-222 225-229 232-239 24
        landline 251 252 254-259 260-263 269 270-277 28 290-294 296 297 299

        migrated 120 70
        migrated 121 79
        migrated 122 77
        migrated 126 76
        migrated 128 78
        migrated 123 83
        migrated 124 84
        migrated 125 85
        migrated 127 81
        migrated 129 82
        migrated 162 32
        migrated 163 33
        migrated 164 34
        migrated 165 35
        migrated 166 36
        migrated 167 37
        migrated 168 38
        migrated 169 39
        migrated 186 56
        migrated 188 58
        migrated 199 59

        area     4 24
        area     8 28
        """
}
