#!/bin/bash
# Given a two-node host, when it is tuned with a full disk below the journal or below the drop-ins, or
# with knobs that are read-only or that another hand writes at once, then apply says so, ends with a code of the contract, and after recover
# the host is exactly as before, or as after where nothing stood in the way.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
LAB_FILES="$LAB/guest/digest.sh=/digest.sh"
lab_scenario two-nodes 900 "$LAB/guest/faults.sh" "$WORK/out"
read -r before after again <"$WORK/out/digests"
[ "$before" != "$after" ] || fail "a plain apply changes nothing: $(cat "$WORK/out/plain.out")"
[ "$before" = "$again" ] || fail "a plain rollback is not as before: $(cat "$WORK/out/plain.out")"
failed=0 count=0
while read -r name code recovered is said; do
  count=$((count + 1))
  case $code in
    0 | 1) wanted=after ;;
    73 | 74 | 77) wanted=before failed=$((failed + 1)) ;;
    *) fail "$name: exit code $code: $said" ;;
  esac
  [ "$recovered" = 0 ] || fail "$name: recover: exit code $recovered"
  [ "$is" = "$wanted" ] || fail "$name: exit code $code, yet the host is as $is: $said
$(cat "$WORK/out/third" 2>/dev/null)"
  [ "$wanted" = after ] || grep -qE 'No space left|[Rr]ead-only|zone_reclaim_mode' <<<"$said" ||
    say "$name says only: $said"
done <"$WORK/out/faults"
[ "$count" = 16 ] && [ "$failed" -ge 9 ] || fail "$failed of $count faults hit: $(cat "$WORK/out/faults")"
say "$failed of $count applies failed as they should: as before, byte for byte"
