#!/bin/bash
# Given a two-node host with libvirtd and an untuned KVM guest, when it is audited, tuned for a
# database, started, rebooted, started again, then vCPU threads run on the planned CPUs and all guest
# memory lies in huge pages on the planned node; the second plan is empty; drift tells a turned knob
# and nothing else; rollback gives back definition and knobs as they were.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null; then
  say "skipped: the nested host needs root and mmdebstrap"
  exit 0
fi
image=$("$LAB/nested/mkroot") || { say "skipped: no Debian root could be made"; exit 0; }
cp --sparse=always "$image" "$WORK/root.img"
"$LAB/mkinitrd" "$WORK/nested.cpio" "$LAB/nested/boot-init.sh" /bin/busybox "$KERNEL" \
  "virtio_pci virtio_blk ext4" "$lab_program=/usr/bin/tuned-vm" \
  "$LAB/nested/db-year.sh=/scenario.sh" "$LAB/nested/db-lab.yaml=/db-lab.yaml"
"$LAB/mkssdt" 8 "$WORK/pss.aml"

boot() { # boot STEP SECONDS
  shape two-nodes
  disks=pxb-nvme
  machine=$(sed 's/-m 1024/-m 4096/; s/size=512M/size=2048M/g' <<<"$machine")
  # shellcheck disable=SC2046,SC2086
  lab_boot "$2" "$WORK/nested.cpio" "step=$1" $cpu $machine -acpitable "file=$WORK/pss.aml" \
    -drive "file=$WORK/root.img,format=raw,if=none,id=v0,cache=unsafe" \
    -device virtio-blk-pci,drive=v0,bus=pci.0 $(shape_disks) || fail "$1"
  rm -rf "$WORK/$1"
  mkdir "$WORK/$1"
  tar -xzf "$WORK/result" -C "$WORK/$1" 2>/dev/null || fail "$1: nothing came back"
  sed -n 's/^\(\[[0-9. ]*\] [a-z.]*: \)/   \1/p' "$WORK/console"
}
code() { cat "$WORK/$1.code" 2>/dev/null || echo none; }
show() { cat "$WORK/$1.out" "$WORK/$1.err" 2>/dev/null | head -n 20; }
work() { jq -c '[.changes[] | select(.kind != "advice") | [.rule, .target]]' "$1"; }

boot tune 900
[ "$(code tune/audit)" = 1 ] || fail "the untuned guest has findings: $(code tune/audit)"
[ "$(code tune/apply)" -le 1 ] || fail "apply: $(show tune/apply)"
cmp -s "$WORK/tune/before.xml" "$WORK/tune/after.xml" && fail "apply changed no definition"
[ "$(work "$WORK/tune/again.out")" = "[]" ] || fail "the second plan wants $(work "$WORK/tune/again.out")"
[ "$(code tune/tuned.start)" = 0 ] || fail "the tuned guest does not start: $(show tune/tuned.start)"
cp "$WORK/tune/after.xml" "$WORK/tune/tuned.xml"
python3 "$LAB/check_guest.py" "$WORK/tune" tuned || fail "the guest is not where it was planned"
grep -q TINY "$WORK/tune/tuned.serial" || say "(the guest had not come up yet when it was looked at)"

boot check 900
cmp -s "$WORK/tune/after.xml" "$WORK/check/rebooted.xml" ||
  fail "the definition did not outlive a reboot: $(diff "$WORK/tune/after.xml" "$WORK/check/rebooted.xml")"
cmp -s "$WORK/tune/after.knobs" "$WORK/check/rebooted.knobs" ||
  fail "knobs did not outlive a reboot: $(diff "$WORK/tune/after.knobs" "$WORK/check/rebooted.knobs")"
[ "$(code check/rebooted.start)" = 0 ] || fail "no start after the reboot: $(show check/rebooted.start)"
python3 "$LAB/check_guest.py" "$WORK/check" rebooted || fail "after the reboot the guest is elsewhere"
[ "$(code check/drift)" = 0 ] || fail "drift right after the baseline: $(show check/drift)"
[ "$(code check/moved)" = 1 ] || fail "drift did not see the turned knob: $(show check/moved)"
[ "$(jq -c '[.drifted[] | [.was, .is]]' "$WORK/check/moved.out")" = '[["5","37"]]' ] ||
  fail "drift tells more or less than one knob: $(jq -c .drifted "$WORK/check/moved.out")"
[ "$(code check/rollback)" = 0 ] || fail "rollback: $(show check/rollback)"
cmp -s "$WORK/check/before.xml" "$WORK/check/restored.xml" ||
  fail "rollback: $(diff "$WORK/check/before.xml" "$WORK/check/restored.xml")"
cmp -s "$WORK/check/before.knobs" "$WORK/check/restored.knobs" ||
  fail "rollback: $(diff "$WORK/check/before.knobs" "$WORK/check/restored.knobs")"
say "tuned, where it was planned, rebooted, silent, and back as it was"
