#!/bin/bash
# Given a two-node host with libvirtd and an untuned KVM guest, when it is audited, tuned for a
# database, started and rebooted, then vCPU threads run on the planned CPUs, the second plan is
# empty, drift is silent, and rollback gives back definition and knobs as they were.
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
"$LAB/mkinitrd" "$WORK/nested.gz" "$LAB/nested/boot-init.sh" /bin/busybox "$KERNEL" \
  "virtio_pci virtio_blk ext4" "$lab_program=/usr/bin/tuned-vm" "$LAB/nested/db-year.sh=/scenario.sh"
"$LAB/mkssdt" 8 "$WORK/pss.aml"

boot() { # boot STEP SECONDS
  shape two-nodes
  machine=$(sed 's/-m 1024/-m 2048/; s/size=512M/size=1024M/g' <<<"$machine")
  # shellcheck disable=SC2086
  lab_boot "$2" "$WORK/nested.gz" "step=$1" $cpu $machine -acpitable "file=$WORK/pss.aml" \
    -drive "file=$WORK/root.img,format=raw,if=none,id=v0,cache=unsafe" \
    -device virtio-blk-pci,drive=v0,bus=pci.0 || fail "$1"
  rm -rf "$WORK/$1"
  mkdir "$WORK/$1"
  tar -xzf "$WORK/result" -C "$WORK/$1" 2>/dev/null || {
    tail -n 60 "$WORK/console" >&2
    fail "$1: nothing came back"
  }
  sed -n 's/^\(\[.*\)/   \1/p' "$WORK/console"
}

code() { cat "$WORK/$1.code" 2>/dev/null || echo none; }
boot tune 400
[ "$(code tune/audit)" = 1 ] || fail "the untuned guest has findings: $(code tune/audit)"
[ "$(code tune/apply)" -le 1 ] || fail "apply: $(cat "$WORK/tune/apply.out" "$WORK/tune/apply.err")"
[ "$(code tune/start)" = 0 ] || fail "the tuned guest does not start: $(cat "$WORK/tune/start.err")"
cmp -s "$WORK/tune/before.xml" "$WORK/tune/after.xml" && fail "apply changed no definition"
jq -e '[.changes[] | select(.kind != "advice")] | length == 0' "$WORK/tune/again.out" >/dev/null ||
  fail "the second plan is not empty: $(jq -c '[.changes[] | select(.kind != "advice") | .rule]' "$WORK/tune/again.out")"
boot check 400
cmp -s "$WORK/tune/after.xml" "$WORK/check/rebooted.xml" || fail "the definition did not outlive a reboot"
cmp -s "$WORK/tune/after.swappiness" "$WORK/check/rebooted.swappiness" ||
  fail "swappiness did not outlive a reboot"
[ "$(code check/drift)" = 0 ] || fail "drift right after the baseline: $(cat "$WORK/check/drift.out")"
[ "$(code check/rollback)" = 0 ] || fail "rollback: $(cat "$WORK/check/rollback.out" "$WORK/check/rollback.err")"
[ "$(cat "$WORK/check/definition" 2>/dev/null)" = same ] || fail "rollback: the definition differs"
[ "$(cat "$WORK/check/knobs" 2>/dev/null)" = same ] || fail "rollback: swappiness differs"
say "tuned, rebooted, silent, and back as it was"
