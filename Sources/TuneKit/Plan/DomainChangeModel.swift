// What a change of a definition makes of a snapshot: the model that laws and dry runs use.

extension Snapshot {
  /// This snapshot after a domain's definition was edited and its live calls were made.
  ///
  /// The persistent definition changes; the running guest keeps its own until it is started anew,
  /// but for the threads that live calls pin.
  ///
  /// - Throws: `XMLEditError` where there is no such domain, it is transient, or an edit can't be
  ///   made.
  public func applying(_ change: DomainChange) throws(XMLEditError) -> Snapshot {
    guard let domain = Domain.all(in: self).domains.first(where: { $0.key == change.domain }) else {
      throw XMLEditError(path: "domain", problem: "no domain '\(change.domain)'")
    }
    guard let text = domain.source.persistent?.value else {
      throw XMLEditError(path: "domain", problem: "the domain is transient: nothing to edit")
    }
    if change.movesMemory, case .moveMemory(let nodes) = change.live.first {
      return movingMemory(of: domain, to: nodes)
    }
    let edited = try DomainXMLEdit.apply(change.edits, to: text)
    var copy = self
    copy.domains[domain.index].persistent = Known(
      edited, from: domain.source.persistent?.source ?? domain.source.origin)
    if let pid = domain.pid, domain.isRunning {
      for call in change.live { copy.pin(call, pid) }
    }
    return copy
  }

  /// What a pinning call makes of the status of the thread it is about.
  private mutating func pin(_ call: LiveCall, _ pid: Int) {
    for thread in GuestProcess(self, pid: pid).threads.value ?? [] {
      let cpus: CPUSet
      switch (call, thread.role) {
      case (.pinVCPU(let id, let set), .vcpu(let own)) where own == id: cpus = set
      case (.pinIOThread(let id, let set), .iothread(let own)) where own == id: cpus = set
      case (.pinEmulator(let set), .emulator): cpus = set
      default: continue
      }
      let path = "/proc/\(pid)/task/\(thread.tid)/status"
      guard let text = raw(path).value else { continue }
      let key = "Cpus_allowed_list:"
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      files[path] = .text(
        lines.map { $0.hasPrefix(key) ? "\(key)\t\(cpus)" : String($0) }.joined(separator: "\n"))
    }
  }

  /// A guest's pages as they lie after a move: all on the first of the nodes.
  private func movingMemory(of domain: Domain, to nodes: CPUSet) -> Snapshot {
    guard let pid = domain.pid, let first = nodes.first(where: { _ in true }) else { return self }
    let path = "/proc/\(pid)/numa_maps"
    guard let text = raw(path).value else { return self }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard GuestProcess.isGuestMemory(line) else { return String(line) }
      var pages = 0
      let rest = line.split(separator: " ").filter { word in
        guard word.first == "N", let equals = word.firstIndex(of: "="),
          Int(word[word.index(after: word.startIndex)..<equals]) != nil,
          let count = Int(word[word.index(after: equals)...]), count >= 0, count < 1 << 40
        else { return true }
        pages += count
        return false
      }
      return (rest + ["N\(first)=\(pages)"]).joined(separator: " ")
    }
    var copy = self
    copy.files[path] = .text(lines.joined(separator: "\n"))
    return copy
  }
}
