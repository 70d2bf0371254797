#!/bin/bash
# Given a small host on a disk, when its power fails (or the program is killed) at random moments
# of apply and rollback, then after the next boot's recover it is exactly as before or as after, files
# and knobs, the guest's definition too; what had been reported as done is done.
# LAB_CUTS says how often: 10, with `make lab-long` 100 in each of two hosts.
set -euo pipefail
. "$(dirname "$(realpath "$0")")/../lib.sh"
. "$LAB/shapes.sh"
. "$LAB/cuts.sh"
lab_ready
cuts=${LAB_CUTS:-10}
tree=$WORK/disk/tree
mkdir -p "$WORK/disk"
"$LAB/../../scripts/host-archive" unpack "$LAB/../Fixtures/hosts/two-nodes.host" "$tree"
mkdir -p "$tree/etc/libvirt/qemu"
cp "$LAB/guest/web1.xml" "$tree/etc/libvirt/qemu/"
truncate -s 64M "$WORK/virtio.img"
mke2fs -q -F -t ext4 -N 16384 -d "$WORK/disk" "$WORK/virtio.img"
# What a boot loads, it loads at each of the cuts.
LAB_MODULES="virtio_pci virtio_blk ext4 nvme acpi-cpufreq cpufreq_powersave"
lab_initrd "$WORK/cut.cpio" "$LAB/guest/cut-init.sh" "$LAB/guest/boot.sh=/boot.sh" \
  "$LAB/guest/digest.sh=/digest.sh" "$lab_program=/usr/bin/tuned-vm"
lab_shape two-nodes
# What before and after look like, and how long a turn takes.
# shellcheck disable=SC2086
lab_boot 300 "$WORK/cut.cpio" "step=learn $hasty" $arguments || fail "the first boot"
for which in live tree; do
  before[$which]=$(word "STATE $which" 1) after[$which]=$(word "AFTER $which" 1)
  [ "$(word "AFTER $which" 2)" -le 1 ] && [ "${before[$which]}" != "${after[$which]}" ] ||
    fail "$which: apply changed nothing"
  [ "$(word "AGAIN $which" 1)" = "${before[$which]}" ] || fail "$which: rollback is not as before"
done
# A turn has two pauses of some 100 hundredths each.
turn=$(($(word 'AGAIN tree' 3) + 200)) last=$(word 'AFTER live' 3)
say "applied and rolled back, files and knobs as before; $last of $turn hundredths of a second are a change"

# shellcheck disable=SC2086
lab_boot 600 "$WORK/cut.cpio" "step=kill last=$last $hasty" $arguments || fail "kills"
while read -r _ which digest _; do judge "$which" "$digest"; done < <(grep '^KILLED' "$WORK/console" | tr -d '\r')
say "killed: $(counts)"
start() {
  # shellcheck disable=SC2086
  lab_start 900 "$WORK/cut.cpio" "step=$1 last=$last $hasty" $arguments
}
cut_power "$cuts" "$turn" start live tree
