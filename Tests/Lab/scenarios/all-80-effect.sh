#!/bin/bash
# Given a guest with an IDE disk that is written through, when its disk is tuned for a database, then
# a trial of guests that run before and after in turn finds at least twice the random reads a second
# with 32 at once, with 95 % confidence, and says where before and after don't promise the same.
# Alone: it measures.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/effect/run.sh"
[ -n "${LAB_INSIDE:-}" ] || lab_ready
lab_kernel
lab_libvirt "the effect of a tuned disk" qemu-img mke2fs jq
effect_commands
effect_guest ide raw disk-read
# By name: what could keep a guest from booting is never tried on a pattern's account.
LAB_PAIRS=10 effect_trial ide IOPS disk.bus disk.cache-mode disk.io-mode
jq -e '.metrics[0].lowPercent >= 100' "$WORK/ide.json" >/dev/null ||
  fail "tuned virtio against IDE: $(jq -c '.metrics[0] | del(.samples)' "$WORK/ide.json")"
jq -e '.remarks | length > 0' "$WORK/ide.json" >/dev/null ||
  fail "it doesn't say that writes were made safe before and aren't now"
say "$(jq -r '.metrics[0] | "IDE \(.before | floor) IOPS, tuned virtio \(.after | floor): +\(.changePercent) % (\(.lowPercent) to \(.highPercent))"' "$WORK/ide.json")"
