#!/usr/bin/env python3
"""Tests/Lab/check_drift.py DIR: twelve changes by hand are twelve entries, with the kernel's values."""
import json
import os
import sys

directory = sys.argv[1]


def read(name):
    with open(os.path.join(directory, name)) as file:
        return file.read()


problems = []
for name, code in {"save": "0", "untouched": "0", "drift": "1", "text": "1", "restored": "0"}.items():
    if read(name + ".code").strip() != code:
        problems.append(f"{name}: exit code {read(name + '.code').strip()}, wanted {code}")
for name in ("untouched", "restored"):
    if read(name + ".out"):
        problems.append(f"{name} is not silent: {read(name + '.out')}")
if os.path.exists(os.path.join(directory, "refused")):
    problems.append(read("refused"))

entries = json.loads(read("drift.out"))["drifted"]
wanted = {}
for line in read("changed").splitlines():
    name, was, now = line.split()
    wanted[name] = (was, now)
if len(entries) != len(wanted) + 2:
    problems.append(f"{len(entries)} entries for {len(wanted) + 2} changes")
text = json.dumps(entries)
for name, (was, now) in wanted.items():
    if not any((entry["was"], entry["is"]) == (was, now) for entry in entries):
        problems.append(f"{name}: no entry says it was {was} and is {now}")
for thing in ("/etc/sysctl.d/70-site.conf", "br9"):
    if thing not in text:
        problems.append(f"{thing} is not named")
if problems:
    print("\n".join(problems), file=sys.stderr)
    print(read("text.out"), file=sys.stderr)
    sys.exit(1)
