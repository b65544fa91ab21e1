#!/usr/bin/env bash
# A cluster on this machine: PostgreSQL and N servers, each with a folder and ports of its own below one folder. To try things out, not to keep data.
#   cluster.sh up N --data DIR [--from FOLDER]   starts PostgreSQL and N servers; FOLDER: the data of one server that is stopped, copied in as the first
#   cluster.sh status --data DIR                 a JSON line for each server
#   cluster.sh kill|stop|start I --data DIR      ends server I at once, in order, or starts it again
#   cluster.sh add --data DIR                    one more server
#   cluster.sh down --data DIR                   stops everything; the data stays
# Three servers keep each partition of a new topic, or as many as run; Iggy__Cluster__ReplicationFactor says another number.
# IGGY_SERVER names the program, else it is built as run.sh builds it. Root user: IGGY_ROOT_USERNAME and IGGY_ROOT_PASSWORD, else iggy and iggy.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

fail() {
    echo "cluster.sh: $1" >&2
    exit 1
}

usage() {
    sed -n '3,8s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

command=${1:-}
[[ -n $command ]] || usage
shift
number=''
data=''
from=''
while (($# > 0)); do
    case $1 in
        --data) data=${2:-}; shift 2 || usage ;;
        --from) from=${2:-}; shift 2 || usage ;;
        [0-9]*) number=$1; shift ;;
        *) usage ;;
    esac
done
[[ -n $data ]] || usage
case $command in
    up | kill | stop | start) [[ $number =~ ^[1-9][0-9]{0,1}$ ]] || usage ;;
    status | add | down) [[ -z $number ]] || usage ;;
    *) usage ;;
esac
[[ -z $from || $command == up ]] || usage
if [[ $command == up ]]; then mkdir -p "$data"; fi
[[ -d $data ]] || fail "there is no folder $data: start with up"
data=$(cd -- "$data" && pwd -P)

programs=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1) || programs=''
[[ -n $programs && -x $programs/initdb ]] || fail "PostgreSQL is not installed: apt-get install postgresql"

# It refuses to run as root.
as_postgres() {
    if [[ $(id -u) -eq 0 ]]; then (cd / && exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); else "$@"; fi
}

