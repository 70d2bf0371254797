#!/usr/bin/env python3
"""judge.py INSTANCE SOLUTION: what a placement costs, or which rule it breaks.

Shares no code with the program: PU by PU, in plain sets, as FORMAT.md words it. Prints
`valid cost=N` (exit 0), `invalid: RULE: why` (1), or `unreadable: why` (2).
"""
import collections
import json
import sys


class Wrong(Exception):
    """The solution breaks a rule of the format."""


def up(amount, unit):
    """Whole units, rounded up."""
    return (amount + unit - 1) // unit


class Machine:
    """Where each PU is and what a node could hold if it were empty."""

    def __init__(self, host):
        self.host = host
        self.row = {node["id"]: at for at, node in enumerate(host["nodes"])}
        self.reserved = set(host["reserved_pus"])
        self.home, self.core = {}, {}
        for node in host["nodes"]:
            for pus in node["cores"]:
                for pu in pus:
                    self.home[pu] = node["id"]
                    self.core[pu] = tuple(pus)
        self.group = {pu: at for at, group in enumerate(host["l3_groups"]) for pu in group}
        self.cores = [tuple(pus) for node in host["nodes"] for pus in node["cores"]]
        self.usable = {node: {pu for pu, home in self.home.items()
                              if home == node and pu not in self.reserved} for node in self.row}
        self.device = {device["id"]: device["node"] for device in host["devices"]}

    def distance(self, a, b):
        return self.host["distances"][self.row[a]][self.row[b]]

    def untouched(self, pu):
        return not self.reserved.intersection(self.core[pu])

    def room(self, node, smt):
        """vCPUs of one policy that each L3 group of the empty node holds."""
        room = collections.Counter()
        for pus in {self.core[pu] for pu in self.usable[node]}:
            free = [pu for pu in pus if pu not in self.reserved]
            if smt == "prefer":
                for pu in free:
                    room[self.group[pu]] += 1
            elif len(free) == len(pus) and (smt == "isolate" or len(pus) == 2):
                room[self.group[pus[0]]] += 1 if smt == "isolate" else 2
        return room

    def fewest_groups(self, node, smt, vcpus):
        held = 0
        for count, size in enumerate(sorted(self.room(node, smt).values(), reverse=True), 1):
            held += size
            if held >= vcpus:
                return count
        return 1

    def fewest_cells(self, vm):
        for cells in range(1, vm["max_numa_cells"] + 1):
            each = vm["vcpus"] // cells
            if not splits(vm, cells) or vm["smt"] == "require" and each % 2:
                continue
            able = [node for node in self.row if sum(self.room(node, vm["smt"]).values()) >= each]
            if len(able) >= cells:
                return cells
        return 1

    def memory(self, node, page):
        entry = self.host["nodes"][self.row[node]]
        if page == 4:
            return entry["memory_mib"]
        return entry.get("hugepages", {}).get(str(page), 0) * page // 1024


