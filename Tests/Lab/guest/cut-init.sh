#!/bin/sh
# Tests/Lab/guest/cut-init.sh: /init of the small host whose power fails. Its /etc, its journals and a
# captured host with a guest's definition lie on a disk. Each boot recovers, says in which state the
# host (live) and the captured one (tree) are, and then applies and takes back until the power goes.
. /boot.sh
mount -t ext4 /dev/vda /mnt || exec poweroff -f
[ -d /mnt/etc ] || { mkdir /mnt/etc /mnt/live.state /mnt/tree.state; cp -a /etc/. /mnt/etc/; sync; }
mount --bind /mnt/etc /etc
step=$(sed -n 's/.*step=\([a-z]*\).*/\1/p' /proc/cmdline)
now() { cut -d' ' -f1 /proc/uptime; }
program() { /usr/bin/tuned-vm "$@"; }
. /digest.sh
act() { # act live|tree apply|rollback|recover
  case $1-$2 in
    live-apply) program apply --yes --profile db --state-dir /mnt/live.state ;;
    tree-apply) program apply --yes --profile db --root /mnt/tree --state-dir /mnt/tree.state ;;
    live-recover) program recover --boot --state-dir /mnt/live.state ;;
    *) program "$2" --yes --state-dir "/mnt/$1.state" ;;
  esac >/tmp/$1.$2.out 2>&1
}
# What a boot does before the unit runs.
cat /etc/sysctl.d/*.conf 2>/dev/null | sed -n 's/ *= */=/p' | grep -v '^#' | while read -r line; do
  sysctl -q -w "$line"
done
for which in live tree; do
  [ "$step" = learn ] || act $which recover
  echo "STATE $which $(digest $which)"
done
case $step in
  learn)
    for which in live tree; do
      start=$(now)
      act $which apply
      code=$?
      echo "AFTER $which $(digest $which) $code $start $(now)"
      [ $code -le 1 ] || cat /tmp/$which.apply.out
      act $which rollback
      code=$?
      echo "AGAIN $which $(digest $which) $code $(now)"
      [ $code -eq 0 ] || cat /tmp/$which.rollback.out
    done
    ;;
  kill)
    # Real SIGKILLs at random moments, recovered at once.
    i=0
    while [ $i -lt 12 ]; do
      for which in live tree; do
        act $which apply &
        # The shell's function is a process of its own; its child is the program.
        (usleep $((RANDOM * 80)); kill -9 $(pidof tuned-vm)) 2>/dev/null
        wait $!
        program recover --state-dir /mnt/$which.state >/tmp/$which.recover.out 2>&1
        echo "KILLED $which $(digest $which) $?"
        act $which rollback
      done
      i=$((i + 1))
    done
    ;;
  cut)
    echo "LOOP"
    while :; do
      for which in live tree; do
        for what in apply rollback; do
          echo "BEGIN $which $what"
          act $which $what
          echo "END $which $what $?"
        done
      done
    done
    ;;
esac
sync
umount /etc
umount /mnt
poweroff -f
