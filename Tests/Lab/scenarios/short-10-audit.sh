#!/bin/bash
# Given emulated two-node hosts of both looks, when topology, audit and capture run inside, then
# they say what that kernel says, change nothing, and the capture audits to the same findings.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
for look in two-nodes two-nodes-smt; do
  start=$SECONDS
  lab_scenario "$look" 240 "$LAB/guest/audit.sh" "$WORK/out"
  mkdir -p "$WORK/tree"
  tar -xzf "$WORK/out/capture.tar.gz" -C "$WORK/tree"
  "$lab_program" audit --root "$WORK/tree" --format json >"$WORK/out/replay.out" \
    2>"$WORK/out/replay.err" || true
  python3 "$LAB/check_audit.py" "$WORK/out" || fail "$look"
  rm -rf "$WORK/tree"
  say "$look: as its kernel says ($((SECONDS - start)) s)"
done
