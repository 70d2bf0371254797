#!/bin/bash
# Given a two-node host with libvirtd and an untuned KVM guest, when it is audited, tuned for a
# database, started, rebooted, started again, then vCPU threads run on the planned CPUs and all guest
# memory lies in huge pages on the planned node; the second plan is empty; drift tells a turned knob
# and nothing else; rollback gives back definition and knobs as they were.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
lab_nested "$LAB/nested/db-year.sh"
work() { jq -c '[.changes[] | select(.kind != "advice") | [.rule, .target]]' "$1"; }

lab_nested_boot tune 900
[ "$(code tune/audit)" = 1 ] || fail "the untuned guest has findings: $(code tune/audit)"
[ "$(code tune/apply)" -le 1 ] || fail "apply: $(show tune/apply)"
cmp -s "$WORK/tune/before.xml" "$WORK/tune/after.xml" && fail "apply changed no definition"
[ "$(work "$WORK/tune/again.out")" = "[]" ] || fail "the second plan wants $(work "$WORK/tune/again.out")"
[ "$(code tune/tuned.start)" = 0 ] || fail "the tuned guest does not start: $(show tune/tuned.start)"
cp "$WORK/tune/after.xml" "$WORK/tune/tuned.xml"
python3 "$LAB/check_guest.py" "$WORK/tune" tuned || fail "the guest is not where it was planned"
grep -q TINY "$WORK/tune/tuned.serial" || fail "the tuned guest does not come up"
# As the profile wants them, in the kernel's words.
wanted() { # wanted PATTERN VALUE: every knob so named has it
  local line
  while read -r line; do
    [ "${line#* }" = "$2" ] || [[ $line == *"[$2]"* ]] || fail "planned $2, the kernel says $line"
  done < <(grep -e "$1" "$WORK/tune/after.knobs" || fail "no knob $1")
}
wanted scaling_governor performance
wanted nvme0n1/queue/scheduler none
wanted dirty_background_ratio 5
wanted swappiness 10
wanted transparent_hugepage/enabled madvise

lab_nested_boot check 900
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
