#!/usr/bin/env bash
# A store that speaks S3, out of Debian's packages, in memory: ceph.sh <empty folder> <port>. Prints READY, and runs until it is killed with its children.
set -euo pipefail
readonly root=$1 port=$2
cd "$root"
mkdir -p mon osd mgr rgw run
trap 'kill $(jobs -p) 2>/dev/null' EXIT

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
fsid=$(uuidgen)
mon="[v2:127.0.0.1:$(free)]"
cat >ceph.conf <<END
[global]
fsid = $fsid
mon host = $mon
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 0
mon data avail warn = 0
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = $root/run
admin socket = $root/run/\$name.\$pid.asok
log file = $root/\$name.log
pid file = $root/run/\$name.\$pid.pid
keyring = $root/keyring
mon data = $root/mon
osd data = $root/osd
mgr data = $root/mgr
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw]
rgw data = $root/rgw
END
readonly conf="--conf $root/ceph.conf"
ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
for name in client.admin client.rgw mgr.x osd.0; do
    ceph-authtool keyring --gen-key -n "$name" --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
done
monmaptool --create --fsid "$fsid" --addv a "$mon" monmap >/dev/null
ceph-mon $conf --mkfs -i a --monmap monmap --keyring keyring
ceph-mon $conf -i a -f >mon.out 2>&1 &
ceph $conf --connect-timeout 120 osd new "$fsid" >/dev/null
ceph-osd $conf -i 0 --mkfs --osd-uuid "$fsid" >/dev/null 2>&1
ceph-osd $conf -i 0 -f >osd.out 2>&1 &
ceph-mgr $conf -i x -f >mgr.out 2>&1 &
until ceph $conf osd stat 2>/dev/null | grep -q ' 1 up'; do sleep 0.3; done
radosgw $conf -n client.rgw -f --rgw-frontends="beast endpoint=127.0.0.1:$port" >rgw.out 2>&1 &
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.3; done
radosgw-admin $conf -n client.rgw user create --uid=t --display-name=t --access-key=AK --secret-key=SECRETSECRET >/dev/null 2>&1
echo READY
wait
