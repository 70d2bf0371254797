# Tests/Lab/effect/run.sh: sourced inside lab_libvirt: a guest with an untuned disk or card, and the two
# commands that a trial needs: `restart` starts it anew, `result` waits for the rate it has found.
. "$LAB/shapes.sh"

# effect_guest BUS FORMAT LOAD [CARD]: defines the guest 'effect' with that disk, and a card where asked;
# VCPUS, MEMORY (MiB) and BACKING (what memoryBacking holds) where it needs others.
effect_guest() {
  local dev=vda card=
  [ -z "${4:-}" ] || card="<interface type='user'><model type='$4'/></interface>"
  [ "$1" = virtio ] || dev=hda
  rm -f "$WORK/effect.img"
  truncate -s 160M "$WORK/effect.raw"
  mke2fs -q -F -t ext4 "$WORK/effect.raw"
  qemu-img convert -q -O "$2" "$WORK/effect.raw" "$WORK/effect.img"
  # Everything is allocated: an image that grows is another measurement.
  [ "$2" != raw ] || cp --sparse=never "$WORK/effect.raw" "$WORK/effect.img"
  cat >"$WORK/effect.xml" <<XML
<domain type='qemu'>
  <name>effect</name>
  <metadata>
    <os:libosinfo xmlns:os='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
      <os:os id='http://debian.org/debian/12'/>
    </os:libosinfo>
  </metadata>
  <memory unit='MiB'>${MEMORY:-512}</memory>
  ${BACKING:+<memoryBacking>$BACKING</memoryBacking>}
  <vcpu>${VCPUS:-2}</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>$VMLINUZ</kernel><initrd>$WORK/effect.cpio</initrd>
    <cmdline>console=ttyS0 quiet no_timer_check $hasty load=$3</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='$2' cache='writethrough'/>
      <source file='$WORK/effect.img'/><target dev='$dev' bus='$1'/>
    </disk>
    <serial type='file'><source path='$WORK/effect.console'/><target port='0'/></serial>
    <serial type='file'><source path='$WORK/effect.result'/><target port='1'/></serial>
    <memballoon model='none'/>
    $card
  </devices>
</domain>
XML
  virsh -q destroy effect 2>/dev/null || true
  virsh -q undefine effect 2>/dev/null || true
  virsh -q define "$WORK/effect.xml"
}

# effect_commands [MODULE...]: the two commands, and what the guest boots, with further drivers.
effect_commands() {
  "$LAB/mkinitrd" "$WORK/effect.cpio" "$LAB/effect/init.sh" /bin/busybox "$KERNEL" \
    "virtio_pci virtio_blk sd_mod ata_piix ext4 $*" "$LAB/guest/boot.sh=/boot.sh" \
    "$program=/usr/bin/tuned-vm" /bin/bash >/dev/null
  cat >"$WORK/restart" <<SCRIPT
#!/bin/bash
virsh -q destroy effect 2>/dev/null
: >$WORK/effect.result
exec virsh -q start effect
SCRIPT
  # An emulated processor of a loaded machine hangs now and then: then the guest is started again.
  cat >"$WORK/result" <<SCRIPT
#!/bin/bash
for _ in 1 2 3; do
  for _ in \$(seq 900); do
    ! grep -q RESULT $WORK/effect.result || {
      sed -n 's/\r//; s/^RESULT //p' $WORK/effect.result
      exec virsh -q destroy effect
    }
    sleep 0.1
  done
  $WORK/restart
done
tail -n 5 $WORK/effect.console $WORK/effect.result >&2
exit 1
SCRIPT
  chmod +x "$WORK/restart" "$WORK/result"
}

# effect_trial NAME UNIT RULE...: what these rules bring, more of UNIT being $BETTER (higher); the
# report in $WORK/NAME.json.
effect_trial() {
  local name=$1 unit=$2 rule rules=()
  shift 2
  for rule in "$@"; do rules+=(--only "$rule"); done
  "$program" trial --profile db --domain effect --only domain:effect "${rules[@]}" --yes \
    --state-dir "$WORK/state" --measure output --better "${BETTER:-higher}" --unit "$unit" --seed 1 \
    --before-each "$WORK/restart" --pairs "${LAB_PAIRS:-14}" --time-limit 1500 --format json \
    -- "$WORK/result" >"$WORK/$name.json" 2>"$WORK/$name.err" ||
    [ $? = 1 ] || fail "trial $name: $(tail -n 5 "$WORK/$name.err" "$WORK/effect.console")"
}
