// Generated from docs/schema/*.json by scripts/shipped-schemas. Edit those, then run it again.

/// The schemas of all JSON outputs.
public enum ShippedSchemas {
  /// Name and text of each schema, by name.
  public static let all: [(name: String, text: String)] = [
    (
      "apply",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/apply.json",
        "title": "tuned-vm apply --format json",
        "type": "object",
        "required": [
          "schema",
          "id",
          "state",
          "made",
          "partial",
          "skipped",
          "notMade",
          "conflicts",
          "advice",
          "left"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/apply/v1"
          },
          "id": {
            "type": [
              "string",
              "null"
            ]
          },
          "state": {
            "enum": [
              "done",
              "rolled-back",
              "nothing"
            ]
          },
          "why": {
            "type": [
              "string",
              "null"
            ]
          },
          "profile": {
            "type": "string"
          },
          "made": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/change"
            }
          },
          "partial": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "change",
                "note"
              ],
              "properties": {
                "change": {
                  "$ref": "#/$defs/change"
                },
                "note": {
                  "type": "string"
                }
              }
            }
          },
          "skipped": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "change",
                "why"
              ],
              "properties": {
                "change": {
                  "$ref": "#/$defs/change"
                },
                "why": {
                  "type": "string"
                }
              }
            }
          },
          "notMade": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "rule",
                "target",
                "cause",
                "reason",
                "askedFor"
              ]
            }
          },
          "conflicts": {
            "type": "array"
          },
          "advice": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/change"
            }
          },
          "left": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "target",
                "was",
                "is",
                "why"
              ],
              "properties": {
                "target": {
                  "type": "string"
                },
                "was": {
                  "type": "string"
                },
                "is": {
                  "type": "string"
                },
                "why": {
                  "type": "string"
                }
              }
            }
          },
          "notices": {
            "type": "array",
            "items": {
              "type": "string"
            }
          }
        },
        "$defs": {
          "change": {
            "type": "object",
            "required": [
              "id",
              "rule",
              "class",
              "kind",
              "target",
              "before",
              "after"
            ],
            "properties": {
              "id": {
                "type": "string"
              },
              "rule": {
                "type": "string"
              },
              "class": {
                "enum": [
                  "live",
                  "next-guest-start",
                  "next-host-boot",
                  "firmware",
                  "advisory"
                ]
              },
              "kind": {
                "enum": [
                  "write",
                  "persist",
                  "domain-xml",
                  "hugepages",
                  "advice"
                ]
              },
              "target": {
                "type": "string"
              },
              "before": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "after": {
                "type": [
                  "string",
                  "null"
                ]
              }
            }
          }
        }
      }

      """#
    ),
    (
      "audit",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/audit.json",
        "title": "tuned-vm audit --format json",
        "type": "object",
        "required": [
          "schema",
          "tool",
          "generatedAt",
          "host",
          "profile",
          "summary",
          "findings",
          "verdicts"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/audit/v1"
          },
          "tool": {
            "type": "object",
            "required": [
              "name",
              "version"
            ],
            "properties": {
              "name": {
                "const": "tuned-vm"
              },
              "version": {
                "type": "string"
              }
            }
          },
          "generatedAt": {
            "$ref": "#/$defs/time"
          },
          "host": {
            "$ref": "#/$defs/host"
          },
          "profile": {
            "type": "string"
          },
          "summary": {
            "type": "object",
            "required": [
              "critical",
              "warning",
              "info",
              "satisfied",
              "notApplicable",
              "unknown",
              "waived",
              "score"
            ],
            "properties": {
              "critical": {
                "type": "integer",
                "minimum": 0
              },
              "warning": {
                "type": "integer",
                "minimum": 0
              },
              "info": {
                "type": "integer",
                "minimum": 0
              },
              "satisfied": {
                "type": "integer",
                "minimum": 0
              },
              "notApplicable": {
                "type": "integer",
                "minimum": 0
              },
              "unknown": {
                "type": "integer",
                "minimum": 0
              },
              "waived": {
                "type": "integer",
                "minimum": 0
              },
              "score": {
                "type": "integer",
                "minimum": 0,
                "maximum": 100
              }
            }
          },
          "findings": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "rule",
                "severity",
                "verdict",
                "subject",
                "message",
                "evidence",
                "remedy",
                "references",
                "cause",
                "waiver",
                "fingerprint"
              ],
              "properties": {
                "rule": {
                  "type": "string"
                },
                "severity": {
                  "enum": [
                    "info",
                    "warning",
                    "critical"
                  ]
                },
                "verdict": {
                  "const": "violated"
                },
                "subject": {
                  "$ref": "#/$defs/subject"
                },
                "message": {
                  "type": "string"
                },
                "evidence": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "source",
                      "observed",
                      "expected"
                    ],
                    "properties": {
                      "source": {
                        "type": "string"
                      },
                      "observed": {
                        "type": [
                          "string",
                          "null"
                        ]
                      },
                      "expected": {
                        "type": [
                          "string",
                          "null"
                        ]
                      }
                    }
                  }
                },
                "remedy": {
                  "type": "object",
                  "required": [
                    "class",
                    "summary",
                    "persistence",
                    "change"
                  ],
                  "properties": {
                    "class": {
                      "enum": [
                        "live",
                        "next-guest-start",
                        "next-host-boot",
                        "firmware",
                        "advisory"
                      ]
                    },
                    "summary": {
                      "type": "string"
                    },
                    "persistence": {
                      "type": [
                        "string",
                        "null"
                      ]
                    },
                    "change": {
                      "oneOf": [
                        {
                          "type": "null"
                        },
                        {
                          "type": "object",
                          "required": [
                            "steps"
                          ],
                          "properties": {
                            "steps": {
                              "type": "array",
                              "items": {
                                "type": "object",
                                "required": [
                                  "kind"
                                ],
                                "properties": {
                                  "kind": {
                                    "enum": [
                                      "write",
                                      "persist",
                                      "domain-xml",
                                      "hugepages"
                                    ]
                                  }
                                }
                              },
                              "minItems": 1
                            }
                          }
                        }
                      ]
                    },
                    "risk": {
                      "type": [
                        "string",
                        "null"
                      ]
                    }
                  }
                },
                "references": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "cause": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "waiver": {
                  "oneOf": [
                    {
                      "type": "null"
                    },
                    {
                      "type": "object",
                      "required": [
                        "reason",
                        "until"
                      ],
                      "properties": {
                        "reason": {
                          "type": "string"
                        },
                        "until": {
                          "type": [
                            "string",
                            "null"
                          ]
                        }
                      }
                    }
                  ]
                },
                "fingerprint": {
                  "$ref": "#/$defs/fingerprint"
                }
              }
            }
          },
          "verdicts": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "rule",
                "subject",
                "verdict",
                "reason"
              ],
              "properties": {
                "rule": {
                  "type": "string"
                },
                "subject": {
                  "$ref": "#/$defs/subject"
                },
                "verdict": {
                  "enum": [
                    "satisfied",
                    "violated",
                    "notApplicable",
                    "unknown"
                  ]
                },
                "reason": {
                  "type": [
                    "string",
                    "null"
                  ]
                }
              }
            }
          }
        },
        "$defs": {
          "time": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
          },
          "host": {
            "type": "object",
            "required": [
              "name",
              "id",
              "kernel",
              "cpuModel",
              "virtualized"
            ],
            "properties": {
              "name": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "id": {
                "type": [
                  "string",
                  "null"
                ],
                "pattern": "^[0-9a-f]{32}$"
              },
              "kernel": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "cpuModel": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "virtualized": {
                "type": [
                  "boolean",
                  "null"
                ]
              }
            }
          },
          "subject": {
            "type": "object",
            "required": [
              "kind",
              "name"
            ],
            "properties": {
              "kind": {
                "enum": [
                  "host",
                  "cpu",
                  "numa-node",
                  "block-device",
                  "net-interface",
                  "pci-device",
                  "domain",
                  "domain-disk",
                  "domain-interface",
                  "domain-device"
                ]
              },
              "name": {
                "type": "string"
              }
            }
          },
          "fingerprint": {
            "type": "string",
            "pattern": "^[0-9a-f]{16}$"
          }
        }
      }

      """#
    ),
    (
      "drift",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/drift.json",
        "title": "tuned-vm drift --format json",
        "type": "object",
        "required": [
          "schema",
          "host",
          "generatedAt",
          "profile",
          "baseline",
          "since",
          "drifted",
          "resolved"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/drift/v1"
          },
          "host": {
            "$ref": "#/$defs/host"
          },
          "generatedAt": {
            "$ref": "#/$defs/time"
          },
          "profile": {
            "type": "string"
          },
          "baseline": {
            "type": "string"
          },
          "since": {
            "$ref": "#/$defs/time"
          },
          "drifted": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/entry"
            }
          },
          "resolved": {
            "type": "array",
            "items": {
              "$ref": "#/$defs/entry"
            }
          }
        },
        "$defs": {
          "time": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
          },
          "host": {
            "type": "object",
            "required": [
              "name",
              "id",
              "kernel",
              "cpuModel",
              "virtualized"
            ],
            "properties": {
              "name": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "id": {
                "type": [
                  "string",
                  "null"
                ],
                "pattern": "^[0-9a-f]{32}$"
              },
              "kernel": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "cpuModel": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "virtualized": {
                "type": [
                  "boolean",
                  "null"
                ]
              }
            }
          },
          "subject": {
            "type": "object",
            "required": [
              "kind",
              "name"
            ],
            "properties": {
              "kind": {
                "enum": [
                  "host",
                  "cpu",
                  "numa-node",
                  "block-device",
                  "net-interface",
                  "pci-device",
                  "domain",
                  "domain-disk",
                  "domain-interface",
                  "domain-device"
                ]
              },
              "name": {
                "type": "string"
              }
            }
          },
          "fingerprint": {
            "type": "string",
            "pattern": "^[0-9a-f]{16}$"
          },
          "entry": {
            "type": "object",
            "required": [
              "rule",
              "subject",
              "was",
              "is",
              "severity",
              "fingerprint"
            ],
            "properties": {
              "rule": {
                "type": "string"
              },
              "subject": {
                "$ref": "#/$defs/subject"
              },
              "was": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "is": {
                "type": [
                  "string",
                  "null"
                ]
              },
              "severity": {
                "enum": [
                  "info",
                  "warning",
                  "critical"
                ]
              },
              "fingerprint": {
                "$ref": "#/$defs/fingerprint"
              }
            }
          }
        }
      }

      """#
    ),
    (
      "fleet",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/fleet.json",
        "title": "tuned-vm fleet report --format json",
        "type": "object",
        "required": [
          "schema",
          "generatedAt",
          "counts",
          "worstHosts",
          "rules",
          "quarantine"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/fleet/v1"
          },
          "generatedAt": {
            "$ref": "#/$defs/time"
          },
          "counts": {
            "type": "object",
            "required": [
              "hosts",
              "reports",
              "quarantined"
            ],
            "properties": {
              "hosts": {
                "type": "integer",
                "minimum": 0
              },
              "reports": {
                "type": "integer",
                "minimum": 0
              },
              "quarantined": {
                "type": "integer",
                "minimum": 0
              }
            }
          },
          "worstHosts": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "host",
                "id",
                "score"
              ],
              "properties": {
                "host": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "id": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "score": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                }
              }
            }
          },
          "rules": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "rule",
                "hosts",
                "findings"
              ],
              "properties": {
                "rule": {
                  "type": "string"
                },
                "hosts": {
                  "type": "integer",
                  "minimum": 0
                },
                "findings": {
                  "type": "integer",
                  "minimum": 0
                }
              }
            }
          },
          "quarantine": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "path",
                "reason"
              ],
              "properties": {
                "path": {
                  "type": "string"
                },
                "reason": {
                  "type": "string"
                }
              }
            }
          },
          "fallen": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "host",
                "id",
                "score",
                "was",
                "since"
              ],
              "properties": {
                "host": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "id": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "score": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                },
                "was": {
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "since": {
                  "type": [
                    "string",
                    "null"
                  ]
                }
              }
            }
          },
          "changes": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "rule",
                "violated",
                "satisfied"
              ],
              "properties": {
                "rule": {
                  "type": "string"
                },
                "violated": {
                  "type": "integer",
                  "minimum": 0
                },
                "satisfied": {
                  "type": "integer",
                  "minimum": 0
                }
              }
            }
          },
          "drifted": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "host",
                "id",
                "entries",
                "rules"
              ],
              "properties": {
                "host": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "id": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "entries": {
                  "type": "integer",
                  "minimum": 0
                },
                "rules": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                }
              }
            }
          },
          "outliers": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "host",
                "id",
                "score",
                "median",
                "likeHosts",
                "apart"
              ],
              "properties": {
                "host": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "id": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "score": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                },
                "median": {
                  "type": "integer",
                  "minimum": 0
                },
                "likeHosts": {
                  "type": "integer",
                  "minimum": 0
                },
                "apart": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                }
              }
            }
          },
          "trend": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "day",
                "score",
                "hosts",
                "critical"
              ],
              "properties": {
                "day": {
                  "type": "string"
                },
                "score": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                },
                "hosts": {
                  "type": "integer",
                  "minimum": 0
                },
                "critical": {
                  "type": "integer",
                  "minimum": 0
                }
              }
            }
          }
        },
        "$defs": {
          "time": {
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
          }
        }
      }

      """#
    ),
    (
      "history",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/history.json",
        "title": "tuned-vm history --format json",
        "type": "object",
        "required": [
          "schema",
          "transactions"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/history/v1"
          },
          "transactions": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id"
              ],
              "properties": {
                "id": {
                  "type": "string"
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "place",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/place.json",
        "title": "tuned-vm place --format json",
        "type": "object",
        "required": [
          "instance",
          "placements"
        ],
        "properties": {
          "instance": {
            "type": "string"
          },
          "placements": {
            "type": "object",
            "additionalProperties": {
              "oneOf": [
                {
                  "type": "null"
                },
                {
                  "type": "object",
                  "required": [
                    "cells"
                  ],
                  "properties": {
                    "cells": {
                      "type": "array",
                      "items": {
                        "type": "object",
                        "required": [
                          "node",
                          "memory_node"
                        ],
                        "properties": {
                          "node": {
                            "type": "integer",
                            "minimum": 0
                          },
                          "memory_node": {
                            "type": "integer",
                            "minimum": 0
                          },
                          "vcpu_pus": {
                            "type": "array",
                            "items": {
                              "type": "integer",
                              "minimum": 0
                            }
                          }
                        }
                      },
                      "minItems": 1
                    },
                    "emulator_pu": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    },
                    "iothread_pus": {
                      "type": [
                        "array",
                        "null"
                      ],
                      "items": {
                        "type": "integer",
                        "minimum": 0
                      }
                    }
                  }
                }
              ]
            }
          }
        }
      }

      """#
    ),
    (
      "plan",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/plan.json",
        "title": "tuned-vm plan --format json",
        "type": "object",
        "required": [
          "schema",
          "profile",
          "factsDigest",
          "changes",
          "conflicts"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/plan/v1"
          },
          "profile": {
            "type": "string"
          },
          "factsDigest": {
            "type": "string"
          },
          "changes": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "rule",
                "subject",
                "class",
                "kind",
                "target",
                "before",
                "after",
                "diff",
                "risk"
              ],
              "properties": {
                "id": {
                  "type": "string"
                },
                "rule": {
                  "type": "string"
                },
                "subject": {
                  "$ref": "#/$defs/subject"
                },
                "class": {
                  "enum": [
                    "live",
                    "next-guest-start",
                    "next-host-boot",
                    "firmware",
                    "advisory"
                  ]
                },
                "kind": {
                  "enum": [
                    "write",
                    "persist",
                    "domain-xml",
                    "hugepages",
                    "advice"
                  ]
                },
                "target": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "before": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "after": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "diff": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "risk": {
                  "type": [
                    "string",
                    "null"
                  ]
                }
              }
            }
          },
          "conflicts": {
            "type": "array"
          }
        },
        "$defs": {
          "subject": {
            "type": "object",
            "required": [
              "kind",
              "name"
            ],
            "properties": {
              "kind": {
                "enum": [
                  "host",
                  "cpu",
                  "numa-node",
                  "block-device",
                  "net-interface",
                  "pci-device",
                  "domain",
                  "domain-disk",
                  "domain-interface",
                  "domain-device"
                ]
              },
              "name": {
                "type": "string"
              }
            }
          }
        }
      }

      """#
    ),
    (
      "profile",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/profile.json",
        "title": "tuned-vm profiles show --format json",
        "type": "object",
        "required": [
          "schema",
          "name",
          "about",
          "family",
          "lineage",
          "settings",
          "rules",
          "parameters",
          "checks"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/profile/v1"
          },
          "name": {
            "type": "string"
          },
          "about": {
            "type": "string"
          },
          "family": {
            "enum": [
              "general",
              "db",
              "latency",
              "throughput",
              "hpc",
              "network",
              "desktop",
              "migratable",
              "secure"
            ]
          },
          "lineage": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "settings": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "knob",
                "selector",
                "value",
                "rule",
                "from"
              ],
              "properties": {
                "knob": {
                  "type": "string"
                },
                "selector": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "value": {
                  "type": [
                    "string",
                    "integer",
                    "number",
                    "boolean"
                  ]
                },
                "rule": {
                  "type": "string"
                },
                "from": {
                  "type": "string"
                }
              }
            }
          },
          "rules": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "rule",
                "severity"
              ],
              "properties": {
                "rule": {
                  "type": "string"
                },
                "severity": {
                  "enum": [
                    "off",
                    "info",
                    "warning",
                    "critical"
                  ]
                }
              }
            }
          },
          "parameters": {
            "type": "object",
            "additionalProperties": {
              "type": "object",
              "additionalProperties": {
                "type": [
                  "string",
                  "integer",
                  "number",
                  "boolean"
                ]
              }
            }
          },
          "checks": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "read",
                "severity"
              ],
              "properties": {
                "id": {
                  "type": "string"
                },
                "read": {
                  "type": "string"
                },
                "equals": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "contains": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "lines": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "required": [
                    "min",
                    "max"
                  ],
                  "properties": {
                    "min": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    },
                    "max": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    }
                  }
                },
                "value": {
                  "type": [
                    "object",
                    "null"
                  ],
                  "required": [
                    "min",
                    "max"
                  ],
                  "properties": {
                    "min": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    },
                    "max": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    }
                  }
                },
                "severity": {
                  "enum": [
                    "off",
                    "info",
                    "warning",
                    "critical"
                  ]
                },
                "why": {
                  "type": "string"
                },
                "fix": {
                  "type": "string"
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "profiles",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/profiles.json",
        "title": "tuned-vm profiles --format json",
        "type": "object",
        "required": [
          "schema",
          "profiles"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/profiles/v1"
          },
          "profiles": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "name",
                "about",
                "family",
                "inherits"
              ],
              "properties": {
                "name": {
                  "type": "string"
                },
                "about": {
                  "type": "string"
                },
                "family": {
                  "enum": [
                    "general",
                    "db",
                    "latency",
                    "throughput",
                    "hpc",
                    "network",
                    "desktop",
                    "migratable",
                    "secure"
                  ]
                },
                "inherits": {
                  "type": [
                    "string",
                    "null"
                  ]
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "recover",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/recover.json",
        "title": "tuned-vm recover --format json",
        "type": "object",
        "required": [
          "schema",
          "transactions"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/recover/v1"
          },
          "transactions": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "undone",
                "left"
              ],
              "properties": {
                "id": {
                  "type": "string"
                },
                "undone": {
                  "type": "integer",
                  "minimum": 0
                },
                "left": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "target",
                      "was",
                      "is",
                      "why"
                    ],
                    "properties": {
                      "target": {
                        "type": "string"
                      },
                      "was": {
                        "type": "string"
                      },
                      "is": {
                        "type": "string"
                      },
                      "why": {
                        "type": "string"
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "rollback",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/rollback.json",
        "title": "tuned-vm rollback --format json",
        "type": "object",
        "required": [
          "schema",
          "transactions"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/rollback/v1"
          },
          "transactions": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "undone",
                "left"
              ],
              "properties": {
                "id": {
                  "type": "string"
                },
                "undone": {
                  "type": "integer",
                  "minimum": 0
                },
                "left": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "target",
                      "was",
                      "is",
                      "why"
                    ],
                    "properties": {
                      "target": {
                        "type": "string"
                      },
                      "was": {
                        "type": "string"
                      },
                      "is": {
                        "type": "string"
                      },
                      "why": {
                        "type": "string"
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "rules",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/rules.json",
        "title": "tuned-vm rules --format json",
        "type": "object",
        "required": [
          "schema",
          "rules"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/rules/v1"
          },
          "rules": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "title",
                "severity",
                "severityByProfile",
                "rationale",
                "cost",
                "notWhen",
                "sources",
                "examples"
              ],
              "properties": {
                "id": {
                  "type": "string"
                },
                "title": {
                  "type": "string"
                },
                "severity": {
                  "enum": [
                    "off",
                    "info",
                    "warning",
                    "critical"
                  ]
                },
                "severityByProfile": {
                  "type": "object",
                  "additionalProperties": {
                    "enum": [
                      "off",
                      "info",
                      "warning",
                      "critical"
                    ]
                  }
                },
                "rationale": {
                  "type": "string"
                },
                "cost": {
                  "type": "string"
                },
                "notWhen": {
                  "type": "string"
                },
                "sources": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "examples": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "title",
                      "outcome"
                    ],
                    "properties": {
                      "title": {
                        "type": "string"
                      },
                      "outcome": {
                        "enum": [
                          "satisfied",
                          "violated",
                          "not applicable",
                          "unknown",
                          "silent"
                        ]
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }

      """#
    ),
    (
      "topology",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/topology.json",
        "title": "tuned-vm topology --format json",
        "type": "object",
        "required": [
          "schema",
          "counts",
          "numaNodes",
          "l3Groups",
          "cores",
          "onlineCpus",
          "allowedCpus",
          "isolatedCpus",
          "devices"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/topology/v1"
          },
          "counts": {
            "type": "object",
            "required": [
              "packages",
              "numaNodes",
              "l3Groups",
              "cores",
              "pus"
            ],
            "properties": {
              "packages": {
                "type": "integer",
                "minimum": 0
              },
              "numaNodes": {
                "type": "integer",
                "minimum": 0
              },
              "l3Groups": {
                "type": "integer",
                "minimum": 0
              },
              "cores": {
                "type": "integer",
                "minimum": 0
              },
              "pus": {
                "type": "integer",
                "minimum": 0
              }
            }
          },
          "numaNodes": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "memoryMiB",
                "cpus",
                "distances",
                "hugepages"
              ],
              "properties": {
                "id": {
                  "type": "integer",
                  "minimum": 0
                },
                "memoryMiB": {
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "cpus": {
                  "$ref": "#/$defs/list"
                },
                "distances": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "integer",
                    "minimum": 0
                  },
                  "propertyNames": {
                    "pattern": "^[0-9]+$"
                  }
                },
                "hugepages": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "pageSizeKiB",
                      "total",
                      "free"
                    ],
                    "properties": {
                      "pageSizeKiB": {
                        "type": "integer",
                        "minimum": 0
                      },
                      "total": {
                        "type": [
                          "integer",
                          "null"
                        ]
                      },
                      "free": {
                        "type": [
                          "integer",
                          "null"
                        ]
                      }
                    }
                  }
                }
              }
            }
          },
          "l3Groups": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "cpus",
                "sizeKiB"
              ],
              "properties": {
                "cpus": {
                  "$ref": "#/$defs/list"
                },
                "sizeKiB": {
                  "type": [
                    "integer",
                    "null"
                  ]
                }
              }
            }
          },
          "cores": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "package",
                "cpus",
                "kind"
              ],
              "properties": {
                "package": {
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "cpus": {
                  "$ref": "#/$defs/list"
                },
                "kind": {
                  "type": [
                    "string",
                    "null"
                  ]
                }
              }
            }
          },
          "onlineCpus": {
            "anyOf": [
              {
                "$ref": "#/$defs/list"
              },
              {
                "type": "null"
              }
            ]
          },
          "allowedCpus": {
            "anyOf": [
              {
                "$ref": "#/$defs/list"
              },
              {
                "type": "null"
              }
            ]
          },
          "isolatedCpus": {
            "anyOf": [
              {
                "$ref": "#/$defs/list"
              },
              {
                "type": "null"
              }
            ]
          },
          "devices": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "kind",
                "name",
                "pci",
                "numaNode"
              ],
              "properties": {
                "kind": {
                  "type": "string"
                },
                "name": {
                  "type": "string"
                },
                "pci": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "numaNode": {
                  "type": [
                    "integer",
                    "null"
                  ]
                }
              }
            }
          }
        },
        "$defs": {
          "list": {
            "type": "string",
            "pattern": "^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$"
          }
        }
      }

      """#
    ),
    (
      "trial",
      #"""
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuned-vm.org/schema/trial.json",
        "title": "tuned-vm trial --format json",
        "type": "object",
        "required": [
          "schema",
          "tool",
          "startedAt",
          "profile",
          "workload",
          "pairs",
          "ending",
          "cutShort",
          "metrics",
          "changes",
          "leftOut",
          "remarks"
        ],
        "properties": {
          "schema": {
            "const": "tuned-vm/trial/v1"
          },
          "startedAt": {
            "type": "string"
          },
          "profile": {
            "type": "string"
          },
          "workload": {
            "type": "string"
          },
          "pairs": {
            "type": "integer",
            "minimum": 0
          },
          "ending": {
            "enum": [
              "rolled-back",
              "kept",
              "placebo"
            ]
          },
          "cutShort": {
            "type": [
              "string",
              "null"
            ]
          },
          "metrics": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "name",
                "unit",
                "better",
                "statement",
                "before",
                "after",
                "changePercent",
                "lowPercent",
                "highPercent",
                "confidencePercent",
                "pValue",
                "morePairs",
                "samples"
              ],
              "properties": {
                "name": {
                  "type": "string"
                },
                "unit": {
                  "type": "string"
                },
                "better": {
                  "enum": [
                    "lower",
                    "higher"
                  ]
                },
                "statement": {
                  "enum": [
                    "better",
                    "worse",
                    "same",
                    "undecided"
                  ]
                },
                "before": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "after": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "changePercent": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "lowPercent": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "highPercent": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "confidencePercent": {
                  "type": "integer"
                },
                "pValue": {
                  "type": [
                    "number",
                    "null"
                  ]
                },
                "morePairs": {
                  "type": [
                    "integer",
                    "null"
                  ]
                },
                "samples": {
                  "type": "array",
                  "items": {
                    "type": "object",
                    "required": [
                      "before",
                      "after",
                      "beforeFirst"
                    ],
                    "properties": {
                      "before": {
                        "type": "number"
                      },
                      "after": {
                        "type": "number"
                      },
                      "beforeFirst": {
                        "type": "boolean"
                      }
                    }
                  }
                }
              }
            }
          },
          "changes": {
            "type": "array",
            "items": {
              "type": "object",
              "required": [
                "id",
                "rule",
                "target",
                "before",
                "after"
              ]
            }
          },
          "leftOut": {
            "type": "array",
            "items": {
              "type": "string"
            }
          },
          "remarks": {
            "type": "array",
            "items": {
              "type": "string"
            }
          }
        }
      }

      """#
    ),
  ]
}
