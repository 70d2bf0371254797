// A small layout for drawings: boxes that know their size are set in rows.

/// A piece of an SVG drawing with its size, in units of the drawing.
struct MapBox {
  var width: Int
  var height: Int
  /// SVG whose origin is the box's upper left corner.
  var svg: String

  init(_ width: Int, _ height: Int, _ svg: String) {
    self.width = width
    self.height = height
    self.svg = svg
  }

  func moved(_ x: Int, _ y: Int) -> String {
    svg.isEmpty ? "" : "<g transform=\"translate(\(x) \(y))\">\(svg)</g>"
  }

  /// Boxes side by side, in as many rows as the width needs.
  static func flow(_ boxes: [MapBox], within limit: Int, gap: Int) -> MapBox {
    var (x, y, rowHeight, width) = (0, 0, 0, 0)
    var svg = ""
    for box in boxes {
      if x > 0, x + box.width > limit {
        y += rowHeight + gap
        (x, rowHeight) = (0, 0)
      }
      svg += box.moved(x, y)
      width = max(width, x + box.width)
      x += box.width + gap
      rowHeight = max(rowHeight, box.height)
    }
    return MapBox(width, boxes.isEmpty ? 0 : y + rowHeight, svg)
  }

  /// Boxes below each other; empty ones take no room.
  static func stack(_ boxes: [MapBox], gap: Int) -> MapBox {
    var (y, width) = (0, 0)
    var svg = ""
    for box in boxes where box.height > 0 {
      if y > 0 { y += gap }
      svg += box.moved(0, y)
      y += box.height
      width = max(width, box.width)
    }
    return MapBox(width, y, svg)
  }

  /// A rectangle of a class around the box.
  func framed(_ style: String, padding: Int, radius: Int, minWidth: Int = 0) -> MapBox {
    let w = max(width + 2 * padding, minWidth)
    let h = height + 2 * padding
    return MapBox(
      w, h,
      "<rect class=\"\(style)\" width=\"\(w)\" height=\"\(h)\" rx=\"\(radius)\"/>"
        + moved(padding, padding))
  }

  /// One line of text; `text` is escaped here.
  static func label(_ text: String, _ style: String = "") -> MapBox {
    let attribute = style.isEmpty ? "" : " class=\"\(style)\""
    return MapBox(
      columns(text) * 6 + 6, 15, "<text\(attribute) x=\"1\" y=\"11\">\(HTML.text(text))</text>")
  }

  /// A small frame around a text.
  static func chip(_ text: String) -> MapBox {
    let width = columns(text) * 6 + 14
    return MapBox(
      width, 18,
      "<rect class=\"chip\" width=\"\(width)\" height=\"18\" rx=\"9\"/>"
        + "<text x=\"7\" y=\"13\">\(HTML.text(text))</text>")
  }

  private static func columns(_ text: String) -> Int { Columns.width(Safe.text(text)) }
}
