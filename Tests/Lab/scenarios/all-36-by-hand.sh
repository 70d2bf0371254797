#!/bin/bash
# Given a running guest on a real libvirtd, when a disk and a card are plugged in, then audit and drift
# name them and apply tunes their definition; when the definition is edited by hand after a plan was
# made, then that plan is refused and the edit stays; when libvirtd is restarted or the guest stops in
# the middle of an apply, then recover leaves before or after, and libvirtd's restart kills no guest.
# Alone: what is restarted in the middle is hit by the clock.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
lab_libvirt "changes by hand" strace jq
definition() { virsh -q dumpxml --inactive --security-info guest; }
state=(--state-dir "$WORK/state")
# /etc is a copy that only this mount namespace sees.
cp -a /etc "$WORK/etc"
mount --bind "$WORK/etc" /etc
truncate -s 10M "$WORK/disk.img" "$WORK/second.img"
cat >"$WORK/guest.xml" <<XML
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none' io='io_uring' iothread='1'/>
      <source file='$WORK/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <graphics type='vnc' port='-1' passwd='topsecr'/>
  </devices>
</domain>
XML
virsh -q define "$WORK/guest.xml" >/dev/null
virsh -q start guest >/dev/null

# Plugged in.
"$program" baseline save "${state[@]}" >/dev/null 2>&1 || fail "baseline: $?"
"$program" drift "${state[@]}" >"$WORK/quiet" 2>&1 || fail "drift is not silent: $(cat "$WORK/quiet")"
cat >"$WORK/disk.xml" <<XML
<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='writethrough'/>
  <source file='$WORK/second.img'/><target dev='vdb' bus='virtio'/>
</disk>
XML
cat >"$WORK/card.xml" <<XML
<interface type='user'><mac address='52:54:00:aa:bb:01'/><model type='e1000'/></interface>
XML
virsh -q attach-device guest "$WORK/disk.xml" --live --config || fail "no disk was plugged in"
virsh -q attach-device guest "$WORK/card.xml" --live --config || fail "no card was plugged in"
"$program" audit --profile db --domain guest --format json --fail-on never >"$WORK/audit.json" 2>/dev/null
for pair in disk.cache-mode:guest/vdb net.model:guest/52:54:00:aa:bb:01; do
  jq -e --arg rule "${pair%%:*}" --arg name "${pair#*:}" \
    '.findings[] | select(.rule == $rule and .subject.name == $name)' "$WORK/audit.json" >/dev/null ||
    fail "the audit does not find $pair"
done
code=0
"$program" drift "${state[@]}" --format json >"$WORK/drift.json" 2>/dev/null || code=$?
[ "$code" = 1 ] || fail "drift after plugging in: exit code $code"
for name in vdb 52:54:00:aa:bb:01; do
  jq -e --arg name "$name" '.drifted[] | select(.subject.name | contains($name))' "$WORK/drift.json" \
    >/dev/null || fail "drift does not name $name: $(jq -c .drifted "$WORK/drift.json")"
done
"$program" apply --profile db --domain guest --only disk.cache-mode --yes "${state[@]}" \
  >"$WORK/apply.out" 2>&1 || fail "apply: $(cat "$WORK/apply.out")"
! definition | grep -q "writethrough" || fail "the new disk is not tuned"
virsh -q dumpxml guest | grep -q writethrough || fail "the running guest's disk changed"
"$program" rollback --yes "${state[@]}" >/dev/null || fail "rollback: $?"
definition | grep -q "writethrough" || fail "the new disk is not as before"
say "a disk and a card, plugged in: named by audit and drift, tuned, and back"

# Edited between plan and apply.
definition >"$WORK/before"
"$program" plan --profile db --domain guest --only 'disk.*' --format json >"$WORK/plan.json" 2>/dev/null ||
  [ $? = 1 ] || fail "plan: $?"
sed "s/cache='writethrough'/cache='directsync'/" "$WORK/before" >"$WORK/edited.xml"
virsh -q define "$WORK/edited.xml" >/dev/null
definition >"$WORK/edited"
code=0
"$program" apply --plan "$WORK/plan.json" --yes "${state[@]}" >"$WORK/stale.out" 2>&1 || code=$?
[ "$code" = 1 ] || fail "a stale plan: exit code $code: $(cat "$WORK/stale.out")"
grep -q guest "$WORK/stale.out" || fail "it doesn't say what moved: $(cat "$WORK/stale.out")"
definition | cmp -s - "$WORK/edited" || fail "a stale plan changed something"
say "edited after the plan: refused, and the edit is kept"
virsh -q define "$WORK/before" >/dev/null

# In the middle: each sync takes long, and something happens meanwhile.
"$program" apply --profile db --domain guest --only 'disk.*' --yes "${state[@]}" >/dev/null 2>&1 ||
  [ $? = 1 ] || fail "a plain apply: $?"
definition >"$WORK/after"
"$program" rollback --yes "${state[@]}" >/dev/null || fail "rollback: $?"
definition | cmp -s - "$WORK/before" || fail "a plain rollback is not as before"
restart_libvirtd() {
  kill "$(cat /run/libvirtd.pid)"
  while [ -e /run/libvirtd.pid ]; do sleep 0.1; done
  libvirtd -d -f /etc/libvirt/libvirtd.conf
}
stop_guest() { virsh -q destroy guest; }
for event in restart_libvirtd stop_guest; do
  for delay in 1.0 1.5 2.0 2.5 3.0; do
    rm -rf "$WORK/state"
    virsh -q domstate guest | grep -q running || virsh -q start guest
    (sleep $delay; $event) >/dev/null 2>&1 &
    meanwhile=$!
    code=0
    strace -qq -f -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=400000 \
      "$program" apply --profile db --domain guest --only 'disk.*' --yes "${state[@]}" \
      >"$WORK/middle.out" 2>&1 || code=$?
    wait $meanwhile || true
    for _ in $(seq 300); do virsh -q list >/dev/null 2>&1 && break; sleep 0.1; done
    "$program" recover "${state[@]}" >"$WORK/recover.out" 2>&1 || fail "recover: $(cat "$WORK/recover.out")"
    definition >"$WORK/now"
    is=third
    ! cmp -s "$WORK/now" "$WORK/before" || is=before
    ! cmp -s "$WORK/now" "$WORK/after" || is=after
    case $code-$is in
      0-after | 1-before | 69-before | 74-before | 1-after) ;;
      *) fail "$event after $delay s: exit code $code, yet it is $is: $(cat "$WORK/middle.out")" ;;
    esac
    [ $event = stop_guest ] || virsh -q domstate guest | grep -q running ||
      fail "the guest is $(virsh -q domstate guest)"
    seen="${seen:-}$code-$is "
    virsh -q define "$WORK/before" >/dev/null
  done
  say "$event in the middle, exit code and state: $seen"
  seen=
done
virsh -q destroy guest >/dev/null 2>&1 || true
