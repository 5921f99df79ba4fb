internal import Foundation
internal import Testing

/// The completions that `khach` makes are scripts that a shell takes.
@Suite("Shell completions", .timeLimit(.minutes(15)))
struct CompletionTests {
    @Test("bash reads its script, and completes a command by it")
    func bash() throws {
        let folder = try TemporaryFolder()
        let script = folder.path("khach.bash")
        try Self.script("bash").write(toFile: script, atomically: true, encoding: .utf8)
        let bash = URL(filePath: "/usr/bin/bash")
        let checked = try run(bash, ["--noprofile", "--norc", "-n", script])
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(checked.errors.isEmpty, "\(checked.errors)")
        let sourced = try run(
            bash,
            ["--noprofile", "--norc", "-c", ". '\(script)' && complete -p khach"]
        )
        #expect(sourced.status == 0, "\(sourced.errors)")
        #expect(sourced.output.contains("khach"), "\(sourced.output)")
    }

    @Test(
        "the scripts of the other shells name the command and its parts",
        arguments: [("zsh", "#compdef khach"), ("fish", "complete -c 'khach'")]
    )
    func others(_ shell: String, _ sign: String) throws {
        let script = try Self.script(shell)
        #expect(script.contains(sign))
        for command in ["business", "customers", "interactions", "offline", "sync"] {
            #expect(script.contains(command), "\(command)")
        }
    }

    private static func script(_ shell: String) throws -> String {
        let made = try khach(["--generate-completion-script", shell])
        #expect(made.status == 0, "\(made.errors)")
        return made.output
    }
}
