# Tests/Lab/nested/advise.sh: runs in the nested host. libvirt asks for the nodes of a guest with
# placement='auto' while another guest has one node's CPUs, then the other's; and for a guest that no
# single node holds. The program answers by numad's name, as the package installs it. After 0.9 s it
# says every node, which an emulated processor needs now and then: such an answer is asked for again.
cat >/usr/bin/numad <<'SCRIPT'
#!/bin/bash
began=$(date +%s%3N)
answer=$(exec -a numad /usr/bin/tuned-vm "$@")
status=$?
took=$(($(date +%s%3N) - began))
[ $took -ge 900 ] && log=late || log=log
echo "$took ms, $* = $answer" >>/tmp/out/numad.$log
echo "$answer"
exit $status
SCRIPT
chmod +x /usr/bin/numad
guest() { # guest NAME VCPUS EDITS: db.xml by another name and size, and what sed is told besides
  sed -e "s|<name>db<|<name>$1<|; s|/tmp/db.serial|/tmp/$1.serial|; s|>4</vcpu>|>$2</vcpu>|" \
    -e "/<disk type/,/<\/disk>/d" -e "$3" /lab/db.xml >/tmp/$1.xml
  virsh define /tmp/$1.xml >/dev/null
}
busy() { # busy NODE: its six CPUs, one each, and its memory
  local first=$(($1 * 6)) pins="" vcpu
  for vcpu in 0 1 2 3 4 5; do pins+="<vcpupin vcpu='$vcpu' cpuset='$((first + vcpu))'/>"; done
  guest busy$1 6 "s|</vcpu>|&<cputune>$pins</cputune><numatune><memory mode='strict' nodeset='$1'/></numatune>|"
}
auto="s|placement='static'|placement='auto'|; s|</vcpu>|&<numatune><memory mode='strict' placement='auto'/></numatune>|"
asked() { # asked NAME GUEST: it starts, and is where it is
  local answers
  answers=$(answers)
  for _ in 1 2 3; do
    run $1.start virsh start $2
    up $2
    whereabouts $2 $1
    virsh destroy $2 >/dev/null
    [ "$(answers)" = "$answers" ] || break
  done
}
answers() { cat $out/numad.log 2>/dev/null | wc -l; }
guest auto 4 "$auto"
guest wide 10 "$auto"
for node in 0 1; do
  busy $node
  run busy$node.start virsh start busy$node
  asked beside$node auto
  virsh destroy busy$node >/dev/null
done
asked wide wide
virsh dumpxml --inactive auto >$out/auto.xml
