/// Finds the cheapest buckets of a node for one cell of a dedicated VM.
///
/// The answer for node n, with or without the VM's extras, stands in `vcpus` and `extras` at
/// `offset(withExtras) + bucket` until the next search of that node.
struct CellFinder {
  /// How equal candidates are told apart.
  enum Taste {
    case tightest, random, first
  }

  let state: SearchState
  let model: SearchModel
  let vcpus: FixedBuffer<Int>
  let extras: FixedBuffer<Int>
  private let room: FixedBuffer<Int>
  private let extraCost: FixedBuffer<Int>
  var random: SeededRandom
  var taste = Taste.tightest
  /// Candidates skipped at random, per 1024.
  var blinks = 0
  /// Bucket layouts computed: the measure of work.
  var steps = 0

  /// A cost no candidate reaches.
  static let impossible = Int.max / 4
  /// Costs are scaled by this; below it stands the taste.
  static let scale = 1024

  init(_ state: SearchState, seed: UInt64) {
    self.state = state
    model = state.model
    let arena = model.arena
    vcpus = arena.buffer(2 * model.buckets, 0)
    extras = arena.buffer(2 * model.buckets, 0)
    room = arena.buffer(model.buckets, 0)
    extraCost = arena.buffer(model.buckets, 0)
    random = SeededRandom(seed: seed)
  }

  @inline(__always)
  func offset(_ withExtras: Bool) -> Int { withExtras ? model.buckets : 0 }

  /// The cost of the cell on the node, scaled, with the taste below the scale.
  mutating func find(vm: Int, option: Int, node: Int, withExtras: Bool) -> Int {
    let first = model.bucketStart[node]
    let end = model.bucketStart[node + 1]
    guard first < end else { return Self.impossible }
    let kind = model.kind[vm]
    let need = model.vcpus[vm] / model.optionCells[option]
    let more = withExtras ? model.extras[vm] : 0
    let fewest = model.optionGroups[option * model.nodes + node]
    let offset = offset(withExtras)
    for bucket in first..<end {
      vcpus[offset + bucket] = 0
      extras[offset + bucket] = 0
    }
    let spare = state.spare(node)
    guard need + more <= spare else { return Self.impossible }
    let single = findSingle(
      kind, need, more, first: first, end: end, offset: offset, spare: spare,
      base: (1 - fewest) * model.l3Weight)
    if single < Self.impossible { return single }
    return findSeveral(
      kind, need, more, first: first, end: end, offset: offset, fewest: fewest)
  }

  /// All vCPUs in one bucket, with at most `spare` PUs leaving the node's pool.
  private mutating func findSingle(
    _ kind: SearchModel.Kind, _ need: Int, _ more: Int, first: Int, end: Int, offset: Int,
    spare: Int, base: Int
  ) -> Int {
    if more > 0 { priceExtras(more, first: first, end: end) }
    var best = Self.impossible
    var bestBucket = -1
    var bestHome = -1
    for bucket in first..<end {
      if blinks > 0, random.below(1024) < blinks { continue }
      let before = state.use[bucket]
      steps += 1
      let together = state.layout(
        bucket, SearchState.change(before, kind, vcpus: need, extras: more, by: 1))
      if together.fits, together.taken - state.taken[bucket] <= spare {
        let cost =
          (together.broken - state.broken[bucket]) * model.brokenWeight * Self.scale
          + tasteOf(bucket, taken: together.taken)
        if cost < best {
          best = cost
          bestBucket = bucket
          bestHome = bucket
        }
      }
      guard more > 0 else { continue }
      let alone = state.layout(
        bucket, SearchState.change(before, kind, vcpus: need, extras: 0, by: 1))
      guard alone.fits, alone.taken - state.taken[bucket] + more <= spare else { continue }
      let cost =
        (alone.broken - state.broken[bucket]) * model.brokenWeight * Self.scale
        + tasteOf(bucket, taken: alone.taken)
      guard cost < best else { continue }
      for home in first..<end where home != bucket && extraCost[home] < Self.impossible {
        let both = cost + extraCost[home]
        if both < best {
          best = both
          bestBucket = bucket
          bestHome = home
        }
      }
    }
    guard bestBucket >= 0 else { return Self.impossible }
    vcpus[offset + bestBucket] = need
    if more > 0 { extras[offset + bestHome] = more }
    return best + base * Self.scale
  }

