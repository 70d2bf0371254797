// What a change of a definition makes of a snapshot: the model that laws and dry runs use.

extension Snapshot {
  /// This snapshot after a domain's definition was edited.
  ///
  /// The persistent definition changes; the running guest keeps its own until it is started anew,
  /// but for what the change's live calls bring about, which the caller models where it needs it.
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
    let edited = try DomainXMLEdit.apply(change.edits, to: text)
    var copy = self
    copy.domains[domain.index].persistent = Known(
      edited, from: domain.source.persistent?.source ?? domain.source.origin)
    return copy
  }
}
