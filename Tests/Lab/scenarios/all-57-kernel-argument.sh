#!/bin/bash
# Given a host whose IOMMU is off in the firmware and not asked for on the kernel command line, when it
# is tuned, then the argument stands where the boot loader reads it and waits for a boot; booted with it
# and the firmware set right, the kernel has IOMMU groups and no rule speaks; booted without the
# firmware set right, the rule names the firmware; rolled back, the argument is gone.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
finds() { jq -r --arg rule "$2" '.findings[] | select(.rule == $rule) | .message' "$WORK/$1.out"; }

lab_scenario no-iommu 300 "$LAB/guest/kernel-argument.sh" "$WORK/first"
[ ! -s "$WORK/first/groups" ] || fail "the kernel has IOMMU groups already"
[ -n "$(finds first/before host.iommu-enabled)" ] || fail "no IOMMU, and nobody says so"
[ "$(code first/apply)" -le 1 ] || fail "apply: $(show first/apply)"
[ -z "$(finds first/after host.iommu-enabled)" ] || fail "still: $(finds first/after host.iommu-enabled)"
finds first/after host.pending-boot | grep -q 'intel_iommu=on' || fail "nothing waits for a boot"
[ "$(jq '[.changes[] | select(.kind != "advice")] | length' "$WORK/first/again.out")" = 0 ] ||
  fail "the second plan wants $(jq -c .changes "$WORK/first/again.out")"

# As grub-mkconfig does: the drop-ins are read by a shell, one after the other.
arguments=$(GRUB_CMDLINE_LINUX=quiet && for file in "$WORK"/first/*.cfg; do . "$file"; done &&
  echo "$GRUB_CMDLINE_LINUX")
[ "$arguments" = "quiet intel_iommu=on iommu=pt" ] || fail "the boot loader would say '$arguments'"

LAB_FILES="$WORK/first/carried.tar=/carried.tar" LAB_APPEND=$arguments
lab_scenario no-iommu 300 "$LAB/guest/kernel-argument.sh" "$WORK/half"
finds half/before host.iommu-enabled | grep -q . || fail "the firmware is not set right, and nobody says so"
[ -z "$(finds half/before host.pending-boot)" ] || fail "$(finds half/before host.pending-boot)"

lab_scenario iommu 300 "$LAB/guest/kernel-argument.sh" "$WORK/second"
[ -s "$WORK/second/groups" ] || fail "booted with $(cat "$WORK/second/cmdline"), and no IOMMU group"
for rule in host.iommu-enabled host.pending-boot; do
  [ -z "$(finds second/before $rule)" ] || fail "booted, yet $rule: $(finds second/before $rule)"
done
[ "$(code second/rollback)" = 0 ] || fail "rollback: $(show second/rollback)"
! ls "$WORK"/second/*.cfg >/dev/null 2>&1 || fail "the drop-in is still there"
say "written, waited for, in effect after the boot ($(wc -l <"$WORK/second/groups") IOMMU groups), taken back"
