# Tests/Lab/lib.sh: what all scenarios share: the kernel, the initial file system, the boot.
# Sourced by scripts with `set -euo pipefail`; LAB is this directory, CACHE outlives a clone.
# LAB_KEEP=1 leaves what a scenario made below /tmp, to look at.

LAB=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
CACHE=${TUNED_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tuned-vm}/lab
mkdir -p "$CACHE"
if [ -n "${LAB_INSIDE:-}" ]; then
  WORK=$LAB_INSIDE
else
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/tuned-vm-lab.XXXXXX")
  trap '[ -z "${lab_guest:-}" ] || lab_cut; [ -n "${LAB_KEEP:-}" ] || rm -rf "$WORK"' EXIT
fi

say() { printf '   %s\n' "$*"; }

# fail TEXT: end the scenario, with the console of the guest that was looked at, if there was one.
fail() {
  if [ -s "$WORK/console" ]; then
    echo "   --- the guest's console (its end):" >&2
    {
      tail -n 60 "$WORK/console"
      # For each processor: the kernel sees the flag all the same.
      grep -v "TCG doesn't support requested feature" "$WORK/qemu.log" | tail -n 20 || true
    } | sed 's/^/   | /' >&2
  fi
  printf '   FAILED: %s\n' "$*" >&2
  exit 1
}

