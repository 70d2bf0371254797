#!/bin/bash
# Given a running guest with pins on a real libvirtd, when taskset moves its vCPU, IOThread or main
# thread elsewhere, then the audit names the guest and the thread, apply pins it again, and the next
# audit is silent; and what waits for the guest's next start is named one by one.
# Alone: it watches this machine's own threads.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
lab_libvirt "actual state" taskset
audit() {
  "$program" audit --only "$1" --domain guest --format json --fail-on never \
    --state-dir "$WORK/state" >"$WORK/audit.json" || fail "audit: $?"
}
named() { grep -q "\"rule\": *\"$1\"" "$WORK/audit.json" && grep -q "$2" "$WORK/audit.json"; }
quiet() { ! grep -q '"rule": *"'"$1"'"' <(sed '/"verdicts"/,$d' "$WORK/audit.json"); }

mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
  while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
here=${cpus[0]} there=${cpus[1]}
truncate -s 10M "$WORK/disk.img"
cat >"$WORK/guest.xml" <<XML
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <iothreads>1</iothreads>
  <cputune>
    <vcpupin vcpu='0' cpuset='$here'/>
    <emulatorpin cpuset='$there'/>
    <iothreadpin iothread='1' cpuset='$there'/>
  </cputune>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none' iothread='1'/>
      <source file='$WORK/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
XML
virsh -q define "$WORK/guest.xml" >/dev/null
virsh -q start guest >/dev/null
pid=$(pgrep -f -o 'guest=guest,') || fail "no process"
thread() {
  local t
  for t in /proc/"$pid"/task/*; do
    if [ "$(cat "$t/comm" 2>/dev/null)" = "$1" ]; then basename "$t"; fi
  done
}
# Moves a thread as a careless script would: out of its group's CPUs too, where there is one.
move() {
  local group
  group=$(sed -n 's/^[0-9]*:[^:]*cpuset[^:]*://p; s/^0:://p' /proc/"$pid"/task/"$1"/cgroup | head -1)
  for top in /sys/fs/cgroup/cpuset /sys/fs/cgroup; do
    local file=$top$group/cpuset.cpus
    if [ -n "$group" ] && [ "$group" != / ] && [ -w "$file" ]; then
      echo "$here,$there" >"$file" || true
    fi
  done
  taskset -cp "$here,$there" "$1" >/dev/null
}

audit cpu.affinity-actual
quiet cpu.affinity-actual || fail "a guest that is as pinned is blamed: $(cat "$WORK/audit.json")"
for name in 'CPU 0/TCG' 'IO iothread1'; do
  tid=$(thread "$name")
  [ -n "$tid" ] || fail "no thread '$name'"
  move "$tid"
  audit cpu.affinity-actual
  named cpu.affinity-actual "/proc/$pid/task/$tid/status" || fail "$name was moved unseen"
  "$program" apply --only cpu.affinity-actual --domain guest --yes --state-dir "$WORK/state" \
    >"$WORK/apply.out" || fail "apply: $(cat "$WORK/apply.out")"
  [ "$(taskset -cp "$tid" | sed 's/.*: //')" != "$here,$there" ] || fail "$name was not pinned again"
  audit cpu.affinity-actual
  quiet cpu.affinity-actual || fail "still blamed after apply"
  say "'$name' was moved, named and pinned again"
done

audit dom.live-differs
quiet dom.live-differs || fail "a guest that runs as defined differs: $(cat "$WORK/audit.json")"
virsh -q dumpxml --inactive guest | sed "s/cache='none'/cache='writethrough'/" >"$WORK/later.xml"
virsh -q define "$WORK/later.xml" >/dev/null
audit dom.live-differs
named dom.live-differs 'driver/@cache' || fail "what waits for the next start isn't named"
say "what waits for the next start is named"
virsh -q destroy guest >/dev/null
