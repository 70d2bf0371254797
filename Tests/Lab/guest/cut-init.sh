#!/bin/sh
# Tests/Lab/guest/cut-init.sh: /init of the small host whose power fails. Its /etc, its journals and a
# captured host with a guest's definition lie on a disk. Each boot recovers, says in which state the
# host (live) and the captured one (tree) are, and then applies and takes back until the power goes.
# Kernel words: step=learn|kill|cut|strike, last=HUNDREDTHS of a second that a change lasts.
. /boot.sh
mount -t ext4 /dev/vda /mnt || exec poweroff -f
[ -d /mnt/etc ] || { mkdir /mnt/etc /mnt/live.state /mnt/tree.state; cp -a /etc/. /mnt/etc/; sync; }
mount --bind /mnt/etc /etc
step=$(sed -n 's/.*step=\([a-z]*\).*/\1/p' /proc/cmdline)
last=$(sed -n 's/.*last=\([0-9]*\).*/\1/p' /proc/cmdline)
RANDOM=$(hexdump -n 2 -e '"%d"' /dev/urandom)
hundredths() { cut -d' ' -f1 /proc/uptime | tr -d .; }
. /digest.sh
act() { # act live|tree apply|rollback|recover
  case $1-$2 in
    live-apply) set -- live apply apply --yes --profile db ;;
    tree-apply) set -- tree apply apply --yes --profile db --root /mnt/tree ;;
    live-recover) set -- live recover recover --boot ;;
    *) set -- "$1" "$2" "$2" --yes ;;
  esac
  local name=/tmp/$1.$2.out state=/mnt/$1.state
  shift 2
  exec /usr/bin/tuned-vm "$@" --state-dir $state >$name 2>&1
}
# touched WHICH WHAT: waits until this apply or rollback has written to its journal.
touched() {
  local number
  number=$(ls /mnt/$1.state/transactions 2>/dev/null | sed -n 's/^0*\([0-9]*\).journal/\1/p' | tail -n 1)
  [ $2 = rollback ] || number=$((${number:-0} + 1))
  number=$(printf '/mnt/%s.state/transactions/%06d.journal' $1 $number)
  touch /tmp/mark.$1
  echo >/tmp/ready
  while [ ! $number -nt /tmp/mark.$1 ]; do usleep 2000; done
}
# struck WHICH WHAT COMMAND...: does WHAT; COMMAND comes at a random moment of it, soon after its first
# record. `$target` is the program then.
struck() {
  local which=$1 what=$2 watcher code
  shift 2
  rm -f /tmp/ready
  (touched $which $what; usleep $((RANDOM * last / 3)); "$@") 2>/dev/null &
  watcher=$!
  while [ ! -e /tmp/ready ]; do usleep 2000; done
  (act $which $what) &
  echo $! >/tmp/target
  wait $!
  code=$?
  kill -9 $watcher 2>/dev/null
  return $code
}
slay() { kill -9 $(cat /tmp/target); }
blackout() { echo b >/proc/sysrq-trigger; }
# What a boot does before the unit runs.
cat /etc/sysctl.d/*.conf 2>/dev/null | sed -n 's/ *= */=/p' | grep -v '^#' | while read -r line; do
  sysctl -q -w "$line"
done
for which in live tree; do
  [ "$step" = learn ] || (act $which recover)
  echo "STATE $which $(digest $which)"
done
case $step in
  learn)
    spent=0
    for which in live tree; do
      rm -f /tmp/ready
      (touched $which apply; hundredths >/tmp/first) &
      while [ ! -e /tmp/ready ]; do usleep 2000; done
      start=$(hundredths)
      (act $which apply)
      code=$?
      end=$(hundredths)
      spent=$((spent + end - start))
      echo "AFTER $which $(digest $which) $code $((end - $(cat /tmp/first)))"
      [ $code -le 1 ] || cat /tmp/$which.apply.out
      start=$(hundredths)
      (act $which rollback)
      code=$?
      spent=$((spent + $(hundredths) - start))
      echo "AGAIN $which $(digest $which) $code $spent"
      [ $code -eq 0 ] || cat /tmp/$which.rollback.out
    done
    ;;
  kill)
    # Real SIGKILLs at random moments, recovered at once.
    for round in 1 2 3 4 5 6; do
      for which in live tree; do
        struck $which apply slay
        code=$?
        (act $which recover)
        is=$(digest $which)
        echo "KILLED $which $is $code apply"
        (act $which apply)
        struck $which rollback slay
        code=$?
        (act $which recover)
        echo "KILLED $which $(digest $which) $code rollback"
        (act $which rollback)
      done
    done
    ;;
  cut | strike)
    echo "LOOP"
    turn=$((RANDOM % 4))
    while :; do
      for which in live tree; do
        for what in apply rollback; do
          echo "BEGIN $which $what"
          if [ $step = strike ] && [ $turn -le 0 ]; then struck $which $what blackout; else (act $which $what); fi
          echo "END $which $what $?"
          turn=$((turn - 1))
          # Time for the power to fail while a change is done and not yet taken back.
          [ $step$what != cutapply ] || usleep $((RANDOM * 60))
        done
      done
    done
    ;;
esac
sync
umount /etc
umount /mnt
poweroff -f
