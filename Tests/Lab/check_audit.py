"""check_audit.py DIR: compares what tuned-vm said in the guest with what the kernel's own tools said.

DIR holds what guest/audit.sh left. Prints each difference; the exit code is 1 then.
"""
import json, os, re, sys

here, wrong = sys.argv[1], []


def text(name):
    return open(os.path.join(here, name)).read()


def expect(what, said, real):
    if said != real:
        wrong.append(f"{what}: said {said!r}, really {real!r}")


def cpus(text):
    found = set()
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found


for command, codes in {"topology": {0}, "drawing": {0}, "audit": {0, 1}, "text": {0, 1},
                       "capture": {0}}.items():
    code = int(text(command + ".code"))
    if code not in codes:
        sys.exit(f"   {command} ended with {code}: {text(command + '.err').strip()}")
expect("reading changed the host", text("unchanged").strip(), "yes")

topology = json.loads(text("topology.out"))
counts = topology["counts"]
for key, tool in (("pus", "pus"), ("cores", "cores"), ("packages", "packages"), ("l3Groups", "l3")):
    expect(key, counts[key], len(text("oracle/" + tool).split("\n")) - 1)
real = {}
for line in text("oracle/numactl").split("\n"):
    match = re.match(r"node (\d+) (cpus|size): ?(.*)", line)
    if match:
        real.setdefault(int(match[1]), {})[match[2]] = match[3]
    match = re.match(r" +(\d+): +([\d ]+)$", line)
    if match:
        real[int(match[1])]["distances"] = [int(word) for word in match[2].split()]
expect("nodes", [node["id"] for node in topology["numaNodes"]], sorted(real))
for node in topology["numaNodes"]:
    its = real[node["id"]]
    expect(f"CPUs of node {node['id']}", cpus(node["cpus"]), {int(n) for n in its["cpus"].split()})
    expect(f"memory of node {node['id']}", node["memoryMiB"], int(its["size"].split()[0]))
    expect(f"distances of node {node['id']}", list(node["distances"].values()), its["distances"])

pools = dict(line.split() for line in text("hugepages").split("\n") if line)
for node in topology["numaNodes"]:
    small = [pool["total"] for pool in node["hugepages"] if pool["pageSizeKiB"] == 2048]
    expect(f"2 MiB pages of node {node['id']}", small, [int(pools[str(node["id"])])])
expect("online CPUs", len(cpus(topology["onlineCpus"])), counts["pus"])

audit = json.loads(text("audit.out"))
expect("kernel", audit["host"]["kernel"], text("kernel").strip())
found = {(finding["rule"], finding["subject"]["name"]): finding for finding in audit["findings"]}
judged = {verdict["rule"]: verdict["verdict"] for verdict in audit["verdicts"]}
governors = set(text("governors").split())
if "cpu.governor" in judged:
    expect("cpu.governor", judged["cpu.governor"],
           "satisfied" if governors == {"performance"} else "violated")
swappiness = [f for (rule, _), f in found.items() if rule == "mem.swappiness"]
for finding in swappiness:
    expect("observed swappiness", finding["evidence"][0]["observed"], text("swappiness").strip())
schedulers = dict(line.split(" ", 1) for line in text("schedulers").split("\n") if " " in line)
for (rule, name), finding in found.items():
    if rule.startswith("io.scheduler"):
        now = re.search(r"\[(\S+)\]", schedulers[name])
        expect(f"observed scheduler of {name}", finding["evidence"][0]["observed"],
               now and now[1])
if not audit["verdicts"]:
    wrong.append("the ledger is empty")

# The same rules violated on the same subjects, but for what only a running machine shows.
replay = json.loads(text("replay.out"))
live_only = {"host.tool-privileges", "host.libvirt-reachable"}
again = {(finding["rule"], finding["subject"]["name"]) for finding in replay["findings"]}
changed = sorted(key for key in set(found) ^ again if key[0] not in live_only)
expect("findings that the capture has too few or too many", changed, [])

for line in wrong:
    print("   " + line)
sys.exit(1 if wrong else 0)