def splits(vm, cells):
    return (1 <= cells <= vm["max_numa_cells"] and vm["vcpus"] % cells == 0
            and vm["memory_mib"] % cells == 0
            and vm["memory_mib"] // cells * 1024 % vm["page_size_kib"] == 0)


class Judge:
    """One solution, VM after VM."""

    def __init__(self, instance, solution):
        self.machine = Machine(instance["host"])
        self.weights = instance["weights"]
        self.terms = collections.Counter()
        self.owner = {}      # PU -> VM
        self.idle = {}       # PU -> VM beside whose isolated vCPU it stays empty
        self.alone = set()   # cores of isolated vCPUs
        self.memory = collections.Counter()
        self.floating = collections.Counter()
        self.widest = collections.Counter()
        if solution.get("instance") != instance["name"]:
            raise Wrong("format: the solution is of another instance")
        places = solution.get("placements")
        names = [vm["name"] for vm in instance["vms"]]
        if not isinstance(places, dict) or not set(places) <= set(names):
            raise Wrong("format: placements name other VMs")
        for vm in instance["vms"]:
            place = places.get(vm["name"])
            if place is None:
                size = vm["vcpus"] + up(vm["memory_mib"], 4096)
                self.charge("unplaced", vm["priority"] * size)
            else:
                self.seat(vm, place)
        self.close(instance["host"])

    def charge(self, term, amount):
        self.terms[term] += self.weights[term] * amount

    def own(self, vm, pu, node):
        name = vm["name"]
        if not isinstance(pu, int) or isinstance(pu, bool) or pu not in self.machine.home:
            raise Wrong(f"pu: {name}: {pu!r} is none")
        if pu in self.machine.reserved:
            raise Wrong(f"reserved: {name}: PU {pu}")
        if self.machine.home[pu] != node:
            raise Wrong(f"locality: {name}: PU {pu} is not on node {node}")
        if pu in self.owner:
            raise Wrong(f"exclusive: {name}: PU {pu} belongs to {self.owner[pu]}")
        self.owner[pu] = name

    def seat(self, vm, place):
        machine, name = self.machine, vm["name"]
        cells = place.get("cells")
        if not isinstance(cells, list) or not splits(vm, len(cells)):
            raise Wrong(f"cells: {name} can't be split so")
        nodes = [cell.get("node") for cell in cells]
        if any(node not in machine.row for node in nodes) or len(set(nodes)) < len(nodes):
            raise Wrong(f"cells: {name} is on nodes {nodes}")
        each, mib = vm["vcpus"] // len(cells), vm["memory_mib"] // len(cells)
        there = collections.Counter()
        for cell in cells:
            memory = cell.get("memory_node")
            if memory not in machine.row:
                raise Wrong(f"cells: {name}: no memory node {memory!r}")
            there[memory] += mib
            self.memory[memory, vm["page_size_kib"]] += mib
            far = machine.distance(cell["node"], memory) - machine.distance(cell["node"], cell["node"])
            self.terms["remote_memory"] += up(self.weights["remote_memory"] * mib * max(0, far), 10240)
            self.seat_vcpus(vm, cell, each)
        self.seat_threads(vm, place, nodes[0])
        self.charge("span", len(cells) - machine.fewest_cells(vm))
        for at, node in enumerate(nodes):
            for other in nodes[at + 1:]:
                self.charge("spread", machine.distance(node, other) - 10)
        for device in vm["devices"]:
            nearest = min(machine.distance(node, machine.device[device]) for node in nodes)
            self.charge("device", max(0, nearest - 10))
        if vm.get("current"):
            self.move(vm, nodes, there)

    def seat_vcpus(self, vm, cell, each):
        machine, name, node = self.machine, vm["name"], cell["node"]
        pus = cell.get("vcpu_pus") or []
        if vm["policy"] == "shared":
            if pus:
                raise Wrong(f"format: {name} floats and has PUs")
            self.floating[node] += each
            self.widest[node] = max(self.widest[node], each)
            return
        if len(pus) != each:
            raise Wrong(f"vcpus: {name} has {len(pus)} PUs in a cell of {each} vCPUs")
        for pu in pus:
            self.own(vm, pu, node)
        for pu in pus:
            others = set(machine.core[pu]) - {pu}
            if vm["smt"] == "isolate":
                if not machine.untouched(pu):
                    raise Wrong(f"isolate: {name}: PU {pu} has a reserved sibling")
                self.alone.add(machine.core[pu])
                for other in others:
                    self.idle[other] = name
            if vm["smt"] == "require" and (not others or not others <= set(pus)):
                raise Wrong(f"require: {name}: the core of PU {pu} is not all its own")
        groups = {machine.group[pu] for pu in pus}
        self.charge("l3", len(groups) - machine.fewest_groups(node, vm["smt"], each))

    def seat_threads(self, vm, place, node):
        dedicated = vm["policy"] == "dedicated"
        emulator, threads = place.get("emulator_pu"), place.get("iothread_pus") or []
        if (emulator is not None) != (dedicated and vm["emulator"] == "isolate"):
            raise Wrong(f"emulator: {vm['name']}")
        wanted = vm["iothreads"] if dedicated and vm["iothread_policy"] == "dedicated" else 0
        if len(threads) != wanted:
            raise Wrong(f"iothreads: {vm['name']} has {len(threads)} of {wanted}")
        for pu in threads + ([] if emulator is None else [emulator]):
            self.own(vm, pu, node)

    def move(self, vm, nodes, there):
        cells = vm["current"]["cells"]
        self.charge("move_node", len(set(nodes) - {cell["node"] for cell in cells}))
        before = collections.Counter()
        for cell in cells:
            before[cell["memory_node"]] += vm["memory_mib"] // len(cells)
        moved = sum(max(0, mib - before[node]) for node, mib in there.items())
        self.terms["move_gib"] += up(self.weights["move_gib"] * moved, 1024)

    def close(self, host):
        for pu, name in self.idle.items():
            if pu in self.owner:
                raise Wrong(f"isolate: PU {pu} must stay idle for {name}")
        for (node, page), mib in self.memory.items():
            if mib > self.machine.memory(node, page):
                raise Wrong(f"memory: node {node} has no {mib} MiB in pages of {page} KiB")
        worst = 0
        for node, vcpus in self.floating.items():
            pool = len(self.machine.usable[node] - set(self.owner) - set(self.idle))
            if 100 * vcpus > host["shared_overcommit_percent"] * pool or self.widest[node] > pool:
                raise Wrong(f"overcommit: node {node}: {vcpus} floating vCPUs, {pool} PUs")
            worst = max(worst, up(4 * vcpus, pool))
        self.charge("pressure", max(0, worst - 4))
        for core in self.machine.cores:
            owners = {self.owner.get(pu) for pu in core}
            if len(core) == 2 and len(owners) == 2 and core not in self.alone:
                self.charge("broken_core", 1)


def evaluate(instance, solution):
    """(cost, cost by term); raises Wrong."""
    judge = Judge(instance, solution)
    return sum(judge.terms.values()), dict(judge.terms)


def main(arguments):
    try:
        instance, solution = (json.load(open(path, encoding="utf-8")) for path in arguments)
        cost, terms = evaluate(instance, solution)
    except Wrong as wrong:
        print(f"invalid: {wrong}")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"unreadable: {type(error).__name__}: {error}")
        return 2
    print(f"valid cost={cost}")
    print(json.dumps(terms, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
