/// Questions that the writer and the readers both ask.
enum SharedSQL {
    static let selectRoles: StaticString = """
        SELECT external_user_id, name, roles FROM role_accounts
        WHERE page_id = ?1 ORDER BY external_user_id
        """
    static let selectObservations: StaticString = """
        SELECT kind, value, byte_start, byte_end, rule, detector_version
        FROM contact_observations WHERE interaction_id = ?1 ORDER BY byte_start
        """
}
