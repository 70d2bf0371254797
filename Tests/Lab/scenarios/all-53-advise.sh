#!/bin/bash
# Given a two-node host where the program answers by numad's name, when a guest with placement='auto'
# starts beside one that has a node's CPUs to itself, then its threads and its memory are on the other
# node, whichever that is; and a guest that no single node holds gets both.
# Alone: the adviser has 0.9 s to answer.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
lab_nested "$LAB/nested/advise.sh"
lab_nested_boot advise 900
there=$WORK/advise
# is NAME CPUS NODES: every thread the kernel lets run where libvirt asked may run on just those CPUs,
# and the largest piece of memory lies on those nodes alone.
is() {
  [ "$(code "advise/$1.start")" = 0 ] || fail "$1 does not start: $(show "advise/$1.start")"
  grep -q TINY "$there/$1.serial" || fail "$1 does not come up"
  local line
  # Not inside of <(…), where a failure ends nothing.
  grep -q '^CPU ' "$there/$1.threads" || fail "$1 has no vCPU threads"
  while read -r line; do
    [ "${line##*: }" = "$2" ] || fail "$1 is to run on $2, the kernel says $line: $(cat "$there"/numad.*)"
  done < <(grep '^CPU ' "$there/$1.threads")
  python3 - "$there/$1.numa_maps" "$3" <<'PY' || fail "$1's memory is not on $3 alone"
import re, sys
sizes = [{n: int(c) for n, c in re.findall(r" N(\d+)=(\d+)", line)}
         for line in open(sys.argv[1]) if " file=" not in line]
largest = max(sizes, key=lambda its: sum(its.values()))
sys.exit(not (largest and set(largest) <= set(sys.argv[2].split(","))))
PY
}
is beside0 6-11 1
is beside1 0-5 0
is wide 0-11 0,1
[ "$(sed 's/.* = //' "$there/numad.log" | xargs)" = "1 0 0-1" ] || fail "advised: $(cat "$there/numad.log")"
grep -q "placement='auto'" "$there/auto.xml" || fail "the definition changed"
say "beside a guest on node 0: node 1; beside one on node 1: node 0; ten vCPUs: both"
