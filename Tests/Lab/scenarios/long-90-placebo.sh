#!/bin/bash
# Given this machine as it is, when the same state is measured twice by 100 trials (wake-up latency, at
# most 20 s each), then at least 95 of them claim no difference.
# Alone: it measures.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
trials=${LAB_TRIALS:-100} wrong=0 longest=0
for ((number = 1; number <= trials; number++)); do
  start=$SECONDS
  timeout 60 "$lab_program" trial --placebo --workload wakeup --time-limit 18 --format json \
    --state-dir "$WORK/state" >"$WORK/trial.json" 2>"$WORK/err" || [ $? = 1 ] ||
    fail "trial $number: $(cat "$WORK/err")"
  took=$((SECONDS - start))
  [ $took -le $longest ] || longest=$took
  claims=$(jq -r '[.metrics[] | select(.statement == "better" or .statement == "worse")] | length' \
    "$WORK/trial.json")
  [ "$claims" = 0 ] || wrong=$((wrong + 1))
done
say "$((trials - wrong)) of $trials placebo trials claim no difference (the longest took $longest s)"
[ $((wrong * 100)) -le $((trials * 5)) ] || fail "$wrong of $trials claim a difference"
