#!/bin/bash
# Given a running guest with a VNC password and vendor metadata on a real libvirtd and this machine's
# own kernel, when its whole definition is tuned, its emulator is pinned at once and sysctls are
# written, then virsh, /proc and the threads say so; rolled back, everything is as before, byte for
# byte, the running threads too. A second apply writes nothing. No output holds the password.
# Alone: it tunes this machine's own kernel.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
lab_libvirt "apply on a running guest" strace
definition() { virsh -q dumpxml --inactive --security-info guest; }
running() { virsh -q dumpxml --security-info guest; }
# Every thread's name and where it may run.
threads() {
  for task in /proc/"$pid"/task/*; do
    printf '%s %s\n' "$(cat "$task/comm")" "$(sed -n 's/^Cpus_allowed_list:\t//p' "$task/status")"
  done | grep -E '^(qemu-system|CPU |IO iothread)' | sort
}
state=(--state-dir "$WORK/state")

# Drop-ins go into a copy of /etc that only this mount namespace sees.
cp -a /etc "$WORK/etc"
mount --bind "$WORK/etc" /etc
rm -f /etc/sysctl.d/60-tuned-vm.conf
truncate -s 10M "$WORK/disk.img"
cat >"$WORK/guest.xml" <<XML
<domain type='qemu'>
  <name>guest</name>
  <metadata><v:owner xmlns:v='urn:vendor' key='x'>someone</v:owner></metadata>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <iothreads>1</iothreads>
  <cputune><vcpupin vcpu='0' cpuset='1'/></cputune>
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
pid=$(cat /run/libvirt/qemu/guest.pid)
definition >"$WORK/definition"
# libvirt and QEMU still move threads about as they start.
for _ in $(seq 20); do
  threads >"$WORK/threads"
  sleep 0.5
  threads | cmp -s - "$WORK/threads" && break
done

# The whole guest.
tune() { "$program" "$1" --profile latency --only domain:guest --skip 'cpu.mode' "${@:2}"; }
tune plan >"$WORK/plan.out" || [ $? -eq 1 ] || fail "plan: $(cat "$WORK/plan.out")"
tune plan --format json >"$WORK/plan.json" || true
tune plan --format script >"$WORK/plan.sh" || true
tune apply --yes -v "${state[@]}" >"$WORK/apply.out" 2>&1 || [ $? -eq 1 ] || fail "apply: $(cat "$WORK/apply.out")"
definition >"$WORK/tuned"
virt-xml-validate "$WORK/tuned" domain >/dev/null 2>&1 || ! command -v virt-xml-validate >/dev/null ||
  fail "the definition is not valid: $(virt-xml-validate "$WORK/tuned" domain 2>&1 | head -3)"
grep -q "cache='none'" "$WORK/tuned" || fail "the disk is not tuned: $(cat "$WORK/apply.out")"
for word in topsecr urn:vendor someone; do grep -q "$word" "$WORK/tuned" || fail "$word is lost"; done
pinned=$(running | sed -n "s/.*<emulatorpin cpuset='\([^']*\)'.*/\1/p")
[ "$pinned" = 0 ] || fail "the running emulator's pin is '$pinned': $(cat "$WORK/apply.out")"
[ "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$pid/status")" = 0 ] || fail "the emulator runs elsewhere"
[ "$(virsh -q domstate guest)" = running ] || fail "the guest does not run any more"
say "$(grep -c '' <<<"$(diff "$WORK/definition" "$WORK/tuned" | grep '^[<>]')") lines of the definition changed, the emulator pinned at once"

# A second time there is nothing to do, and nothing is written.
cp -a "$WORK/state" "$WORK/state.was"
strace -f -qq -o "$WORK/strace" -e trace=openat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,ftruncate \
  "$program" apply --profile latency --only domain:guest --skip cpu.mode --yes "${state[@]}" >"$WORK/again.out" 2>&1 || true
grep -q "nothing to change" "$WORK/again.out" || fail "a second apply finds: $(cat "$WORK/again.out")"
if grep -E 'O_WRONLY|O_RDWR|O_CREAT|rename|unlink|mkdir|ftruncate' "$WORK/strace" | grep -vE 'ENOENT|ENXIO|/dev/(null|tty)|O_RDONLY'; then
  fail "a second apply wrote something"
fi
diff -r "$WORK/state" "$WORK/state.was" >/dev/null || fail "a second apply changed the state directory"
say "a second apply writes nothing"

"$program" history -v "${state[@]}" >"$WORK/history.out"
"$program" history --format json "${state[@]}" >"$WORK/history.json"
"$program" capture "$WORK/capture" >/dev/null 2>&1 || true
"$program" audit --format json >"$WORK/audit.json" 2>/dev/null || true
! grep -rq topsecr "$WORK"/*.out "$WORK"/*.json "$WORK"/plan.sh "$WORK/capture" || fail "the password was printed"
say "no output, history or capture holds the password"

"$program" rollback --yes "${state[@]}" >"$WORK/rollback.out" 2>&1 || fail "rollback: $(cat "$WORK/rollback.out")"
definition | cmp -s - "$WORK/definition" || fail "rollback did not give back the definition"
threads | cmp -s - "$WORK/threads" || fail "rollback did not give back the threads: $(threads | diff - "$WORK/threads")"
say "rolled back: definition byte for byte, threads as before"

# The kernel: harmless sysctls, always restored.
knobs=(/proc/sys/vm/dirty_background_ratio /proc/sys/vm/swappiness)
was=$(cat "${knobs[@]}")
restore() {
  set -- $was
  for knob in "${knobs[@]}"; do echo "$1" >"$knob" && shift; done 2>/dev/null || true
}
if ! { cat "${knobs[0]}" >"$WORK/value" && cat "$WORK/value" >"${knobs[0]}"; } 2>/dev/null; then
  say "skipped: sysctls can't be written here"
  exit 0
fi
trap restore EXIT
echo 11 >"${knobs[0]}"
host=(--profile db --only mem.dirty-ratio --only mem.swappiness --yes "${state[@]}")
"$program" apply "${host[@]}" >"$WORK/host.out" 2>&1 || [ $? -eq 1 ] || fail "apply on the host: $(cat "$WORK/host.out")"
[ "$(cat "${knobs[0]}")" = 5 ] || fail "dirty_background_ratio is $(cat "${knobs[0]}"): $(cat "$WORK/host.out")"
grep -qx 'vm.dirty_background_ratio = 5' /etc/sysctl.d/60-tuned-vm.conf || fail "it would not last"
# What a boot does: the kernel has its own value again, the unit writes ours.
echo 11 >"${knobs[0]}"
"$program" recover --boot "${state[@]}" 2>"$WORK/boot.out" || fail "recover --boot fails"
[ "$(cat "${knobs[0]}")" = 5 ] || fail "recover --boot did not restore: $(cat "$WORK/boot.out")"
"$program" rollback --yes "${state[@]}" >"$WORK/host-back.out" 2>&1 || fail "rollback on the host: $(cat "$WORK/host-back.out")"
[ "$(cat "${knobs[0]}")" = 11 ] || fail "dirty_background_ratio is $(cat "${knobs[0]}") after rollback"
[ ! -e /etc/sysctl.d/60-tuned-vm.conf ] || fail "the drop-in is left"
say "sysctls written, restored as at boot, rolled back"
virsh -q destroy guest >/dev/null