  /// What the extras alone cost in each bucket.
  private mutating func priceExtras(_ more: Int, first: Int, end: Int) {
    for bucket in first..<end {
      steps += 1
      let layout = state.layout(
        bucket, SearchState.change(state.use[bucket], .prefer, vcpus: 0, extras: more, by: 1))
      extraCost[bucket] =
        layout.fits
        ? (layout.broken - state.broken[bucket]) * model.brokenWeight * Self.scale
        : Self.impossible
    }
  }

  /// The vCPUs over several buckets: the smallest that takes all the rest, else the roomiest.
  private mutating func findSeveral(
    _ kind: SearchModel.Kind, _ need: Int, _ more: Int, first: Int, end: Int, offset: Int,
    fewest: Int
  ) -> Int {
    for bucket in first..<end {
      let skipped = blinks > 0 && random.below(1024) < blinks
      room[bucket] = skipped ? 0 : roomFor(kind, need, bucket)
    }
    var rest = need
    var groups = 0
    while rest > 0 {
      var chosen = -1
      var shift = random.below(end - first)
      if taste != .random { shift = 0 }
      for index in 0..<(end - first) {
        let bucket = first + (index + shift) % (end - first)
        guard room[bucket] > 0 else { continue }
        guard chosen >= 0 else {
          chosen = bucket
          continue
        }
        let isEnough = room[chosen] >= rest
        if room[bucket] >= rest
          ? !isEnough || room[bucket] < room[chosen] : !isEnough && room[bucket] > room[chosen]
        {
          chosen = bucket
        }
      }
      guard chosen >= 0 else { return Self.impossible }
      let part = min(rest, room[chosen])
      vcpus[offset + chosen] = part
      room[chosen] = 0
      rest -= part
      groups += 1
    }
    if more > 0, !placeExtras(kind, more, first: first, end: end, offset: offset) {
      return Self.impossible
    }
    var cost = (groups - fewest) * model.l3Weight
    for bucket in first..<end where vcpus[offset + bucket] + extras[offset + bucket] > 0 {
      steps += 1
      let layout = layout(kind, bucket, offset)
      guard layout.fits else { return Self.impossible }
      cost += (layout.broken - state.broken[bucket]) * model.brokenWeight
    }
    return cost * Self.scale
  }

  @inline(__always)
  private func layout(_ kind: SearchModel.Kind, _ bucket: Int, _ offset: Int) -> BucketLayout {
    state.layout(
      bucket,
      SearchState.change(
        state.use[bucket], kind, vcpus: vcpus[offset + bucket], extras: extras[offset + bucket],
        by: 1))
  }

  /// The most vCPUs of a kind, up to `need`, that a bucket still takes.
  private mutating func roomFor(_ kind: SearchModel.Kind, _ need: Int, _ bucket: Int) -> Int {
    let unit = kind == .require ? 2 : 1
    var low = 0
    var high = need / unit
    while low < high {
      let middle = (low + high + 1) / 2
      steps += 1
      let layout = state.layout(
        bucket,
        SearchState.change(state.use[bucket], kind, vcpus: middle * unit, extras: 0, by: 1))
      if layout.fits { low = middle } else { high = middle - 1 }
    }
    return low * unit
  }

  /// Puts the extras where they cost least beside the vCPUs chosen; one by one where they must part.
  private mutating func placeExtras(
    _ kind: SearchModel.Kind, _ more: Int, first: Int, end: Int, offset: Int
  ) -> Bool {
    var rest = more
    var portion = more
    while rest > 0 {
      var best = Self.impossible
      var home = -1
      for bucket in first..<end {
        steps += 2
        let old = layout(kind, bucket, offset)
        extras[offset + bucket] += portion
        let new = layout(kind, bucket, offset)
        extras[offset + bucket] -= portion
        guard new.fits else { continue }
        let cost = new.broken - old.broken
        if cost < best {
          best = cost
          home = bucket
        }
      }
      if home >= 0 {
        extras[offset + home] += portion
        rest -= portion
      } else if portion > 1 {
        portion = 1
      } else {
        return false
      }
    }
    return true
  }

  @inline(__always)
  private mutating func tasteOf(_ bucket: Int, taken: Int) -> Int {
    switch taste {
    case .first: return 0
    case .random: return random.below(512)
    case .tightest:
      let whole = 2 * model.pairs[bucket] + model.singles[bucket] + model.halves[bucket]
      return min(511, whole - taken)
    }
  }
}
