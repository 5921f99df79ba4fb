internal import ArgumentParser
internal import KhachProto

/// Which customers of a business are meant.
struct FilterOptions: ParsableArguments {
    @OptionGroup var owner: BusinessOptions
    @OptionGroup var conditions: ConditionOptions

    var filter: Khach_V1_CustomerFilter { self.conditions.onlineFilter(of: self.owner.id) }
}
