internal import ArgumentParser

/// `khach offline …`.
struct OfflineCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offline",
        abstract: "Ask and change a cache that `khach sync` made, without a network.",
        subcommands: [
            OfflineList.self, OfflineGet.self, OfflineSearch.self, OfflineCount.self,
            OfflineStatistics.self, OfflineStatus.self, OfflineExport.self, OfflineVerify.self,
            OfflineRepair.self, OfflineAddress.self, OfflineRename.self, OfflineBlock.self,
            OfflineUnblock.self, OfflineContacts.self, OutboxCommands.self,
            OfflineDiff.self, OfflineExplain.self, OfflineDoctor.self,
            OfflineWipe.self,
        ]
    )
}
