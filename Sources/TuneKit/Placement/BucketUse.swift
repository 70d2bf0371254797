/// What is taken from a bucket: cores of `isolate` vCPUs, cores of `require` vCPUs, and the loose
/// PUs (vCPUs of `prefer` VMs and extras), of which each VM has some pairs and at most one odd one.
struct BucketUse {
  var isolated = 0
  var required = 0
  var loosePairs = 0
  var looseOdd = 0
}

/// The best way to lay a use out in a bucket.
struct BucketLayout {
  /// Broken cores; negative when the use does not fit.
  let broken: Int
  /// PUs that leave the shared pool: owned, or idled by `isolate`.
  let taken: Int
  /// Isolated vCPUs on cores of one PU.
  let isolatedOnSingles: Int

  static let impossible = BucketLayout(broken: -1, taken: 0, isolatedOnSingles: 0)

  @inline(__always) var fits: Bool { broken >= 0 }
}

extension BucketLayout {
  /// Finds the layout with the fewest broken cores, then the fewest taken PUs.
  ///
  /// Pairs go to whole cores, odd PUs to cores of one PU, then two of different VMs to a core (one
  /// broken core), then to half-reserved cores (one broken core each). A pair that finds no whole
  /// core is two single PUs. Exchanging any two PUs of another layout leads here without more broken
  /// cores, so this is optimal; only the split of isolated vCPUs between the kinds is tried out.
  @inline(__always)
  init(_ use: BucketUse, pairs: Int, singles: Int, halves: Int) {
    let cores = pairs - use.required
    if use.isolated == 0 || singles == 0 {
      self.init(use, cores: cores - use.isolated, singles: singles, halves: halves, onSingles: 0)
      return
    }
    var best = BucketLayout.impossible
    let least = max(0, use.isolated - max(0, cores))
    let most = min(use.isolated, singles)
    var count = most
    while count >= least {
      let tried = BucketLayout(
        use, cores: cores - (use.isolated - count), singles: singles - count, halves: halves,
        onSingles: count)
      if tried.fits && (!best.fits || tried.broken < best.broken) { best = tried }
      count -= 1
    }
    self = best
  }

  /// The layout of the loose PUs on what isolated and required cores have left.
  @inline(__always)
  private init(
    _ use: BucketUse, cores: Int, singles: Int, halves: Int, onSingles: Int
  ) {
    guard cores >= 0 else {
      self = .impossible
      return
    }
    let whole = min(cores, use.loosePairs)
    var rest = 2 * (use.loosePairs - whole) + use.looseOdd - singles
    var broken = 0
    if rest > 0 {
      let shared = min(rest, 2 * (cores - whole))
      rest -= shared
      guard rest <= halves else {
        self = .impossible
        return
      }
      broken = (shared + 1) / 2 + rest
    }
    self.init(
      broken: broken,
      taken: 2 * (use.isolated - onSingles) + onSingles + 2 * use.required
        + 2 * use.loosePairs + use.looseOdd,
      isolatedOnSingles: onSingles)
  }
}
