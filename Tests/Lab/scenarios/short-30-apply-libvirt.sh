#!/bin/bash
# Given a guest with a VNC password, vendor metadata and a slow disk on a real libvirtd, when its
# disk is tuned and rolled back, then virsh shows exactly the edits and later the old definition,
# password and all; killed at any sync, recover leaves one of the two.
set -euo pipefail
LAB=$(dirname "$(realpath "$0")")/..
if [ "${1:-}" != --inside ]; then
  . "$LAB/lib.sh"
  for need in libvirtd virsh qemu-system-x86_64 strace; do
    command -v "$need" >/dev/null || { say "skipped: no $need here"; exit 0; }
  done
  [ "$(id -u)" = 0 ] || { say "skipped: a private libvirtd needs root"; exit 0; }
  program=${TUNED_VM:-.build/release/tuned-vm}
  [ -x "$program" ] || program=.build/debug/tuned-vm
  "$LAB/libvirtd-here" "$WORK/libvirt" "$(realpath "$0")" --inside "$(realpath "$program")" "$WORK" ||
    fail "apply through libvirt"
  exit 0
fi
program=$2 work=$3
say() { printf '   %s\n' "$*"; }
die() { printf '   FAILED: %s\n' "$*" >&2; exit 1; }
definition() { virsh -q dumpxml --inactive --security-info guest; }
apply() {
  "$@" apply --profile latency --domain guest --only 'disk.*' --yes --state-dir "$work/state"
}

truncate -s 10M "$work/disk.img"
cat >"$work/guest.xml" <<XML
<domain type='qemu'>
  <name>guest</name>
  <metadata><v:owner xmlns:v='urn:vendor' key='x'>someone</v:owner></metadata>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writethrough'/>
      <source file='$work/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <graphics type='vnc' port='-1' passwd='topsecr'/>
  </devices>
</domain>
XML
export LIBVIRT_DEFAULT_URI=qemu:///system
virsh -q define "$work/guest.xml" >/dev/null
virsh -q start guest >/dev/null
definition >"$work/before"

apply "$program" >"$work/apply.out" || die "apply: $(cat "$work/apply.out")"
definition >"$work/after"
grep -q "cache='none'" "$work/after" || die "the disk is not tuned"
for word in topsecr urn:vendor someone; do grep -q "$word" "$work/after" || die "$word is lost"; done
changed=$(diff "$work/before" "$work/after" | grep -c '^>' || true)
[ "$changed" = 1 ] || die "$changed lines changed, one was to be"
! grep -rq topsecr "$work/apply.out" || die "the password was printed"
[ "$(stat -c %a "$work/state/transactions/000001.journal")" = 600 ] || die "the journal is open"

"$program" rollback --yes --state-dir "$work/state" >"$work/rollback.out" || die rollback
definition | cmp -s - "$work/before" || die "rollback did not give back the definition"
[ "$(virsh -q domstate guest)" = running ] || die "the guest does not run any more"
say "tuned and rolled back, password kept"

# libvirt adds dies='1' to the topology that is written: no reason to take it back.
"$program" apply --profile latency --domain guest --only cpu.topology --yes \
  --state-dir "$work/state" >"$work/apply.out" || die "topology: $(cat "$work/apply.out")"
definition | grep -q "<topology sockets='1'.* cores='2' threads='1'/>" ||
  die "virsh shows no topology: $(definition | grep -A2 '<cpu')"
"$program" rollback --yes --state-dir "$work/state" >/dev/null || die "rollback of the topology"
definition | cmp -s - "$work/before" || die "rollback of the topology left something"
say "a topology that libvirt completes is kept, and taken back"

survived=no
for number in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$work/state"
  if apply strace -qq -f -o /dev/null -e trace=fsync \
    -e "inject=fsync:signal=SIGKILL:when=$number" "$program" >/dev/null 2>&1; then
    survived=$number
    break
  fi
  "$program" recover --state-dir "$work/state" >/dev/null || die "recover after kill $number"
  definition >"$work/now"
  cmp -s "$work/now" "$work/before" || cmp -s "$work/now" "$work/after" ||
    die "killed at sync $number it is neither before nor after"
  virsh -q define <(cat "$work/before") >/dev/null
done
[ "$survived" != no ] && [ "$survived" -gt 3 ] || die "the kills did not hit ($survived)"
say "killed at each of $((survived - 1)) syncs: before or after"
virsh -q destroy guest >/dev/null
