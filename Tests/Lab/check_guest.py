"""check_guest.py DIR NAME [--live]: whether a guest that ran is where its definition says.

DIR/NAME.xml is virsh's dumpxml, NAME.threads the guest's threads with the CPUs the kernel lets them
use, NAME.numa_maps its memory, NAME.nodes each node's CPUs. With --live the memory of a guest
without a binding is to lie beside its vCPUs. Prints each difference; the exit code is 1 then.
"""
import re, sys
import xml.etree.ElementTree as tree

where, name = sys.argv[1], sys.argv[2]
wrong = []


def text(suffix):
    return open(f"{where}/{name}.{suffix}").read()


def numbers(text):
    found = set()
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found


domain = tree.fromstring(text("xml"))
threads = dict(line.rsplit(": ", 1) for line in text("threads").split("\n") if ": " in line)
pins = {pin.get("vcpu"): pin.get("cpuset") for pin in domain.findall("cputune/vcpupin")}
whole = domain.find("vcpu").get("cpuset")
dedicated = bool(pins)
if not pins and whole:
    pins = {str(number): whole for number in range(int(domain.find("vcpu").text))}
if not pins:
    wrong.append("the definition pins no vCPU")
for vcpu, cpus in pins.items():
    found = [allowed for thread, allowed in threads.items() if thread.startswith(f"CPU {vcpu}/")]
    if [numbers(allowed) for allowed in found] != [numbers(cpus)]:
        wrong.append(f"vCPU {vcpu} is to run on {cpus}, the kernel says {found}")
# An IOThread without a pin of its own runs where the guest's CPUs are.
own = {pin.get("iothread"): pin.get("cpuset") for pin in domain.findall("cputune/iothreadpin")}
for number in range(1, int(domain.findtext("iothreads") or 0) + 1):
    cpus, found = own.get(str(number)) or whole or "", threads.get(f"IO iothread{number}", "")
    if not cpus or numbers(found) != numbers(cpus):
        wrong.append(f"IOThread {number} is to run on {cpus or 'CPUs'}, the kernel says {found}")
    if dedicated and numbers(cpus) & set().union(*map(numbers, pins.values())):
        wrong.append(f"IOThread {number} takes a vCPU's CPU: {cpus}")
emulator = domain.find("cputune/emulatorpin")
cpus = emulator.get("cpuset") if emulator is not None else whole
if not cpus or numbers(threads.get("qemu-system-x86", "")) != numbers(cpus):
    wrong.append(f"the emulator is to run on {cpus}, the kernel says {threads.get('qemu-system-x86')}")

memory = domain.find("numatune/memory")
nodes = numbers(memory.get("nodeset")) if memory is not None else set()
cells = dict(line.split() for line in text("nodes").split("\n") if line)
if not nodes and "--live" in sys.argv:
    used = set().union(*map(numbers, pins.values())) if pins else set()
    nodes = {int(node) for node, cpus in cells.items() if numbers(cpus) & used}
if not nodes:
    wrong.append("the definition binds no memory")
near = set().union(*(numbers(cells[str(node)]) for node in nodes)) if nodes else set()
for vcpu, cpus in pins.items():
    if not numbers(cpus) <= near:
        wrong.append(f"vCPU {vcpu} is pinned to {cpus}, its memory is bound to nodes {sorted(nodes)}")
# Each guest cell's vCPUs run beside its memory.
cell_nodes = {node.get("cellid"): node.get("nodeset") for node in domain.findall("numatune/memnode")}
for cell in domain.findall("cpu/numa/cell"):
    beside = cell_nodes.get(cell.get("id"))
    for vcpu in numbers(cell.get("cpus")) if beside else []:
        there = set().union(*(numbers(cells[str(node)]) for node in numbers(beside)))
        if not numbers(pins.get(str(vcpu), "")) <= there:
            wrong.append(f"vCPU {vcpu} of cell {cell.get('id')} is not on node {beside}")
# Guest memory: the huge pages where the definition asks for them, else the largest mapping.
mib = int(domain.find("memory").text) // 1024
huge = domain.find("memoryBacking/hugepages") is not None
mappings = []
for line in text("numa_maps").split("\n"):
    if (" huge " in line + " ") == huge and " file=/usr" not in line:
        size = int((re.search(r"kernelpagesize_kB=(\d+)", line) or [0, 4])[1])
        mappings.append({int(n): int(c) * size // 1024 for n, c in re.findall(r" N(\d+)=(\d+)", line)})
if not huge:
    mappings = [max(mappings, key=lambda its: sum(its.values()))]
pages = {}
for its in mappings:
    for node, count in its.items():
        pages[node] = pages.get(node, 0) + count
if huge and sum(pages.values()) < mib:
    wrong.append(f"{sum(pages.values())} MiB of huge pages back {mib} MiB")
if not pages or set(pages) - nodes:
    wrong.append(f"memory is bound to nodes {sorted(nodes)}, MiB by node: {pages}")
for line in wrong:
    print("   " + line)
sys.exit(1 if wrong else 0)
