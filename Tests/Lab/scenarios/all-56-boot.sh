#!/bin/bash
# Given a tuned host with the boot unit and a guest in huge pages that starts with the host, when
# systemd boots it, then the unit has ended before libvirtd starts, the knobs are as tuned, and the
# guest runs in its huge pages on its node: without the unit there would be no pages for it.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
lab_nested "$LAB/nested/systemd.sh" "$LAB/nested/lab.service=/lab/lab.service" \
  "$LAB/../../packaging/systemd/tuned-vm-restore.service=/lab/tuned-vm-restore.service"
lab_nested_boot install 900
[ "$(code install/apply)" -le 1 ] || fail "apply: $(show install/apply)"
lab_nested_boot systemd 900
value() { sed -n "s/^$2=//p" "$WORK/systemd/$1.out"; }
[ "$(value restore Result)" = success ] && [ "$(value restore ActiveState)" = active ] ||
  fail "the boot unit: $(show systemd/restore) $(show systemd/journal)"
ended=$(value restore ExecMainExitTimestampMonotonic) started=$(value libvirtd InactiveExitTimestampMonotonic)
[ "$ended" -gt 0 ] && [ "$ended" -le "$started" ] ||
  fail "the unit ended at $ended us, libvirtd started at $started us"
[ "$(code systemd/verify)" = 0 ] || fail "systemd-analyze verify: $(show systemd/verify)"
[ "$(cat "$WORK/systemd/governor")" = performance ] || fail "governor: $(cat "$WORK/systemd/governor")"
[ "$(cat "$WORK/systemd/dirty")" = 5 ] || fail "dirty_background_ratio: $(cat "$WORK/systemd/dirty")"
grep -q '\[none\]' "$WORK/systemd/scheduler" || fail "scheduler: $(cat "$WORK/systemd/scheduler")"
grep -q TINY "$WORK/systemd/boot.serial" || fail "the guest does not come up: $(show systemd/journal)"
python3 "$LAB/check_guest.py" "$WORK/systemd" boot || fail "after systemd's boot the guest is elsewhere"
say "the unit ended $(((started - ended) / 1000)) ms before libvirtd started; the guest is in its pages"
