#!/bin/bash
# Given the two-node host with libvirtd and two guests' definitions, when its power fails at random
# moments of apply and rollback, then after the next boot's recover definitions, knobs and files are
# exactly as before or as after.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
. "$LAB/cuts.sh"
lab_ready
lab_nested "$LAB/nested/cut.sh"
lab_nested_boot learn 900
before[host]=$(word 'STATE host' 1) after[host]=$(word 'AFTER host' 1)
[ "$(word 'AFTER host' 2)" -le 1 ] && [ "${before[host]}" != "${after[host]}" ] ||
  fail "apply changed nothing: $(show learn/apply)"
[ "$(word 'AGAIN host' 1)" = "${before[host]}" ] ||
  fail "rollback: $(diff "$WORK/learn/look.before" "$WORK/learn/look.again")"
last=$(($(word 'AFTER host' 3) / 3))
start() {
  # shellcheck disable=SC2086
  lab_start 1500 "$WORK/nested.cpio" "step=$1 last=$last $append" $arguments
}
cut_power "${LAB_NESTED_CUTS:-5}" "$(word 'AGAIN host' 3)" start host
