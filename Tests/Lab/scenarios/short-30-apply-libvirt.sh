#!/bin/bash
# Given a guest with a VNC password, vendor metadata and a slow disk on a real libvirtd, when its
# disk is tuned and rolled back, then virsh shows exactly the edits and later the old definition,
# password and all; killed at any sync, recover leaves one of the two.
# Alone: it kills at every write, by the clock.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
lab_libvirt "apply through libvirt" strace
definition() { virsh -q dumpxml --inactive --security-info guest; }
apply() {
  "$@" apply --profile latency --domain guest --only 'disk.*' --yes --state-dir "$WORK/state"
}

truncate -s 10M "$WORK/disk.img"
cat >"$WORK/guest.xml" <<XML
<domain type='qemu'>
  <name>guest</name>
  <metadata><v:owner xmlns:v='urn:vendor' key='x'>someone</v:owner></metadata>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writethrough'/>
      <source file='$WORK/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <graphics type='vnc' port='-1' passwd='topsecr'/>
  </devices>
</domain>
XML
virsh -q define "$WORK/guest.xml" >/dev/null
virsh -q start guest >/dev/null
definition >"$WORK/before"

apply "$program" >"$WORK/apply.out" || fail "apply: $(cat "$WORK/apply.out")"
definition >"$WORK/after"
grep -q "cache='none'" "$WORK/after" || fail "the disk is not tuned"
for word in topsecr urn:vendor someone; do grep -q "$word" "$WORK/after" || fail "$word is lost"; done
changed=$(diff "$WORK/before" "$WORK/after" | grep -c '^>' || true)
[ "$changed" = 1 ] || fail "$changed lines changed, one was to be"
! grep -rq topsecr "$WORK/apply.out" || fail "the password was printed"
[ "$(stat -c %a "$WORK/state/transactions/000001.journal")" = 600 ] || fail "the journal is open"

"$program" rollback --yes --state-dir "$WORK/state" >"$WORK/rollback.out" || fail rollback
definition | cmp -s - "$WORK/before" || fail "rollback did not give back the definition"
[ "$(virsh -q domstate guest)" = running ] || fail "the guest does not run any more"
say "tuned and rolled back, password kept"

# libvirt adds dies='1' to the topology that is written: no reason to take it back.
"$program" apply --profile latency --domain guest --only cpu.topology --yes \
  --state-dir "$WORK/state" >"$WORK/apply.out" || fail "topology: $(cat "$WORK/apply.out")"
definition | grep -q "<topology sockets='1'.* cores='2' threads='1'/>" ||
  fail "virsh shows no topology: $(definition | grep -A2 '<cpu')"
"$program" rollback --yes --state-dir "$WORK/state" >/dev/null || fail "rollback of the topology"
definition | cmp -s - "$WORK/before" || fail "rollback of the topology left something"
say "a topology that libvirt completes is kept, and taken back"

survived=no
for number in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$WORK/state"
  if apply strace -qq -f -o /dev/null -e trace=fsync \
    -e "inject=fsync:signal=SIGKILL:when=$number" "$program" >/dev/null 2>&1; then
    survived=$number
    break
  fi
  "$program" recover --state-dir "$WORK/state" >/dev/null || fail "recover after kill $number"
  definition >"$WORK/now"
  cmp -s "$WORK/now" "$WORK/before" || cmp -s "$WORK/now" "$WORK/after" ||
    fail "killed at sync $number it is neither before nor after"
  virsh -q define <(cat "$WORK/before") >/dev/null
done
[ "$survived" != no ] && [ "$survived" -gt 3 ] || fail "the kills did not hit ($survived)"
say "killed at each of $((survived - 1)) syncs: before or after"
virsh -q destroy guest >/dev/null