# lab_kernel [FLAVOUR]: the newest kernel of the distribution, unpacked in the cache, never installed:
# the cloud kernel, or another flavour (`amd64` has drivers for emulated cards, and is large).
# Sets KERNEL (the tree) and VMLINUZ. Without a network an older one in the cache serves.
lab_kernel() {
  local package flavour=${1:-cloud-amd64}
  package=$(apt-cache depends "linux-image-$flavour" 2>/dev/null |
    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  if [ -n "$package" ] && [ ! -e "$CACHE/$package/boot" ]; then
    lab_fetch "$package" 9>"$CACHE/lock"
  fi
  KERNEL=$(ls -d "$CACHE"/linux-image-*[0-9]-"$flavour" 2>/dev/null | sort -V | tail -1)
  [ -n "$KERNEL" ] || { tail -n 3 "$CACHE/fetch.log" >&2; return 1; }
  VMLINUZ=$(ls "$KERNEL"/boot/vmlinuz-*)
}

# lab_fetch PACKAGE: downloads and unpacks a kernel; of scenarios side by side one does, the other waits.
lab_fetch() {
  flock 9
  [ ! -e "$CACHE/$1/boot" ] || return 0
  rm -rf "$CACHE/fetch"
  mkdir -p "$CACHE/fetch"
  if (cd "$CACHE/fetch" && apt-get download -q "$1") >"$CACHE/fetch.log" 2>&1; then
    rm -rf "$CACHE/new" && dpkg -x "$CACHE"/fetch/*.deb "$CACHE/new"
    depmod -b "$CACHE/new" "$(ls "$CACHE/new/lib/modules")"
    mv "$CACHE/new" "$CACHE/$1"
  fi
  rm -rf "$CACHE/fetch"
}

# lab_initrd OUT INIT FILE...: busybox, all modules a shape may want, and these programs.
LAB_MODULES="virtio_pci virtio_blk ext4 virtio_scsi virtio_net sd_mod sr_mod ata_piix nvme bfq
  kyber-iosched dm-mod raid1 loop zram tun bridge bonding 8021q vhost_net acpi-cpufreq
  cpufreq_powersave cpufreq_ondemand cpufreq_conservative"
lab_initrd() {
  local out=$1 init=$2
  shift 2
  "$LAB/mkinitrd" "$out" "$init" /bin/busybox "$KERNEL" "$LAB_MODULES kvm-amd kvm-intel" "$@" \
    >/dev/null
}

# lab_overlay BASE OUT FILE=DEST...: BASE with some more files, without packing BASE again.
lab_overlay() {
  local base=$1 out=$2 dir pair
  shift 2
  dir=$(mktemp -d "$WORK/overlay.XXXXXX")
  for pair in "$@"; do
    mkdir -p "$dir$(dirname "${pair#*=}")"
    cp "${pair%%=*}" "$dir${pair#*=}"
  done
  (cd "$dir" && find . | cpio -o -H newc --quiet) | cat "$base" - >"$out"
}

# lab_qemu INITRD APPEND QEMU-ARGUMENTS...: the command that boots a guest, in $qemu. Its console
# goes to $WORK/console, what it writes to /dev/ttyS2 to $WORK/result. COM2 stays empty: its
# scratch register is the frequency control register of mkssdt. no_timer_check: a kernel that
# believes in hardware counts ticks at boot and panics where a loaded machine lets them wait.
lab_qemu() {
  qemu=(qemu-system-x86_64 -accel "${LAB_ACCEL:-tcg,thread=multi}" -display none -no-reboot
    -nodefaults -kernel "$VMLINUZ" -initrd "$1"
    -append "console=ttyS0 quiet panic=-1 8250.nr_uarts=4 no_timer_check $2"
    -serial "file:$WORK/console" -serial null -serial "file:$WORK/result" "${@:3}")
}

# lab_start SECONDS INITRD APPEND QEMU-ARGUMENTS...: run a guest in the background, as $lab_guest. One
# boot in some hundred an emulated processor stands still for ever while it is brought up. Then nothing
# of ours has run yet (it would have said BOOTED), and the guest is started anew, at most twice.
lab_start() {
  local seconds=$1 try
  lab_qemu "${@:2}"
  for try in 1 2 3; do
    : >"$WORK/console"
    : >"$WORK/result"
    timeout --foreground -k 5 "$seconds" "${qemu[@]}" </dev/null >"$WORK/qemu.log" 2>&1 &
    lab_guest=$!
    ! lab_says 90 BOOTED || return 0
    # One that ended by itself, or the last one, is for the caller to judge.
    [ "$try" -lt 3 ] && kill -0 "$lab_guest" 2>/dev/null || return 0
    say "the emulated processors don't come up; started anew: $(tail -n 1 "$WORK/console")"
    lab_cut
  done
}

# lab_boot SECONDS INITRD APPEND QEMU-ARGUMENTS...: run a guest until it powers off.
lab_boot() {
  lab_start "$@"
  wait "$lab_guest" || {
    echo "   the guest did not end by itself within $1 s" >&2
    return 1
  }
}

# lab_says SECONDS TEXT: wait until the guest's console holds a line with this text.
lab_says() {
  local n
  for ((n = $1 * 5; n > 0; n--)); do
    ! grep -qs -e "$2" "$WORK/console" || return 0
    kill -0 "$lab_guest" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}

# lab_cut: the power fails. What the guest had not written to its disk is lost.
lab_cut() {
  pkill -KILL -P "$lab_guest" 2>/dev/null || true
  wait "$lab_guest" 2>/dev/null || true
  lab_guest=
}

# lab_shape NAME: QEMU's $arguments for a shape, its disks and its frequency table.
lab_shape() {
  shape "$1"
  arguments="$cpu $machine $(shape_disks)"
  [ -n "$cpus" ] || return 0
  "$LAB/mkssdt" "$cpus" "$WORK/pss.aml"
  arguments+=" -acpitable file=$WORK/pss.aml"
}

# lab_scenario SHAPE SECONDS SCRIPT OUT: boot SHAPE with the program inside, run SCRIPT there, and
# unpack what it left into OUT. LAB_FILES are further files for the guest, LAB_APPEND words for its
# kernel command line.
lab_program=${TUNED_VM_RELEASE:-$LAB/../../.build/release/tuned-vm}
lab_scenario() {
  local name=$1 seconds=$2 script=$3 out=$4
  [ -x "$lab_program" ] || fail "no program at $lab_program; run 'make build'"
  if [ ! -e "$WORK/scenario.cpio" ]; then
    lab_initrd "$WORK/scenario.cpio" "$LAB/guest/scenario-init.sh" "$LAB/guest/boot.sh=/boot.sh" \
      "$lab_program=/usr/bin/tuned-vm" /usr/bin/lstopo-no-graphics /usr/bin/numactl
  fi
  lab_shape "$name"
  echo "$setup" >"$WORK/setup.sh"
  lab_overlay "$WORK/scenario.cpio" "$WORK/boot.cpio" "$WORK/setup.sh=/setup.sh" \
    "$script=/scenario.sh" ${LAB_FILES:-}
  # shellcheck disable=SC2086
  lab_boot "$seconds" "$WORK/boot.cpio" "$(echo $append ${LAB_APPEND:-})" $arguments || fail "$name"
  rm -rf "$out"
  mkdir -p "$out"
  tar -xzf "$WORK/result" -C "$out" 2>/dev/null || fail "$name: nothing came back"
}

# lab_nested SCRIPT FILE...: the two-node host with libvirtd and the program, on a disk of its own in
# $WORK/root.img; SCRIPT runs inside at each boot, FILEs lie beside it in /lab. lab_nested_boot runs it.
lab_nested() {
  local image file
  if [ "$(id -u)" -ne 0 ] || ! command -v mmdebstrap >/dev/null; then
    say "skipped: the nested host needs root and mmdebstrap"
    exit 0
  fi
  [ -x "$lab_program" ] || fail "no program at $lab_program; run 'make build'"
  image=$(flock "$CACHE/root.lock" "$LAB/nested/mkroot") || { say "skipped: no Debian root could be made"; exit 0; }
  cp --sparse=always "$image" "$WORK/root.img"
  strip --strip-all -o "$WORK/tuned-vm" "$lab_program"
  set -- "$WORK/tuned-vm=/usr/bin/tuned-vm" "$1=/lab/scenario.sh" "${@:2}"
  for file in "$LAB"/nested/{init.sh,functions.sh,*.xml,*.yaml}; do set -- "$@" "$file=/lab/${file##*/}"; done
  lab_put "$WORK/root.img" "$@"
  "$LAB/mkinitrd" "$WORK/nested.cpio" "$LAB/nested/boot-init.sh" /bin/busybox "$KERNEL" \
    "virtio_pci virtio_blk ext4 kvm-amd acpi-cpufreq nvme" >/dev/null
  lab_shape two-nodes-libvirt
  arguments+=" -drive file=$WORK/root.img,format=raw,if=none,id=v0,cache=unsafe
    -device virtio-blk-pci,drive=v0,bus=pci.0"
}

