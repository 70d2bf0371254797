#!/bin/bash
# Given a running guest with pins on a real libvirtd, when taskset moves its vCPU, IOThread or main
# thread elsewhere, then the audit names the guest and the thread, apply pins it again, and the next
# audit is silent; and what waits for the guest's next start is named one by one.
set -euo pipefail
LAB=$(dirname "$(realpath "$0")")/..
if [ "${1:-}" != --inside ]; then
  . "$LAB/lib.sh"
  for need in libvirtd virsh qemu-system-x86_64 taskset; do
    command -v "$need" >/dev/null || { say "skipped: no $need here"; exit 0; }
  done
  [ "$(id -u)" = 0 ] || { say "skipped: a private libvirtd needs root"; exit 0; }
  [ "$(nproc)" -gt 1 ] || { say "skipped: one CPU leaves no place to move to"; exit 0; }
  program=${TUNED_VM:-.build/release/tuned-vm}
  [ -x "$program" ] || program=.build/debug/tuned-vm
  "$LAB/libvirtd-here" "$WORK/libvirt" "$(realpath "$0")" --inside "$(realpath "$program")" "$WORK" ||
    fail "actual state"
  exit 0
fi
program=$2 work=$3
say() { printf '   %s\n' "$*"; }
die() { printf '   FAILED: %s\n' "$*" >&2; exit 1; }
audit() {
  "$program" audit --only "$1" --domain guest --format json --fail-on never \
    --state-dir "$work/state" >"$work/audit.json" || die "audit: $?"
}
named() { grep -q "\"rule\": *\"$1\"" "$work/audit.json" && grep -q "$2" "$work/audit.json"; }
quiet() { ! grep -q '"rule": *"'"$1"'"' <(sed '/"verdicts"/,$d' "$work/audit.json"); }

mapfile -t cpus < <(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
  while IFS=- read -r a b; do seq "$a" "${b:-$a}"; done)
here=${cpus[0]} there=${cpus[1]}
truncate -s 10M "$work/disk.img"
cat >"$work/guest.xml" <<XML
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
      <source file='$work/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
XML
export LIBVIRT_DEFAULT_URI=qemu:///system
virsh -q define "$work/guest.xml" >/dev/null
virsh -q start guest >/dev/null
pid=$(pgrep -f -o 'guest=guest,') || die "no process"
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
quiet cpu.affinity-actual || die "a guest that is as pinned is blamed: $(cat "$work/audit.json")"
for name in 'CPU 0/TCG' 'IO iothread1'; do
  tid=$(thread "$name")
  [ -n "$tid" ] || die "no thread '$name'"
  move "$tid"
  audit cpu.affinity-actual
  named cpu.affinity-actual "/proc/$pid/task/$tid/status" || die "$name was moved unseen"
  "$program" apply --only cpu.affinity-actual --domain guest --yes --state-dir "$work/state" \
    >"$work/apply.out" || die "apply: $(cat "$work/apply.out")"
  [ "$(taskset -cp "$tid" | sed 's/.*: //')" != "$here,$there" ] || die "$name was not pinned again"
  audit cpu.affinity-actual
  quiet cpu.affinity-actual || die "still blamed after apply"
  say "'$name' was moved, named and pinned again"
done

audit dom.live-differs
quiet dom.live-differs || die "a guest that runs as defined differs: $(cat "$work/audit.json")"
virsh -q dumpxml --inactive guest | sed "s/cache='none'/cache='writethrough'/" >"$work/later.xml"
virsh -q define "$work/later.xml" >/dev/null
audit dom.live-differs
named dom.live-differs 'driver/@cache' || die "what waits for the next start isn't named"
say "what waits for the next start is named"
virsh -q destroy guest >/dev/null
