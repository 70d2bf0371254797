# Tests/Lab/lib.sh: what all scenarios share: the kernel, the initial file system, the boot.
# Sourced by scripts with `set -euo pipefail`; LAB is this directory, CACHE outlives a clone.

LAB=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
CACHE=${TUNED_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tuned-vm}/lab
mkdir -p "$CACHE"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tuned-vm-lab.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

say() { printf '   %s\n' "$*"; }

# fail TEXT: end the scenario, with the console of the guest that was looked at, if there was one.
fail() {
  if [ -s "$WORK/console" ]; then
    echo "   --- the guest's console (its end):" >&2
    tail -n 60 "$WORK/console" "$WORK/qemu.log" | sed 's/^/   | /' >&2
  fi
  printf '   FAILED: %s\n' "$*" >&2
  exit 1
}

# The newest cloud kernel of the distribution, unpacked in the cache, never installed.
# Sets KERNEL (the tree) and VMLINUZ. Without a network an older one in the cache serves.
lab_kernel() {
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  if [ -n "$package" ] && [ ! -e "$CACHE/$package/boot" ]; then
    rm -rf "$CACHE/fetch"
    mkdir -p "$CACHE/fetch"
    if (cd "$CACHE/fetch" && apt-get download -q "$package") >"$CACHE/fetch.log" 2>&1; then
      rm -rf "$CACHE/new" && dpkg -x "$CACHE"/fetch/*.deb "$CACHE/new"
      depmod -b "$CACHE/new" "$(ls "$CACHE/new/lib/modules")"
      mv "$CACHE/new" "$CACHE/$package"
    fi
    rm -rf "$CACHE/fetch"
  fi
  KERNEL=$(ls -d "$CACHE"/linux-image-* 2>/dev/null | sort -V | tail -1)
  [ -n "$KERNEL" ] || { tail -n 3 "$CACHE/fetch.log" >&2; return 1; }
  VMLINUZ=$(ls "$KERNEL"/boot/vmlinuz-*)
}

# lab_initrd OUT INIT FILE...: busybox, all modules a shape may want, and these programs.
LAB_MODULES="virtio_pci virtio_blk virtio_scsi virtio_net sd_mod sr_mod ata_piix nvme bfq
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

# lab_boot SECONDS INITRD APPEND QEMU-ARGUMENTS...: run a guest until it powers off. Its console
# goes to $WORK/console, what it writes to /dev/ttyS2 to $WORK/result. COM2 stays empty: its
# scratch register is the frequency control register of mkssdt. no_timer_check: a kernel that
# believes in hardware counts ticks at boot and panics where a loaded machine lets them wait.
lab_boot() {
  local seconds=$1 initrd=$2 append=$3 accel=tcg,thread=multi
  shift 3
  [ -z "${LAB_ACCEL:-}" ] || accel=$LAB_ACCEL
  : >"$WORK/result"
  timeout -k 5 "$seconds" qemu-system-x86_64 -accel "$accel" -display none -no-reboot -nodefaults \
    -kernel "$VMLINUZ" -initrd "$initrd" \
    -append "console=ttyS0 quiet panic=-1 8250.nr_uarts=4 no_timer_check $append" \
    -serial "file:$WORK/console" -serial null -serial "file:$WORK/result" "$@" \
    </dev/null >"$WORK/qemu.log" 2>&1 || {
    echo "   the guest did not end by itself within $seconds s" >&2
    return 1
  }
}

# lab_scenario SHAPE SECONDS SCRIPT OUT: boot SHAPE with the program inside, run SCRIPT there, and
# unpack what it left into OUT. LAB_FILES are further files for the guest.
lab_program=${TUNED_VM_RELEASE:-$LAB/../../.build/release/tuned-vm}
lab_scenario() {
  local name=$1 seconds=$2 script=$3 out=$4 arguments
  [ -x "$lab_program" ] || fail "no program at $lab_program; run 'make build'"
  if [ ! -e "$WORK/scenario.cpio" ]; then
    lab_initrd "$WORK/scenario.cpio" "$LAB/guest/scenario-init.sh" "$LAB/guest/boot.sh=/boot.sh" \
      "$lab_program=/usr/bin/tuned-vm" /usr/bin/lstopo-no-graphics /usr/bin/numactl
  fi
  shape "$name"
  arguments="$cpu $machine $(shape_disks)"
  if [ -n "$cpus" ]; then
    "$LAB/mkssdt" "$cpus" "$WORK/pss.aml"
    arguments+=" -acpitable file=$WORK/pss.aml"
  fi
  echo "$setup" >"$WORK/setup.sh"
  lab_overlay "$WORK/scenario.cpio" "$WORK/boot.cpio" "$WORK/setup.sh=/setup.sh" \
    "$script=/scenario.sh" ${LAB_FILES:-}
  # shellcheck disable=SC2086
  lab_boot "$seconds" "$WORK/boot.cpio" "$(echo $append)" $arguments || fail "$name"
  rm -rf "$out"
  mkdir -p "$out"
  tar -xzf "$WORK/result" -C "$out" 2>/dev/null || fail "$name: nothing came back"
}

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
