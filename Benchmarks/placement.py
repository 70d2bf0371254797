#!/usr/bin/env python3
"""Benchmarks/placement.py [--write] [--curve] [--time-limit MS] [--random N] [INSTANCE...]

Places every instance and prints cost, bound, the gap to the reference's best, CPU time and memory.
Solutions are judged by the independent checker beside the instances. --curve adds the cost after 25,
50, 100, 250 and 500 ms. --write puts the table into docs/placement.md. --random makes N small hosts with
guests of all kinds instead. Ends with 1 where a solution is invalid, worse than a baseline, more than
1 % above the reference, or takes 64 MiB.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.realpath(__file__))
fixtures = os.path.join(here, "../Tests/Fixtures/placement")
program = os.environ.get("TUNED_VM", os.path.join(here, "../.build/release/tuned-vm"))
sys.path.insert(0, fixtures)
sys.dont_write_bytecode = True
import judge  # noqa: E402

CURVE = (25, 50, 100, 250, 500)


def place(path, *options):
    """(answer, CPU seconds, peak MiB) of one run."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([program, "place", path, "--format", "json", *options],
                                   stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{path}: the program ended with {process.returncode}")
        out.seek(0)
        return json.load(out), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def random_instance(chance, name):
    """A small host that may have anything the format allows, and guests that may not all fit."""
    nodes, cores, next_pu = [], [], 0
    numbers = sorted(chance.sample(range(9), chance.choice((1, 1, 2, 2, 3, 4))))
    for node in numbers:
        mine = []
        for _ in range(chance.choice((0, 1, 2, 3, 4, 6)) if nodes else chance.randint(1, 6)):
            width = chance.choice((1, 2, 2))
            mine.append(list(range(next_pu, next_pu + width)))
            next_pu += width
        cores += mine
        nodes.append({"id": node, "memory_mib": chance.choice((0, 8, 32)) * 512,
                      "hugepages": {"2048": chance.choice((0, 1024)), "1048576": chance.choice((0, 4))},
                      "cores": mine})
    pus = [pu for core in cores for pu in core]
    groups = {}
    for core in cores:
        groups.setdefault(chance.randrange(3), []).extend(core)
    size = len(nodes)
    distances = [[10 if a == b else chance.choice((11, 12, 17, 21, 32)) for b in range(size)]
                 for a in range(size)]
    devices = [{"id": f"0000:{at:02x}:00.0", "node": chance.choice(nodes)["id"]} for at in range(3)]
    vms = []
    for number in range(chance.randint(0, 9)):
        dedicated = chance.random() < 0.7
        smt = chance.choice(("prefer", "prefer", "isolate", "require")) if dedicated else "prefer"
        current = None
        if chance.random() < 0.3:
            current = {"cells": [{"node": chance.choice(nodes)["id"], "memory_node": chance.choice(nodes)["id"]}]}
        vms.append({
            "name": f"vm{number}", "vcpus": chance.choice((1, 2, 2, 3, 4, 4, 6)),
            "memory_mib": chance.choice((512, 1024, 2048, 4096)),
            "page_size_kib": chance.choice((4, 4, 2048, 1048576)),
            "policy": "dedicated" if dedicated else "shared", "smt": smt,
            "max_numa_cells": chance.choice((1, 1, 2, 3)),
            "emulator": chance.choice(("share", "share", "isolate")) if dedicated else "share",
            "iothreads": chance.randint(0, 2),
            "iothread_policy": chance.choice(("share", "dedicated")) if dedicated else "share",
            "devices": [device["id"] for device in devices if chance.random() < 0.2],
            "priority": chance.choice((1, 1, 2, 4)), "current": current})
    return {"format": "placement/1", "name": name,
            "host": {"nodes": nodes, "l3_groups": list(groups.values()), "distances": distances,
                     "devices": devices, "reserved_pus": [pu for pu in pus if chance.random() < 0.1],
                     "shared_overcommit_percent": chance.choice((100, 250, 400))},
            "weights": {"unplaced": 2000, "span": 400, "spread": 10, "remote_memory": 2, "device": 10,
                        "l3": 40, "broken_core": 15, "pressure": 60, "move_node": 30, "move_gib": 3},
            "vms": vms}


