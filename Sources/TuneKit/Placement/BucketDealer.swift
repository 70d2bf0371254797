/// Deals the PUs of one bucket to its VMs as `BucketLayout` counted them. Of interchangeable cores
/// a VM gets those it has now, and none that another VM has while others are left.
struct BucketDealer {
  private let model: SearchModel
  private let bucket: Int
  private var pairs: [[Int]] = []
  private var singles: [Int] = []
  private var halves: [Int] = []
  /// The VM that has a PU now, by PU index.
  private var holder: [Int: Int] = [:]

  init(_ model: SearchModel, _ bucket: Int) {
    self.model = model
    self.bucket = bucket
    for core in model.bucketCores[bucket] {
      let description = model.layout.cores[core]
      let free = description.pus.filter { !model.layout.puReserved[$0] }
      if free.count == 2 {
        pairs.append(free)
      } else if description.whole {
        singles.append(free[0])
      } else {
        halves.append(free[0])
      }
    }
  }

  /// The PUs of each VM: vCPUs first, siblings side by side, then the extras.
  mutating func deal(_ vms: [Int], _ records: SearchRecords) -> [(Int, [Int])] {
    for vm in vms {
      for number in model.instance.vms[vm].pins {
        if let pu = model.layout.indexOfPU[number] { holder[pu] = vm }
      }
    }
    let parts = vms.compactMap { part($0, records) }
    var use = BucketUse()
    for part in parts {
      use = SearchState.change(use, part.kind, vcpus: part.vcpus, extras: part.extras, by: 1)
    }
    let layout = BucketLayout(
      use, pairs: pairs.count, singles: singles.count, halves: halves.count)
    var onSingles = layout.isolatedOnSingles
    var lists = parts.map { fixed($0, onSingles: &onSingles) }
    var odd: [Int] = []
    for (index, part) in parts.enumerated() {
      for _ in 0..<part.loose / 2 {
        if let core = takeCore(part.vm) { lists[index] += core } else { odd += [index, index] }
      }
      if part.loose % 2 == 1 { odd.append(index) }
    }
    // Pairs that found no core come first to the cores of one PU: two of them on one core would be
    // the same VM twice, which cannot happen while whole cores are left.
    var half: Int?
    for index in odd {
      let vm = parts[index].vm
      if let pu = Self.take(&singles, vm, holder) {
        lists[index].append(pu)
      } else if let pu = half {
        lists[index].append(pu)
        half = nil
      } else if let core = takeCore(vm) {
        let second = holder[core[1]] == vm && holder[core[0]] != vm
        lists[index].append(core[second ? 1 : 0])
        half = core[second ? 0 : 1]
      } else if let pu = Self.take(&halves, vm, holder) {
        lists[index].append(pu)
      }
    }
    return zip(vms, lists).map { ($0, $1) }
  }

  private struct Part {
    let vm: Int
    let kind: SearchModel.Kind
    let vcpus: Int
    let extras: Int
    var loose: Int { extras + (kind == .prefer ? vcpus : 0) }
  }

  private func part(_ vm: Int, _ records: SearchRecords) -> Part? {
    let first = model.entryStart[vm]
    for entry in first..<first + records.entries[vm] where records.entryBucket[entry] == bucket {
      return Part(
        vm: vm, kind: model.kind[vm], vcpus: records.entryVCPUs[entry],
        extras: records.entryExtras[entry])
    }
    return nil
  }

  /// The cores that isolated and required vCPUs take whole.
  private mutating func fixed(_ part: Part, onSingles: inout Int) -> [Int] {
    var list: [Int] = []
    switch part.kind {
    case .isolate:
      for _ in 0..<part.vcpus {
        if onSingles > 0, let pu = Self.take(&singles, part.vm, holder) {
          onSingles -= 1
          list.append(pu)
        } else if let core = takeCore(part.vm) {
          list.append(holder[core[1]] == part.vm && holder[core[0]] != part.vm ? core[1] : core[0])
        }
      }
    case .require:
      for _ in 0..<part.vcpus / 2 { list += takeCore(part.vm) ?? [] }
    default: break
    }
    return list
  }

  /// The first whole core the VM has now, else the first that no other VM has, else the first.
  private mutating func takeCore(_ vm: Int) -> [Int]? {
    func price(_ core: [Int]) -> Int {
      core.reduce(0) { $0 + (holder[$1].map { $0 == vm ? -1 : 3 } ?? 0) }
    }
    guard let index = pairs.indices.min(by: { (price(pairs[$0]), $0) < (price(pairs[$1]), $1) })
    else { return nil }
    return pairs.remove(at: index)
  }

  private static func take(_ pus: inout [Int], _ vm: Int, _ holder: [Int: Int]) -> Int? {
    func price(_ pu: Int) -> Int { holder[pu].map { $0 == vm ? -1 : 1 } ?? 0 }
    guard let index = pus.indices.min(by: { (price(pus[$0]), $0) < (price(pus[$1]), $1) })
    else { return nil }
    return pus.remove(at: index)
  }
}

extension PlacementVM {
  /// A cell's PUs in the order its vCPUs have them now, where they are the same PUs.
  func inOrderOfPins(_ pus: [Int]) -> [Int] {
    guard !pins.isEmpty else { return pus }
    let wanted = Set(pus)
    let now = pins.filter(wanted.contains)
    return now.count == pus.count && Set(now) == wanted ? now : pus
  }
}
