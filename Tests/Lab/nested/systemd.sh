# Tests/Lab/nested/systemd.sh: tunes a guest that starts with the host and installs the boot unit; the
# next boot is systemd's, and lab.service looks at what became of it (as `look`).
if [ "${1:-}" = look ]; then
  . /lab/functions.sh
  for _ in $(seq 600); do virsh list --name 2>/dev/null | grep -qx db && break; sleep 0.5; done
  up db
  whereabouts db boot
  virsh dumpxml --inactive db >$out/boot.xml
  run restore systemctl show tuned-vm-restore.service -p Result -p ExecMainExitTimestampMonotonic \
    -p ActiveState
  run libvirtd systemctl show libvirtd.service -p InactiveExitTimestampMonotonic -p ActiveState
  run journal journalctl -b -u tuned-vm-restore.service -u libvirtd.service --no-pager
  run verify systemd-analyze verify --man=no /etc/systemd/system/tuned-vm-restore.service
  cat /sys/devices/system/cpu/cpufreq/policy*/scaling_governor | sort -u >$out/governor
  cat /proc/sys/vm/dirty_background_ratio >$out/dirty
  cat /sys/block/nvme0n1/queue/scheduler >$out/scheduler
  virsh destroy db
  deliver
  sync
  systemctl poweroff --force --force
  exit
fi
profile=/lab/db-lab.yaml
virsh define /lab/db.xml >/dev/null
virsh autostart db >/dev/null
run apply /usr/bin/tuned-vm apply --profile $profile --yes
cp /lab/*.service /etc/systemd/system/
mkdir -p /etc/systemd/system/multi-user.target.wants
for unit in tuned-vm-restore lab; do
  ln -sf ../$unit.service /etc/systemd/system/multi-user.target.wants/
done
sed -i '/log_outputs/d' /etc/libvirt/libvirtd.conf
