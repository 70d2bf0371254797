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
! cmp -s "$WORK/tune/before.xml" "$WORK/tune/after.xml" || fail "apply changed no definition"
[ "$(work "$WORK/tune/again.out")" = "[]" ] || fail "the second plan wants $(work "$WORK/tune/again.out")"
cp "$WORK/tune/after.xml" "$WORK/tune/tuned.xml"
cp "$WORK/tune/after-lat.xml" "$WORK/tune/tuned-lat.xml"
where() { # where STEP NAME: both guests of it run where their definitions say
  local guest
  for guest in "$2" "$2-lat"; do
    [ "$(code "$1/$guest.start")" = 0 ] || fail "$guest does not start: $(show "$1/$guest.start")"
    python3 "$LAB/check_guest.py" "$WORK/$1" "$guest" || fail "$guest is not where it was planned"
    grep -q TINY "$WORK/$1/$guest.serial" || fail "$guest does not come up"
  done
}
grep -q "<hugepages>" "$WORK/tune/after.xml" || fail "the database guest got no huge pages"
where tune tuned
grep -q "<iothreadpin " "$WORK/tune/after-lat.xml" || fail "the IOThread of lat got no pin"
# As the profile wants them, in the kernel's words.
wanted() { # wanted PATTERN VALUE: every knob so named has it
  local line
  grep -q -e "$1" "$WORK/tune/after.knobs" || fail "no knob $1"
  while read -r line; do
    [ "${line#* }" = "$2" ] || [[ $line == *"[$2]"* ]] || fail "planned $2, the kernel says $line"
  done < <(grep -e "$1" "$WORK/tune/after.knobs")
}
wanted scaling_governor performance
wanted nvme0n1/queue/scheduler none
wanted dirty_background_ratio 5
wanted transparent_hugepage/enabled madvise

lab_nested_boot check 900
same() { cmp -s "$WORK/$1" "$WORK/$2" || fail "$3: $(diff "$WORK/$1" "$WORK/$2")"; }
for name in .xml -lat.xml .knobs; do
  same "tune/after$name" "check/rebooted$name" "after the reboot it is not as it was tuned"
done
where check rebooted
[ "$(code check/drift)" = 0 ] || fail "drift right after the baseline: $(show check/drift)"
[ "$(code check/moved)" = 1 ] || fail "drift did not see the turned knob: $(show check/moved)"
[ "$(jq -c '[.drifted[] | [.was, .is]]' "$WORK/check/moved.out")" = '[["5","37"]]' ] ||
  fail "drift tells more or less than one knob: $(jq -c .drifted "$WORK/check/moved.out")"
[ "$(code check/rollback)" = 0 ] || fail "rollback: $(show check/rollback)"
for name in .xml -lat.xml .knobs; do
  same "check/before$name" "check/restored$name" "rolled back, it is not as before"
done
say "tuned, where it was planned, rebooted, silent, and back as it was"
