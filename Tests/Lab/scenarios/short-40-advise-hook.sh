#!/bin/bash
# Given the program under numad's name and as libvirt's migration hook, when a guest with
# placement='auto' starts and a pinned one migrates to a host where its CPU is taken, then the first
# has the nodes advised and the second a CPU of its own; restoring changes nothing, and a hook in
# doubt hands the definition through.
# Alone: the adviser has 0.9 s to answer.
set -euo pipefail
LAB=$(dirname "$(realpath "$0")")/..
if [ "${1:-}" = --host ]; then
  # One host: a libvirtd with its own name, uuid, files and sockets below DIR.
  dir=$2
  hostname "$(basename "$dir")"
  mount --make-rprivate /
  mount --bind "$dir/etc" /etc/libvirt
  # Debian's libvirtd wants its user, which libvirt-daemon-system makes.
  if ! getent passwd libvirt-qemu >/dev/null; then
    for list in passwd group; do
      { cat /etc/$list; [ $list = group ] || echo 'libvirt-qemu:x:64055:64055::/:/bin/false'
        [ $list = passwd ] || echo 'libvirt-qemu:x:64055:'; } >"$dir/$list"
      mount --bind "$dir/$list" /etc/$list
    done
  fi
  mount -t tmpfs none /run
  for place in lib cache log; do
    mkdir -p "/run/var/$place/up" "/run/var/$place/work"
    mount -t overlay none -o \
      "lowerdir=/var/$place,upperdir=/run/var/$place/up,workdir=/run/var/$place/work" "/var/$place"
    mkdir -p "/var/$place/libvirt"
    mount -t tmpfs none "/var/$place/libvirt"
  done
  mkdir -p /run/over/up /run/over/work
  mount -t overlay none -o "lowerdir=/usr/bin,upperdir=/run/over/up,workdir=/run/over/work" /usr/bin
  cp "$dir/../tuned-vm" /usr/bin/tuned-vm
  cat >/usr/bin/numad <<SCRIPT
#!/bin/bash
answer=\$(exec -a numad /usr/bin/tuned-vm "\$@")
status=\$?
echo "\$* = \$answer" >>"$dir/numad.log"
echo "\$answer"
exit \$status
SCRIPT
  chmod +x /usr/bin/numad
  libvirtd -f /etc/libvirt/libvirtd.conf &
  daemon=$!
  # The first process of a namespace reaps what libvirt leaves behind.
  while kill -0 "$daemon" 2>/dev/null; do sleep 0.2 & wait $! || true; done
  exit 0
fi
. "$LAB/lib.sh"
for need in libvirtd virsh qemu-system-x86_64; do
  command -v "$need" >/dev/null || { say "skipped: no $need here"; exit 0; }
done
[ "$(id -u)" = 0 ] || { say "skipped: a private libvirtd needs root"; exit 0; }
[ "$(nproc)" -ge 2 ] || { say "skipped: one CPU leaves nothing to choose"; exit 0; }
program=${TUNED_VM:-.build/release/tuned-vm}
[ -x "$program" ] || program=.build/debug/tuned-vm
cp "$program" "$WORK/tuned-vm"

hosts=()
trap 'for pid in "${hosts[@]}"; do kill -9 -- "$pid" 2>/dev/null || true; done; sleep 0.3
  rm -rf "$WORK"' EXIT
