#!/bin/bash
# Given a host that a program of journal version 1 tuned, and that was cut off in its next transaction,
# when the new program is installed, then recover takes back what was cut off, history names both, the
# new program's own transactions go on beside them, and the old one is rolled back value by value.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
mkdir "$WORK/old"
python3 "$LAB/old_journal.py" "$WORK/old"
LAB_FILES=$(for file in "$WORK"/old/*; do echo "$file=/${file##*/}"; done)
lab_scenario two-nodes 300 "$LAB/guest/old-journal.sh" "$WORK/out"
is() { # is WHEN VALUES COMMAND: background ratio, swappiness, huge pages, drop-ins of sysctl
  local found
  found=$(xargs <"$WORK/out/$1")
  [ "$found" = "$2" ] || fail "$1: '$found', not '$2': $(show "out/$3")"
}
is found "5 10 always 60-tuned-vm.conf" recover
[ "$(code out/recover)" = 0 ] || fail "recover: $(show out/recover)"
is recovered "5 60 always 60-tuned-vm.conf" recover
[ "$(jq -c '[.transactions[] | .id] | sort' "$WORK/out/history.out")" = '["1","2"]' ] ||
  fail "history: $(show out/history)"
[ "$(code out/apply)" -le 1 ] || fail "apply: $(show out/apply)"
is applied "5 60 madvise 60-tuned-vm.conf" apply
is undone "5 60 always 60-tuned-vm.conf" undo
[ "$(code out/rollback)" = 0 ] || fail "rollback: $(show out/rollback)"
is before "10 60 always" rollback
say "what version 1 left half done is taken back, what it did is rolled back"