# A port of this machine that nobody listens on, from a number on; those of this cluster are passed over.
free_port() { # from
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || grep -qsx "port=$port" "$data"/*.port; do port=$((port + 1)); done
    echo "port=$port" >"$data/$port.port"
    echo "$port"
}

postgres_port() { cat "$data/postgres.number"; }

start_postgres() {
    if [[ ! -d $data/postgres ]]; then
        mkdir "$data/postgres"
        [[ $(id -u) -ne 0 ]] || chown postgres "$data/postgres"
        as_postgres test -w "$data/postgres" || fail "$data cannot be reached by the user postgres, who runs the database: choose a folder below /tmp or /srv"
        as_postgres "$programs/initdb" -D "$data/postgres" -A trust -U iggy -E UTF8 --locale=C >"$data/postgres.log" 2>&1 || fail "initdb failed, see $data/postgres.log"
        free_port 15432 >"$data/postgres.number"
    fi
    as_postgres "$programs/pg_ctl" -D "$data/postgres" status >/dev/null 2>&1 && return
    as_postgres "$programs/pg_ctl" -D "$data/postgres" -w -s -l "$data/postgres/server.log" \
        -o "-p $(postgres_port) -k $data/postgres -c listen_addresses=127.0.0.1" start || fail "PostgreSQL did not start, see $data/postgres/server.log"
    as_postgres "$programs/createdb" -h 127.0.0.1 -p "$(postgres_port)" -U iggy iggy 2>/dev/null || true # there already
}

connection() { echo "Host=127.0.0.1;Port=$(postgres_port);Database=iggy;Username=iggy"; }

server_program() {
    if [[ -n ${IGGY_SERVER:-} ]]; then
        echo "$IGGY_SERVER"
    else
        "$root/run.sh" --version >/dev/null || fail "the server could not be built"
        echo "$root/artifacts/server/iggy-server"
    fi
}

silos() { # the numbers that there are
    local i
    for ((i = 1; i < 100; i++)); do if [[ -f $data/silo-$i.ports ]]; then echo "$i"; fi; done
}

require_silo() { [[ -f $data/silo-$1.ports ]] || fail "there is no server $1"; }

# When a process was started, in ticks since the machine was; nothing when it is gone. A number may be given to another process, a number and a time not.
started_at() { # pid
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
    read -ra stat <<<"${stat##*) }"
    if [[ ${stat[0]} != Z ]]; then echo "${stat[19]}"; fi
}

pid_of() { # prints nothing when it does not run
    local pid started
    read -r pid started 2>/dev/null <"$data/silo-$1.pid" || return 0
    if [[ $(started_at "$pid") == "$started" ]]; then echo "$pid"; fi
}

start_silo() { # number program
    local i=$1 tcp http silo
    [[ -z $(pid_of "$i") ]] || return 0
    if [[ ! -f $data/silo-$i.ports ]]; then
        tcp=$(free_port $((18090 + i))) http=$(free_port $((13000 + i))) silo=$(free_port $((11110 + i)))
        echo "$tcp $http $silo" >"$data/silo-$i.ports"
    fi
    read -r tcp http silo <"$data/silo-$i.ports"
    mkdir -p "$data/silo-$i"
    env -u IGGY_SERVER IGGY_SYSTEM_PATH="$data/silo-$i" IGGY_TCP_ADDRESS="127.0.0.1:$tcp" IGGY_HTTP_ADDRESS="127.0.0.1:$http" IGGY_QUIC_ENABLED=false \
        IGGY_WEBSOCKET_ENABLED=false IGGY_ROOT_USERNAME="${IGGY_ROOT_USERNAME:-iggy}" IGGY_ROOT_PASSWORD="${IGGY_ROOT_PASSWORD:-iggy}" \
        Iggy__Metadata__Store=PostgreSql Iggy__Metadata__ConnectionString="$(connection)" \
        Iggy__Cluster__ReplicationFactor="${Iggy__Cluster__ReplicationFactor:-3}" Iggy__Cluster__Enabled=true Iggy__Cluster__Address="127.0.0.1:$silo" \
        setsid "$2" >>"$data/silo-$i.log" 2>&1 </dev/null &
    echo "$! $(started_at $!)" >"$data/silo-$i.pid"
}

state_of() { # number
    local http
    if [[ -z $(pid_of "$1") ]]; then echo stopped; return; fi
    read -r _ http _ <"$data/silo-$1.ports"
    if curl -fs -m 2 -o /dev/null "http://127.0.0.1:$http/health/ready"; then echo ready; else echo starting; fi
}

wait_ready() { # number
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        case $(state_of "$1") in
            ready) return ;;
            stopped) tail -5 "$data/silo-$1.log" >&2; fail "server $1 ended, see $data/silo-$1.log" ;;
        esac
        sleep 0.2
    done
    fail "server $1 is not ready after a minute, see $data/silo-$1.log"
}

end_silo() { # number signal
    local pid
    pid=$(pid_of "$1")
    [[ -n $pid ]] || return 0
    kill "-$2" "$pid"
    while [[ -n $(pid_of "$1") ]]; do sleep 0.1; done
}

status() {
    local i pid tcp http
    for i in $(silos); do
        read -r tcp http _ <"$data/silo-$i.ports"
        pid=$(pid_of "$i")
        printf '{"silo":%d,"pid":%s,"tcp":"127.0.0.1:%d","http":"127.0.0.1:%d","data":"%s","state":"%s"}\n' \
            "$i" "${pid:-null}" "$tcp" "$http" "$data/silo-$i" "$(state_of "$i")"
    done
}

bring_along() { # folder program
    [[ ! -e $data/silo-1 ]] || fail "$data/silo-1 exists already: --from is for a new cluster"
    [[ -d $1 ]] || fail "there is no folder $1"
    cp -a -- "$1" "$data/silo-1"
    IGGY_SYSTEM_PATH="$data/silo-1" "$2" metadata copy --to "$(connection)" || fail "the metadata of $1 could not be copied; $1 is as it was"
}

case $command in
    up)
        program=$(server_program)
        start_postgres
        if [[ -n $from ]]; then bring_along "$from" "$program"; fi
        # The first alone: the database becomes the cluster's with it, and its data comes along.
        start_silo 1 "$program"
        wait_ready 1
        for ((i = 2; i <= number; i++)); do start_silo "$i" "$program"; done
        for ((i = 2; i <= number; i++)); do wait_ready "$i"; done
        status
        ;;
    add)
        program=$(server_program)
        number=$(($(silos | tail -1) + 1))
        start_silo "$number" "$program"
        wait_ready "$number"
        status
        ;;
    start) require_silo "$number"; start_postgres; start_silo "$number" "$(server_program)"; wait_ready "$number" ;;
    kill) require_silo "$number"; end_silo "$number" KILL ;;
    stop) require_silo "$number"; end_silo "$number" TERM ;;
    status) status ;;
    down)
        for i in $(silos); do end_silo "$i" TERM & done
        wait
        as_postgres "$programs/pg_ctl" -D "$data/postgres" -m fast -s stop 2>/dev/null || true
        ;;
esac
