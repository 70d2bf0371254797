// The bound of a partial assignment.

extension ExactSearch {
  func bound(_ position: Int, fixed: Int) -> Int {
    var free = 0
    var pool = 0
    var sharedNow = 0
    var all = restUse[position]
    var two = 0
    var one = 0
    var half = 0
    var peak = 0
    var brokenNow = 0
    for node in 0..<model.nodes {
      let left = model.usable[node] - taken[node]
      pool += left
      sharedNow += shared[node]
      let here = use[node]
      all.isolated += here.isolated
      all.required += here.required
      all.loosePairs += here.loosePairs
      all.looseOdd += here.looseOdd
      two += pairs[node]
      one += singles[node]
      half += halves[node]
      brokenNow += broken[node]
      if shared[node] > 0 { peak = max(peak, (4 * shared[node] + left - 1) / max(1, left)) }
    }
    let totalShared = sharedNow + restShared[position]
    free = pool - restTaken[position]
    let lack = lackCost(position, pool: pool, sharedNow: sharedNow)
    let none =
      restLeastUnplaced[position] == Int.max
      ? Int.max
      : fixed + max(restLeastUnplaced[position], lack) + model.pressureWeight * max(0, peak - 4)
    guard lack == 0 else { return none }
    if totalShared > 0 {
      guard free > 0 else { return none }
      peak = max(peak, (4 * totalShared + free - 1) / free)
    }
    let layout = BucketLayout(all, pairs: two, singles: one, halves: half)
    guard layout.fits else { return none }
    let placed =
      fixed + restOwn[position] + model.brokenWeight * layout.broken
      + model.pressureWeight * max(0, peak - 4)
    return min(placed, none)
  }

  /// What must stay out for lack of PUs or memory costs at least this.
  func lackCost(_ position: Int, pool: Int, sharedNow: Int) -> Int {
    var cost = 0
    let overcommit = max(1, model.overcommit)
    let totalShared = sharedNow + restShared[position]
    let need = restTaken[position] * overcommit + 100 * totalShared
    let lack = need - pool * overcommit
    if lack > 0 { cost = costOf(lack: lack, ratio: restRatio[position][3]) }
    for page in 0..<3 {
      var free = 0
      for node in 0..<model.nodes { free += freeMemory[node * 3 + page] }
      let lack = restMemory[position][page] - free
      if lack > 0 { cost = max(cost, costOf(lack: lack, ratio: restRatio[position][page])) }
    }
    return cost
  }

  /// The knapsack's fractional bound, a hair lower so that rounding never lifts it.
  func costOf(lack: Int, ratio: Double) -> Int {
    max(1, Int(Double(lack) * ratio * 0.999_999))
  }
}
