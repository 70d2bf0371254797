#!/usr/bin/env python3
"""Benchmarks/placement.py [--write] [--curve] [--time-limit MS] [INSTANCE...]

Places every instance and prints cost, bound, the gap to the reference's best, CPU time and memory.
Solutions are judged by the independent checker beside the instances. --curve adds the cost after 25,
50, 100, 250 and 500 ms. --write puts the table into docs/placement.md. Ends with 1 where a solution
is invalid, worse than a baseline, more than 1 % above the reference, or takes 64 MiB.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.realpath(__file__))
fixtures = os.path.join(here, "../Tests/Fixtures/placement")
program = os.environ.get("TUNED_VM", os.path.join(here, "../.build/release/tuned-vm"))
sys.path.insert(0, fixtures)
sys.dont_write_bytecode = True
import check  # noqa: E402

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--time-limit", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reference", default=os.path.join(fixtures, "reference.json"))
    parser.add_argument("instances", nargs="*")
    args = parser.parse_args()
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
        instance = check.load(path)
        name = instance["name"]
        try:
            cost, _ = check.evaluate(instance, answer)
        except check.Invalid as error:
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