start_host() {
  local dir=$WORK/$1 uuid=$2
  mkdir -p "$dir/etc" "$dir/sock"
  cp -a /etc/libvirt/. "$dir/etc/"
  rm -f "$dir"/etc/qemu/*.xml
  printf '%s\n' "unix_sock_dir=\"$dir/sock\"" 'auth_unix_rw="none"' "host_uuid=\"$uuid\"" \
    "log_outputs=\"2:file:$dir/libvirtd.log\"" >"$dir/etc/libvirtd.conf"
  printf '%s\n' 'user="root"' 'group="root"' 'dynamic_ownership=0' 'remember_owner=0' \
    'security_driver="none"' 'stdio_handler="file"' 'namespaces=[]' >"$dir/etc/qemu.conf"
  # What the hook was asked and what it said, beside the hook itself.
  mkdir -p "$dir/etc/hooks/qemu.d"
  sed "s|exec /usr/bin/tuned-vm|exec $dir/hook|" "$LAB/../../packaging/libvirt/50-tuned-vm" \
    >"$dir/etc/hooks/qemu.d/50-tuned-vm"
  cat >"$dir/hook" <<SCRIPT
#!/bin/bash
cat >"$dir/hook.in"
echo "\$*" >>"$dir/hook.log"
/usr/bin/tuned-vm "\$@" <"$dir/hook.in" 2>>"$dir/hook.err" | tee "$dir/hook.out"
SCRIPT
  chmod +x "$dir/hook" "$dir/etc/hooks/qemu.d/50-tuned-vm"
  unshare -m -p -u -f --mount-proc --kill-child "$(realpath "$0")" --host "$dir" \
    >"$dir/out" 2>&1 </dev/null &
  hosts+=($!)
  disown
  for _ in $(seq 150); do [ -S "$dir/sock/libvirt-sock" ] && return 0; sleep 0.1; done
  cat "$dir/out" >&2
  fail "no libvirtd on $1"
}
on() { local host=$1; shift; virsh -q -c "qemu:///system?socket=$WORK/$host/sock/libvirt-sock" "$@"; }
guest() { # NAME VCPU-ATTRIBUTES MORE
  cat <<XML
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>32</memory>
  <vcpu $2>1</vcpu>
  $3
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <on_crash>destroy</on_crash>
  <devices><memballoon model='none'/></devices>
</domain>
XML
}
pin() { echo "<cputune><vcpupin vcpu='0' cpuset='$1'/></cputune>"; }

start_host here 11111111-2222-4333-8444-555555555555
start_host there 66666666-7777-4888-8999-aaaaaaaaaaaa

guest auto "placement='auto'" '' >"$WORK/auto.xml"
on here define "$WORK/auto.xml" >/dev/null
on here start auto >/dev/null || { tail -5 "$WORK/here/libvirtd.log" >&2; fail "placement='auto'"; }
grep -q '^-w 1:32 = ' "$WORK/here/numad.log" || fail "libvirt did not ask"
nodes=$(sed -n '1s/.* = //p' "$WORK/here/numad.log")
pid=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -c 'guest=auto,' || true)
[ "$pid" -ge 1 ] || fail "the guest is not there"
on here dumpxml auto | grep -q "placement='auto'" || fail "the definition changed"
say "placement='auto' starts on node $nodes, as advised"
on here destroy auto >/dev/null

guest resident '' "$(pin 1)" >"$WORK/resident.xml"
guest mover '' "$(pin 1)" >"$WORK/mover.xml"
on there create "$WORK/resident.xml" >/dev/null
on here create "$WORK/mover.xml" >/dev/null
on here migrate --live mover "qemu:///system?socket=$WORK/there/sock/libvirt-sock" \
  --migrateuri tcp://127.0.0.1 2>"$WORK/migrate.err" || {
  cat "$WORK/migrate.err" "$WORK/there/hook.err" >&2
  fail "the guest did not migrate"
}
grep -q 'hook -- mover migrate begin -' "$WORK/there/hook.log" || fail "the hook was not called"
cpu=$(on there dumpxml mover | sed -n "s/.*vcpupin vcpu='0' cpuset='\([^']*\)'.*/\1/p")
[ "$cpu" = 0 ] || { cat "$WORK/there/hook.err"; fail "the mover has CPU '$cpu' where 1 is taken"; }
mask=$(for task in /proc/[0-9]*/task/[0-9]*; do
  grep -qs 'CPU 0/TCG' "$task/comm" || continue
  tr '\0' ' ' <"${task%/task/*}/cmdline" | grep -q 'guest=mover' || continue
  sed -n 's/^Cpus_allowed_list:\t//p' "$task/status"
done)
[ "$mask" = 0 ] || fail "its thread may run on '$mask'"
say "a guest pinned to CPU 1 arrives where that is taken and runs on CPU 0"

on there save mover "$WORK/saved" >/dev/null
on there restore "$WORK/saved" >/dev/null || fail "a saved guest does not come back"
[ "$(on there dumpxml mover | sed -n "s/.*vcpupin vcpu='0' cpuset='\([^']*\)'.*/\1/p")" = 0 ] ||
  fail "restoring changed its pins"
say "saved and restored, unchanged"

# In doubt: other bytes than a domain come back as they are, at once, and with 0.
for input in '' 'no XML' '<domain><name>x</name>' "$(guest floating '' '')"; do
  answer=$(printf '%s' "$input" | "$WORK/tuned-vm" hook -- g migrate begin -) || fail "hook: not 0"
  [ "$answer" = "$input" ] || fail "hook: changed '$input'"
done
say "what it cannot judge is handed through"
on there destroy mover >/dev/null
on there destroy resident >/dev/null