# lab_put IMAGE FILE=DEST...: copies files onto a disk that isn't mounted: a guest would need seconds.
lab_put() {
  local image=$1 pair
  shift
  for pair in "$@"; do printf 'write %s %s\n' "${pair%%=*}" "${pair#*=}"; done >"$WORK/put"
  [ "$(debugfs -w -f "$WORK/put" "$image" 2>"$WORK/put.err" | grep -c '^Allocated inode')" = $# ] ||
    fail "these files could not be put on the disk: $* $(cat "$WORK/put.err")"
}

# lab_nested_boot STEP SECONDS: boot it until it powers off; what it leaves goes to $WORK/STEP.
lab_nested_boot() {
  # shellcheck disable=SC2086
  lab_boot "$2" "$WORK/nested.cpio" "step=$1 $append ${LAB_APPEND:-}" $arguments || fail "$1"
  rm -rf "${WORK:?}/$1"
  mkdir "$WORK/$1"
  tar -xzf "$WORK/result" -C "$WORK/$1" 2>/dev/null || fail "$1: nothing came back"
  sed -n 's/^\(\[[0-9. ]*\] [a-z.]*: \)/   \1/p' "$WORK/console"
}

# What a step left in $WORK: the exit code of a command, its first lines.
code() { cat "$WORK/$1.code" 2>/dev/null || echo none; }
show() { cat "$WORK/$1.out" "$WORK/$1.err" 2>/dev/null | head -n 20; }

# lab_ready: what a scenario needs, or one line why it is skipped (exit code 0 for the runner).
lab_ready() {
  local need
  for need in qemu-system-x86_64 cpio iasl modprobe numactl lstopo-no-graphics python3 jq; do
    command -v "$need" >/dev/null || PATH=$PATH:/usr/sbin:/sbin command -v "$need" >/dev/null || {
      say "skipped: no $need here ('make setup' installs it)"
      exit 0
    }
  done
  if [ ! -x /bin/busybox ] || ldd /bin/busybox >/dev/null 2>&1; then
    say "skipped: no static busybox here ('make setup' installs it)"
    exit 0
  fi
  if ! lab_kernel; then
    say "skipped: no kernel (no network, and none in $CACHE)"
    exit 0
  fi
}

# lab_libvirt WHAT NEED...: a scenario's lines after this run inside, with a libvirtd of their own at
# qemu:///system, and $program, the program that is looked at.
lab_libvirt() {
  local what=$1 need
  shift
  program=${TUNED_VM:-$lab_program}
  [ -x "$program" ] || program=$LAB/../../.build/debug/tuned-vm
  program=$(realpath -m "$program")
  export LIBVIRT_DEFAULT_URI=qemu:///system
  [ -z "${LAB_INSIDE:-}" ] || return 0
  for need in libvirtd virsh qemu-system-x86_64 "$@"; do
    command -v "$need" >/dev/null || { say "skipped: no $need here"; exit 0; }
  done
  [ "$(id -u)" = 0 ] || { say "skipped: a private libvirtd needs root"; exit 0; }
  [ "$(nproc)" -gt 1 ] || { say "skipped: one CPU leaves no place to move to"; exit 0; }
  [ -x "$program" ] || fail "no program at $program; run 'make build'"
  "$LAB/libvirtd-here" "$WORK/libvirt" env "LAB_INSIDE=$WORK" bash "$(realpath "$0")" || fail "$what"
  exit 0
}
