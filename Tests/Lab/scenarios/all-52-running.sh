#!/bin/bash
# Given an untuned KVM guest that runs on a two-node host, when it is tuned for latency, then its
# threads move to the planned CPUs and its memory to their node at once; moved away by hand, both are
# named and moved back; rolled back, threads and definition are as before. A guest that dies in the
# middle and a libvirtd restarted in the middle leave before or after, and no guest dies of it.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
lab_nested "$LAB/nested/actual.sh"
lab_nested_boot actual 1500
there=$WORK/actual
found() { jq -r '.findings[] | [.rule, .message, .evidence[0].source] | @tsv' "$there/$1.out"; }
placed() { python3 "$LAB/check_guest.py" "$there" "$1" --live; }

[ "$(code actual/apply)" = 0 ] || fail "apply: $(show actual/apply)"
! cmp -s "$there/before" "$there/after" || fail "the definition is as before"
placed pinned || fail "the running guest is not where its live definition says"
for what in vcpupin emulatorpin iothreadpin; do
  grep -q "<$what " "$there/pinned.xml" || fail "no $what on the running guest: $(show actual/apply)"
done
say "pinned as it ran, its memory beside it"

[ -z "$(found near)" ] || fail "memory that is near is blamed: $(found near)"
! placed away >/dev/null || fail "migratepages moved nothing"
found far | grep -q '^numa.remote-memory.*numa_maps' || fail "memory on the wrong node is not found"
[ "$(code actual/move)" = 0 ] || fail "moving it back: $(show actual/move)"
placed back || fail "memory was not moved back: $(show actual/move)"
mib=$({ placed away || true; } | sed -n "s/.*MiB by node.*$((1 - $(cat "$there/home"))): \([0-9]*\).*/\1/p")
[ "${mib:-0}" -ge 20 ] && [ "$(cat "$there/move.ms")" -ge $(((mib - 4) * 250)) ] ||
  fail "$mib MiB took $(cat "$there/move.ms") ms, but the rate was 4 MiB/s: $(show actual/move)"
[ -z "$(found again)" ] || fail "still blamed: $(found again)"
say "memory moved away by hand ($(placed away | grep -o "MiB by node.*")) is named and moved back, no faster than asked"

! placed pushed >/dev/null || fail "the thread was not moved by hand"
found found | grep -q "^cpu.affinity-actual.*$(cat "$there/thread")" || fail "a moved thread is not found"
placed repinned || fail "the thread was not pinned again: $(show actual/repin)"
say "a vCPU moved by hand is named and pinned again"

[ "$(code actual/rollback)" = 0 ] || fail "rollback: $(show actual/rollback)"
cmp -s "$there/before" "$there/restored" || fail "rollback: $(diff "$there/before" "$there/restored")"
threads() { grep -E '^(qemu-system|CPU |IO iothread)' "$there/$1.threads" | sort; }
[ "$(threads untuned)" = "$(threads unpinned)" ] ||
  fail "threads after rollback: $(diff <(threads untuned) <(threads unpinned))"
say "rolled back: definition and threads as before"

[ "$(code actual/gone)" -le 74 ] || fail "a guest that dies in the middle: $(show actual/gone)"
[ "$(code actual/gone.recover)" = 0 ] || fail "recover: $(show actual/gone.recover)"
[ "$(code actual/unpin)" = 0 ] || fail "rollback of a guest that is gone: $(show actual/unpin)"
cmp -s "$there/before" "$there/gone.xml" || fail "$(diff "$there/before" "$there/gone.xml")"
say "a guest that dies as its memory is moved: exit code $(code actual/gone), nothing left half done"

case $(code actual/restart) in
  0) wanted="cpu.*" ;;
  1 | 69 | 74) wanted=before ;;
  *) fail "libvirtd restarted in the middle: $(show actual/restart)" ;;
esac
[ "$(code actual/restart.recover)" = 0 ] || fail "recover: $(show actual/restart.recover)"
if [ "$wanted" = before ]; then
  cmp -s "$there/before" "$there/restart.xml" || fail "neither: $(diff "$there/before" "$there/restart.xml")"
else
  grep -q '<vcpupin' "$there/restart.xml" || fail "reported as done, but: $(cat "$there/restart.xml")"
fi
grep -q running "$there/restart.state" || fail "the guest is $(cat "$there/restart.state")"
say "libvirtd restarted in the middle: exit code $(code actual/restart), $wanted; the guest runs"
