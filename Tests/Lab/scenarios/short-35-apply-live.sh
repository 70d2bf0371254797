#!/bin/bash
# Given a running guest with a VNC password and vendor metadata on a real libvirtd and this machine's
# own kernel, when its whole definition is tuned, its emulator is pinned at once and sysctls are
# written, then virsh, /proc and the threads say so; rolled back, everything is as before, byte for
# byte, the running threads too. A second apply writes nothing. No output holds the password.
set -euo pipefail
LAB=$(dirname "$(realpath "$0")")/..
if [ "${1:-}" != --inside ]; then
  . "$LAB/lib.sh"
  for need in libvirtd virsh qemu-system-x86_64 strace; do
    command -v "$need" >/dev/null || { say "skipped: no $need here"; exit 0; }
  done
  [ "$(id -u)" = 0 ] || { say "skipped: a private libvirtd needs root"; exit 0; }
  [ "$(nproc)" -gt 1 ] || { say "skipped: pins need two CPUs"; exit 0; }
  program=${TUNED_VM:-.build/release/tuned-vm}
  [ -x "$program" ] || program=.build/debug/tuned-vm
  "$LAB/libvirtd-here" "$WORK/libvirt" "$(realpath "$0")" --inside "$(realpath "$program")" "$WORK" ||
    fail "apply on a running guest"
  exit 0
