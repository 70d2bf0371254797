#!/bin/bash
# Given a two-node host where one node has no memory to spare, when a guest is tuned for a database,
# then its huge pages are reserved on the other node alone, and it runs there; where no node has memory
# to spare, then it is said, no pool grows and the definition asks for no page that isn't there.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
lab_nested "$LAB/nested/scarce.sh"
lab_nested_boot scarce 900
there=$WORK/scarce
[ "$(code scarce/uneven)" -le 1 ] || fail "apply: $(show scarce/uneven)"
read -r zero one <"$there/uneven.pools"
[ "$zero" = 0 ] && [ "$one" -ge 64 ] || fail "128 MiB in huge pages, and the pools are $zero and $one"
[ "$(code scarce/uneven.start)" = 0 ] || fail "the guest does not start: $(show scarce/uneven.start)"
lies=$(python3 "$LAB/check_guest.py" "$there" uneven || true)
grep -q 'MiB by node: {1: 128}' <<<"$lies" || fail "the guest's memory is not in the pages: $lies"
[ "$(code scarce/back)" = 0 ] || fail "rollback: $(show scarce/back)"
cmp -s "$there/before.xml" "$there/back.xml" && cmp -s "$there/before.pools" "$there/back.pools" ||
  fail "rolled back, it is not as before: $(cat "$there/back.pools")"
say "one node full: $one pages on the other, and the guest in them"

[ "$(code scarce/scarce)" -le 1 ] || fail "apply: $(show scarce/scarce)"
cmp -s "$there/before.pools" "$there/scarce.pools" || fail "the pools are $(cat "$there/scarce.pools")"
! grep -q "<hugepages" "$there/scarce.xml" || fail "it asks for pages that aren't there: $(cat "$there/scarce.xml")"
grep -q "to spare now" "$there/asked.out" "$there/asked.err" || fail "nobody says why: $(show scarce/asked)"
[ "$(code scarce/scarce.start)" = 0 ] || fail "the guest does not start: $(show scarce/scarce.start)"
say "no node with room: $(grep -hm1 "to spare now" "$there/asked.out" "$there/asked.err" | sed 's/^ *//')"
