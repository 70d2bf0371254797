// Places of domains that change while a plan is made.

extension Planner {
  /// The wishes when later rounds give a domain another place than the first: all that sent it to the
  /// old one send it to the new one.
  static func moved(
    _ wishes: [Candidate], _ old: [String: Home], _ new: [String: Home]
  ) -> [Candidate] {
    wishes.map { wish in
      guard case .domain(let change) = wish.change, change == old[change.domain]?.change,
        let other = new[change.domain]?.change, other != change
      else { return wish }
      let places = Set(other.edits.map(\.place))
      var wish = wish
      wish.change = .domain(
        DomainChange(
          domain: change.domain,
          edits: change.edits.filter { !places.contains($0.place) } + other.edits,
          live: other.live))
      return wish
    }
  }
}
