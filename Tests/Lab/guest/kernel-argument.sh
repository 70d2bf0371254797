# A host without an IOMMU is tuned for latency; /carried.tar, if there, is what a boot before left in
# /etc/default and the state directory.
mkdir -p /etc/default/grub.d
[ ! -e /carried.tar ] || tar -xf /carried.tar -C /
tuned() {
  name=$1
  shift
  run $name /usr/bin/tuned-vm "$@" --profile latency
}
tuned before audit --only 'host.*' --format json
ls /sys/kernel/iommu_groups >$out/groups
cat /proc/cmdline >$out/cmdline
if [ -e /carried.tar ]; then
  run rollback /usr/bin/tuned-vm rollback --yes --state-dir /state
else
  tuned apply apply --only host.iommu-enabled --yes --state-dir /state
  tuned again plan --only host.iommu-enabled --format json --state-dir /state
fi
tuned after audit --only 'host.*' --format json
cp /etc/default/grub.d/* $out/ 2>/dev/null
tar -cf $out/carried.tar -C / etc/default $([ ! -e /state ] || echo state)