fi
program=$2 work=$3
say() { printf '   %s\n' "$*"; }
die() { printf '   FAILED: %s\n' "$*" >&2; exit 1; }
definition() { virsh -q dumpxml --inactive --security-info guest; }
running() { virsh -q dumpxml --security-info guest; }
# Every thread's name and where it may run.
threads() {
  for task in /proc/"$pid"/task/*; do
    printf '%s %s\n' "$(cat "$task/comm")" "$(sed -n 's/^Cpus_allowed_list:\t//p' "$task/status")"
  done | grep -E '^(qemu-system|CPU |IO iothread)' | sort
}
state=(--state-dir "$work/state")

# Drop-ins go into a copy of /etc that only this mount namespace sees.
cp -a /etc "$work/etc"
mount --bind "$work/etc" /etc
rm -f /etc/sysctl.d/60-tuned-vm.conf
truncate -s 10M "$work/disk.img"
cat >"$work/guest.xml" <<XML
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
      <source file='$work/disk.img'/><target dev='vda' bus='virtio'/>
    </disk>
    <graphics type='vnc' port='-1' passwd='topsecr'/>
  </devices>
</domain>
XML
export LIBVIRT_DEFAULT_URI=qemu:///system
virsh -q define "$work/guest.xml" >/dev/null
virsh -q start guest >/dev/null
pid=$(cat /run/libvirt/qemu/guest.pid)
definition >"$work/definition"
# libvirt and QEMU still move threads about as they start.
for _ in $(seq 20); do
  threads >"$work/threads"
  sleep 0.5
  threads | cmp -s - "$work/threads" && break
done

# The whole guest.
tune() { "$program" "$1" --profile latency --only domain:guest --skip 'cpu.mode' "${@:2}"; }
tune plan >"$work/plan.out" || [ $? -eq 1 ] || die "plan: $(cat "$work/plan.out")"
tune plan --format json >"$work/plan.json" || true
tune plan --format script >"$work/plan.sh" || true
tune apply --yes -v "${state[@]}" >"$work/apply.out" 2>&1 || [ $? -eq 1 ] || die "apply: $(cat "$work/apply.out")"
definition >"$work/tuned"
virt-xml-validate "$work/tuned" domain >/dev/null 2>&1 || ! command -v virt-xml-validate >/dev/null ||
  die "the definition is not valid: $(virt-xml-validate "$work/tuned" domain 2>&1 | head -3)"
grep -q "cache='none'" "$work/tuned" || die "the disk is not tuned: $(cat "$work/apply.out")"
for word in topsecr urn:vendor someone; do grep -q "$word" "$work/tuned" || die "$word is lost"; done
pinned=$(running | sed -n "s/.*<emulatorpin cpuset='\([^']*\)'.*/\1/p")
[ "$pinned" = 0 ] || die "the running emulator's pin is '$pinned': $(cat "$work/apply.out")"
[ "$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$pid/status")" = 0 ] || die "the emulator runs elsewhere"
[ "$(virsh -q domstate guest)" = running ] || die "the guest does not run any more"
say "$(grep -c '' <<<"$(diff "$work/definition" "$work/tuned" | grep '^[<>]')") lines of the definition changed, the emulator pinned at once"

# A second time there is nothing to do, and nothing is written.
cp -a "$work/state" "$work/state.was"
strace -f -qq -o "$work/strace" -e trace=openat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,ftruncate \
  "$program" apply --profile latency --only domain:guest --skip cpu.mode --yes "${state[@]}" >"$work/again.out" 2>&1 || true
grep -q "nothing to change" "$work/again.out" || die "a second apply finds: $(cat "$work/again.out")"
if grep -E 'O_WRONLY|O_RDWR|O_CREAT|rename|unlink|mkdir|ftruncate' "$work/strace" | grep -vE 'ENOENT|ENXIO|/dev/(null|tty)|O_RDONLY'; then
  die "a second apply wrote something"
fi
diff -r "$work/state" "$work/state.was" >/dev/null || die "a second apply changed the state directory"
say "a second apply writes nothing"

"$program" history -v "${state[@]}" >"$work/history.out"
"$program" history --format json "${state[@]}" >"$work/history.json"
"$program" capture "$work/capture" >/dev/null 2>&1 || true
"$program" audit --format json >"$work/audit.json" 2>/dev/null || true
! grep -rq topsecr "$work"/*.out "$work"/*.json "$work"/plan.sh "$work/capture" || die "the password was printed"
say "no output, history or capture holds the password"

"$program" rollback --yes "${state[@]}" >"$work/rollback.out" 2>&1 || die "rollback: $(cat "$work/rollback.out")"
definition | cmp -s - "$work/definition" || die "rollback did not give back the definition"
threads | cmp -s - "$work/threads" || die "rollback did not give back the threads: $(threads | diff - "$work/threads")"
say "rolled back: definition byte for byte, threads as before"

# The kernel: harmless sysctls, always restored.
knobs=(/proc/sys/vm/dirty_background_ratio /proc/sys/vm/swappiness)
was=$(cat "${knobs[@]}")
restore() {
  set -- $was
  for knob in "${knobs[@]}"; do echo "$1" >"$knob" && shift; done 2>/dev/null || true
}
if ! { cat "${knobs[0]}" >"$work/value" && cat "$work/value" >"${knobs[0]}"; } 2>/dev/null; then
  say "skipped: sysctls can't be written here"
  exit 0
fi
trap restore EXIT
echo 11 >"${knobs[0]}"
host=(--profile db --only mem.dirty-ratio --only mem.swappiness --yes "${state[@]}")
"$program" apply "${host[@]}" >"$work/host.out" 2>&1 || [ $? -eq 1 ] || die "apply on the host: $(cat "$work/host.out")"
[ "$(cat "${knobs[0]}")" = 5 ] || die "dirty_background_ratio is $(cat "${knobs[0]}"): $(cat "$work/host.out")"
grep -qx 'vm.dirty_background_ratio = 5' /etc/sysctl.d/60-tuned-vm.conf || die "it would not last"
# What a boot does: the kernel has its own value again, the unit writes ours.
echo 11 >"${knobs[0]}"
"$program" recover --boot "${state[@]}" 2>"$work/boot.out" || die "recover --boot fails"
[ "$(cat "${knobs[0]}")" = 5 ] || die "recover --boot did not restore: $(cat "$work/boot.out")"
"$program" rollback --yes "${state[@]}" >"$work/host-back.out" 2>&1 || die "rollback on the host: $(cat "$work/host-back.out")"
[ "$(cat "${knobs[0]}")" = 11 ] || die "dirty_background_ratio is $(cat "${knobs[0]}") after rollback"
[ ! -e /etc/sysctl.d/60-tuned-vm.conf ] || die "the drop-in is left"
say "sysctls written, restored as at boot, rolled back"
virsh -q destroy guest >/dev/null
