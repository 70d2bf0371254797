# Tests/Lab/guest/digest.sh: `digest live` and `digest tree` are a number each for everything that
# apply may write on the host and below /mnt/tree. Sourced in the guest.
knobs="/proc/sys/vm/swappiness /proc/sys/vm/dirty_ratio /proc/sys/vm/dirty_background_ratio
  /proc/sys/vm/zone_reclaim_mode /proc/sys/kernel/numa_balancing /sys/kernel/mm/transparent_hugepage/enabled
  /sys/kernel/mm/transparent_hugepage/defrag /sys/kernel/mm/ksm/run /sys/block/*/queue/scheduler
  /sys/block/*/queue/read_ahead_kb /sys/devices/system/cpu/cpufreq/policy*/scaling_governor
  /sys/module/kvm/parameters/halt_poll_ns"
digest() {
  case $1 in
    live)
      for f in $knobs; do echo "$f $(cat $f 2>/dev/null)"; done >/tmp/live.knobs
      (cat /tmp/live.knobs; cd /etc && find . -type f -exec md5sum {} + | sort -k 2) | md5sum
      ;;
    tree)
      (cd /mnt/tree && { find . | sort | xargs stat -c '%n %a'; find . -type f -exec md5sum {} + |
        sort -k 2; }) | md5sum
      ;;
  esac | cut -c1-12
}
