#!/bin/bash
# Given a small host on a disk, when its power fails (or the program is killed) at random moments
# of apply and rollback, then after the next boot's recover it is exactly as before or as after, files
# and knobs, the guest's definition too; what had been reported as done is done.
# LAB_CUTS says how often: 10, with `make lab-long` 200.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
lab_ready
cuts=${LAB_CUTS:-10}
tree=$WORK/disk/tree
mkdir -p "$WORK/disk"
"$LAB/../../scripts/host-archive" unpack "$LAB/../Fixtures/hosts/two-nodes.host" "$tree"
mkdir -p "$tree/etc/libvirt/qemu"
cp "$LAB/guest/web1.xml" "$tree/etc/libvirt/qemu/"
truncate -s 64M "$WORK/virtio.img"
mke2fs -q -F -t ext4 -N 16384 -d "$WORK/disk" "$WORK/virtio.img"
lab_initrd "$WORK/cut.cpio" "$LAB/guest/cut-init.sh" "$LAB/guest/boot.sh=/boot.sh" \
  "$LAB/guest/digest.sh=/digest.sh" "$lab_program=/usr/bin/tuned-vm"
lab_shape two-nodes
word() { sed -n "s/\r//; s/^$1 \(.*\)/\1/p" "$WORK/console" | awk "{ print \$$2 }" | tail -n 1; }

# What before and after look like, and how long a turn takes.
# shellcheck disable=SC2086
lab_boot 300 "$WORK/cut.cpio" step=learn $arguments || fail "the first boot"
declare -A before after
for which in live tree; do
  before[$which]=$(word "STATE $which" 1) after[$which]=$(word "AFTER $which" 1)
  [ "$(word "AFTER $which" 2)" -le 1 ] && [ "${before[$which]}" != "${after[$which]}" ] ||
    fail "$which: apply changed nothing"
  [ "$(word "AGAIN $which" 1)" = "${before[$which]}" ] || fail "$which: rollback is not as before"
done
turn=$(($(word 'AGAIN tree' 3) + 1)) last=$(word 'AFTER live' 3)
say "applied and rolled back, files and knobs as before; $last of $turn hundredths of a second are a change"

# judge WHICH DIGEST [WANTED]: before or after, and no other; which it $is.
declare -A seen
judge() {
  is=third
  [ "$2" != "${before[$1]}" ] || is=before
  [ "$2" != "${after[$1]}" ] || is=after
  [ $is != third ] || fail "$1 is neither as before (${before[$1]}) nor as after (${after[$1]}): $2"
  [ "${3:-any}" = any ] || [ "$3" = $is ] || fail "$1 is as $is; it had been reported as $3"
  seen[$is]=$((${seen[$is]:-0} + 1))
}
counts() { echo "before ${seen[before]:-0}, after ${seen[after]:-0}, neither 0"; }

# shellcheck disable=SC2086
lab_boot 600 "$WORK/cut.cpio" "step=kill last=$last" $arguments || fail "kills"
while read -r _ which digest _; do judge "$which" "$digest"; done < <(grep '^KILLED' "$WORK/console" | tr -d '\r')
say "killed: $(counts)"
seen=()

declare -A reported=([live]=any [tree]=any)
for ((number = 1; number <= cuts; number++)); do
  # Every second one from outside, at any moment; the others from inside, while something is changed.
  step=$([ $((number % 2)) = 0 ] && echo cut || echo strike)
  # shellcheck disable=SC2086
  lab_start 400 "$WORK/cut.cpio" "step=$step last=$last" $arguments
  lab_says 240 '^LOOP' || fail "cut $number: the host does not come up"
  if [ "$step" = cut ]; then
    sleep "$(awk -v t="$turn" -v r="$RANDOM" 'BEGIN { print 1.2 * t / 100 * r / 32768 }')"
    lab_cut
  else
    wait "$lab_guest" || fail "cut $number: the power did not fail"
    lab_guest=
  fi
  for which in live tree; do
    [ -n "$(word "STATE $which" 1)" ] || fail "cut $number: $which says no state"
    judge "$which" "$(word "STATE $which" 1)" "${reported[$which]}"
    reported[$which]=$is
    line=$(tr -d '\r' <"$WORK/console" | grep -E "^(BEGIN|END) $which" | tail -n 1 || true)
    case $line in
      "END $which apply "[01]) reported[$which]=after ;;
      "END $which rollback 0") reported[$which]=before ;;
      "") ;;
      *) reported[$which]=any ;;
    esac
  done
done
say "$cuts power cuts: $(counts)"
