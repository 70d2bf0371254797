/// Memory of fixed size for the search, so that its inner loop neither allocates nor counts
/// references. The arena that made a buffer owns it; debug builds check the index.
struct FixedBuffer<Element: BitwiseCopyable> {
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  fileprivate init(base: UnsafeMutablePointer<Element>, count: Int) {
    self.base = base
    self.count = count
  }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count)
      base[index] = newValue
    }
  }

  /// Copies everything from a buffer of the same size.
  func copy(from other: FixedBuffer) {
    base.update(from: other.base, count: min(count, other.count))
  }
}

/// Owns the buffers of one search and frees them together.
final class Arena {
  private var blocks: [UnsafeMutableRawPointer] = []

  /// A buffer of `count` equal elements.
  func buffer<Element: BitwiseCopyable>(_ count: Int, _ value: Element) -> FixedBuffer<Element> {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
    base.initialize(repeating: value, count: max(1, count))
    blocks.append(UnsafeMutableRawPointer(base))
    return FixedBuffer(base: base, count: count)
  }

  /// A buffer with the elements of an array.
  func buffer<Element: BitwiseCopyable>(_ elements: [Element]) -> FixedBuffer<Element> {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    for (index, element) in elements.enumerated() {
      (base + index).initialize(to: element)
    }
    blocks.append(UnsafeMutableRawPointer(base))
    return FixedBuffer(base: base, count: elements.count)
  }

  deinit { for block in blocks { block.deallocate() } }
}
