"""check_guest.py DIR NAME: whether a guest that ran is where its definition says.

DIR/NAME.xml is virsh's dumpxml, NAME.threads the guest's threads with the CPUs the kernel lets them
use, NAME.numa_maps its memory, NAME.nodes each node's CPUs. Prints each difference; the exit code is 1 then.
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
if not pins and whole:
    pins = {str(number): whole for number in range(int(domain.find("vcpu").text))}
if not pins:
    wrong.append("the definition pins no vCPU")
for vcpu, cpus in pins.items():
    found = [allowed for thread, allowed in threads.items() if thread.startswith(f"CPU {vcpu}/")]
    if [numbers(allowed) for allowed in found] != [numbers(cpus)]:
        wrong.append(f"vCPU {vcpu} is to run on {cpus}, the kernel says {found}")
for pin in domain.findall("cputune/iothreadpin"):
    found = threads.get(f"IO iothread{pin.get('iothread')}", "")
    if numbers(found) != numbers(pin.get("cpuset")):
        wrong.append(f"IOThread {pin.get('iothread')}: {pin.get('cpuset')}, the kernel says {found}")

if int(domain.findtext("iothreads") or 0) > len(domain.findall("cputune/iothreadpin")):
    wrong.append("an IOThread is not pinned")

memory = domain.find("numatune/memory")
nodes = numbers(memory.get("nodeset")) if memory is not None else set()
if not nodes:
    wrong.append("the definition binds no memory")
cells = dict(line.split() for line in text("nodes").split("\n") if line)
near = set().union(*(numbers(cells[str(node)]) for node in nodes)) if nodes else set()
for vcpu, cpus in pins.items():
    if not numbers(cpus) <= near:
        wrong.append(f"vCPU {vcpu} is pinned to {cpus}, its memory is bound to nodes {sorted(nodes)}")
mib = int(domain.find("memory").text) // 1024
pages = {}
for line in text("numa_maps").split("\n"):
    if " huge " in line + " ":
        for node, count in re.findall(r" N(\d+)=(\d+)", line):
            pages[int(node)] = pages.get(int(node), 0) + int(count)
if sum(pages.values()) * 2 < mib:
    wrong.append(f"{sum(pages.values())} huge pages back {mib} MiB")
if set(pages) - nodes:
    wrong.append(f"memory is bound to nodes {sorted(nodes)}, pages lie on {pages}")
for line in wrong:
    print("   " + line)
sys.exit(1 if wrong else 0)
