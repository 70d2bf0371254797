/// The order of branching and what the VMs from each position on need at least.
struct ExactPlan {
  var order: [Int]
  var leastOwn: [Int]
  var restOwn: [Int]
  var restLeastUnplaced: [Int]
  var restTaken: [Int]
  var restShared: [Int]
  var restUse: [BucketUse]
  var restMemory: [[Int]]
  /// Unplaced cost per MiB of each page size, and per hundredth PU × overcommit: the least.
  var restRatio: [[Double]]
  var isTwin: [Bool]
  var base: Int

  init(_ model: SearchModel) {
    let vms = model.vms
    let totalPUs = max(1, (0..<model.nodes).reduce(0) { $0 + model.usable[$1] })
    let hasSingles = (0..<model.buckets).contains { model.singles[$0] > 0 }
    let overcommit = max(1, model.overcommit)
    func taken(_ vm: Int) -> Int {
      guard model.kind[vm] != .shared else { return 0 }
      let width = model.kind[vm] == .isolate && !hasSingles ? 2 : 1
      return width * model.vcpus[vm] + model.extras[vm]
    }
    let totalMemory = (0..<3).map { page in
      max(1, (0..<model.nodes).reduce(0) { $0 + model.memory[$1 * 3 + page] })
    }
    func size(_ vm: Int) -> Int {
      let cpu =
        taken(vm) * 10_000
        + (model.kind[vm] == .shared ? model.vcpus[vm] * 1_000_000 / overcommit : 0)
      return cpu / totalPUs + model.mib[vm] * 10_000 / totalMemory[model.page[vm]]
    }
    let instance = model.instance
    func same(_ a: Int, _ b: Int) -> Bool {
      let x = instance.vms[a]
      let y = instance.vms[b]
      return x.vcpus == y.vcpus && x.memoryMiB == y.memoryMiB && x.pageSize == y.pageSize
        && x.policy == y.policy && x.smt == y.smt && x.maxCells == y.maxCells
        && x.extras == y.extras && x.devices == y.devices && x.priority == y.priority
        && x.current == y.current
    }
    let sizes = (0..<vms).map(size)
    let own = (0..<vms).map { model.leastOwnCost($0) }
    let able = (0..<vms).filter { own[$0] != nil }
    base = (0..<vms).reduce(0) { $0 + (own[$1] == nil ? model.unplacedCost[$1] : 0) }
    let classes = (0..<vms).map { vm in (0..<vm).first { same($0, vm) } ?? vm }
    let order = able.sorted {
      (-sizes[$0], classes[$0], $0) < (-sizes[$1], classes[$1], $1)
    }
    self.order = order
    isTwin = order.indices.map { $0 > 0 && classes[order[$0]] == classes[order[$0 - 1]] }
    leastOwn = own.map { $0 ?? 0 }
    let count = order.count
    restOwn = Array(repeating: 0, count: count + 1)
    restLeastUnplaced = Array(repeating: Int.max, count: count + 1)
    restTaken = restOwn
    restShared = restOwn
    restUse = Array(repeating: BucketUse(), count: count + 1)
    restMemory = Array(repeating: [0, 0, 0], count: count + 1)
    restRatio = Array(repeating: Array(repeating: .infinity, count: 4), count: count + 1)
    for position in stride(from: count - 1, through: 0, by: -1) {
      let vm = order[position]
      let cost = model.unplacedCost[vm]
      restOwn[position] = restOwn[position + 1] + leastOwn[vm]
      restLeastUnplaced[position] = min(restLeastUnplaced[position + 1], cost)
      restTaken[position] = restTaken[position + 1] + taken(vm)
      restShared[position] =
        restShared[position + 1] + (model.kind[vm] == .shared ? model.vcpus[vm] : 0)
      restUse[position] = SearchState.change(
        restUse[position + 1], model.kind[vm], vcpus: model.vcpus[vm], extras: model.extras[vm],
        by: 1)
      restMemory[position] = restMemory[position + 1]
      restMemory[position][model.page[vm]] += model.mib[vm]
      restRatio[position] = restRatio[position + 1]
      let cpu =
        taken(vm) * overcommit + (model.kind[vm] == .shared ? 100 * model.vcpus[vm] : 0)
      restRatio[position][3] = min(restRatio[position][3], Double(cost) / Double(max(1, cpu)))
      restRatio[position][model.page[vm]] = min(
        restRatio[position][model.page[vm]], Double(cost) / Double(model.mib[vm]))
    }
  }
}