def try_random(count, seed):
    """Places random instances; every solution must be valid and cost what the program says."""
    worst = 0
    for number in range(count):
        instance = random_instance(random.Random(f"{seed}/{number}"), f"random-{seed}-{number}")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(instance, file)
            file.flush()
            answer, seconds, _ = place(file.name, "--time-limit", "200")
        worst = max(worst, seconds)
        try:
            cost, _ = judge.evaluate(instance, answer)
        except judge.Wrong as error:
            cost = f"invalid: {error}"
        if cost != answer["cost"] or answer["bound"] > answer["cost"]:
            print(f"! {instance['name']}: says {answer['cost']}, bound {answer['bound']}, judge: {cost}")
            return 1
    print(f"{count} random instances: every solution valid, at most {worst:.2f} s CPU")
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--time-limit", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int)
    parser.add_argument("--reference", default=os.path.join(fixtures, "reference.json"))
    parser.add_argument("instances", nargs="*")
    args = parser.parse_args()
    if args.random:
        return try_random(args.random, args.seed)
    folder = os.path.join(fixtures, "instances")
    paths = args.instances or [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    reference = json.load(open(args.reference))
    head = ["instance", "cost", "bound", "best", "gap %", "Nova", "first fit", "CPU s", "MiB"]
    head += [f"{ms} ms" for ms in CURVE] if args.curve else []
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    print("\n".join(lines), flush=True)
    complaints, closed = [], 0
    for path in paths:
        options = ["--seed", str(args.seed)]
        options += ["--time-limit", str(args.time_limit)] if args.time_limit else []
        answer, seconds, memory = place(path, *options)
        with open(path, encoding="utf-8") as text:
            instance = json.load(text)
        name = instance["name"]
        try:
            cost, _ = judge.evaluate(instance, answer)
        except judge.Wrong as error:
            complaints.append(f"{name}: invalid: {error}")
            continue
        known = reference.get(name, {})
        best = known.get("best", cost)
        gap = 100 * (cost - best) / max(best, 1)
        bases = [known[b] for b in ("nova_like", "firstfit") if b in known]
        closed += answer["bound"] == cost
        row = [name, cost, answer["bound"], best, f"{gap:.1f}", known.get("nova_like", "-"),
               known.get("firstfit", "-"), f"{seconds:.2f}", f"{memory:.0f}"]
        if args.curve:
            row += [place(path, "--seed", str(args.seed), "--time-limit", str(ms))[0]["cost"]
                    for ms in CURVE]
        lines.append("| " + " | ".join(map(str, row)) + " |")
        print(lines[-1], flush=True)
        if cost != answer["cost"]:
            complaints.append(f"{name}: says {answer['cost']}, costs {cost}")
        if answer["bound"] > min(best, cost):
            complaints.append(f"{name}: bound {answer['bound']} is above a solution's cost")
        if gap > 1 and not args.time_limit:
            complaints.append(f"{name}: {gap:.1f} % above the reference")
        if bases and cost > min(bases):
            complaints.append(f"{name}: worse than a baseline")
        if memory >= 64:
            complaints.append(f"{name}: {memory:.0f} MiB")
    print(f"bound = cost on {closed} of {len(paths)}")
    for complaint in complaints:
        print("! " + complaint)
    if args.write:
        write(lines)
    return 1 if complaints else 0


def write(lines):
    path = os.path.join(here, "../docs/placement.md")
    text = open(path).read()
    start, end = "<!-- figures -->\n", "<!-- end -->"
    before, rest = text.split(start)
    open(path, "w").write(before + start + "\n".join(lines) + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    sys.exit(main())
