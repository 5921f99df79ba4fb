internal import ArgumentParser

/// `khach offline …`.
struct OfflineCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offline",
        abstract: "Ask a cache that `khach sync` made, without a network.",
        subcommands: [
            OfflineList.self, OfflineGet.self, OfflineSearch.self, OfflineCount.self,
            OfflineStatistics.self, OfflineStatus.self, OfflineExport.self, OfflineVerify.self,
            OfflineRepair.self,
        ]
    )
}
