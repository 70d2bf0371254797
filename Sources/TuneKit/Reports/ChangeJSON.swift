// What a remedy would change, as data: enough for a script to see it, nothing to carry out.

/// Renders changes as symbolic objects.
enum ChangeJSON {
  /// `{"steps":[…]}`, or null where nothing would be changed.
  static func value(_ changes: [Change]) -> JSONValue {
    changes.isEmpty ? .null : ["steps": .array(changes.map(step))]
  }

  private static func step(_ change: Change) -> JSONValue {
    switch change {
    case .knob(let path, let value):
      ["kind": "write", "path": .string(path), "value": .string(value)]
    case .hugePages(let node, let pageSizeKiB, let count):
      [
        "kind": "hugepages", "node": .integer(node), "pageSizeKiB": .integer(pageSizeKiB),
        "count": .integer(count),
      ]
    case .persist(let persistence): persist(persistence)
    case .domain(let change):
      [
        "kind": "domain-xml", "domain": .string(change.domain),
        "edits": .array(change.edits.map(edit)),
      ]
    }
  }

  private static func persist(_ persistence: Persistence) -> JSONValue {
    switch persistence {
    case .sysctl(let key, let value):
      ["kind": "persist", "by": "sysctl", "key": .string(key), "value": .string(value)]
    case .tmpfile(let path, let value):
      ["kind": "persist", "by": "tmpfiles", "path": .string(path), "value": .string(value)]
    case .udev(let rule): ["kind": "persist", "by": "udev", "rule": .string(rule)]
    case .modprobe(let module, let option, let value):
      [
        "kind": "persist", "by": "modprobe", "module": .string(module), "option": .string(option),
        "value": .string(value),
      ]
    case .modulesLoad(let module):
      ["kind": "persist", "by": "modules-load", "module": .string(module)]
    case .kernelArgument(let key, let value):
      [
        "kind": "persist", "by": "kernel-argument", "key": .string(key),
        "value": .optional(value),
      ]
    }
  }

  private static func edit(_ edit: XMLEdit) -> JSONValue {
    switch edit {
    case .setAttribute(let path, let name, let value):
      [
        "edit": "set-attribute", "path": .string(path.description), "name": .string(name),
        "value": .string(value),
      ]
    case .removeAttribute(let path, let name):
      [
        "edit": "remove-attribute", "path": .string(path.description), "name": .string(name),
      ]
    case .setText(let path, let text):
      ["edit": "set-text", "path": .string(path.description), "value": .string(text)]
    case .ensure(let path): ["edit": "ensure", "path": .string(path.description)]
    case .remove(let path): ["edit": "remove", "path": .string(path.description)]
    }
  }
}
