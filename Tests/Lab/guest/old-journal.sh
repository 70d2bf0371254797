# A host as a program of journal version 1 left it, cut off in its second transaction.
state=/tmp/state
mkdir -p -m 700 $state $state/transactions /etc/sysctl.d
cp /000001.journal /000002.journal $state/transactions/
cp /drop-in /etc/sysctl.d/60-tuned-vm.conf
echo 5 >/proc/sys/vm/dirty_background_ratio
echo 10 >/proc/sys/vm/swappiness
echo always >/sys/kernel/mm/transparent_hugepage/enabled
chmod 600 $state/transactions/*
see() { # see NAME: as the kernel has it
  cat /proc/sys/vm/dirty_background_ratio /proc/sys/vm/swappiness >$out/$1
  sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled >>$out/$1
  ls /etc/sysctl.d >>$out/$1
}
tuned() {
  name=$1
  shift
  run $name /usr/bin/tuned-vm "$@" --state-dir $state
}
see found
tuned recover recover
see recovered
tuned history history --format json
# The new program goes on where the old one stopped.
tuned apply apply --profile db --only mem.thp --yes
see applied
tuned undo rollback --yes
see undone
tuned rollback rollback 1 --yes
see before
