#!/bin/bash
# Given an emulated two-node host with a baseline, when twelve things are changed by hand, then drift
# names exactly those with the kernel's values; put back, it is silent.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
start=$SECONDS
lab_scenario two-nodes 240 "$LAB/guest/drift.sh" "$WORK/out"
python3 "$LAB/check_drift.py" "$WORK/out" || fail "drift"
say "twelve changes are twelve entries ($((SECONDS - start)) s)"
