#!/usr/bin/env bash
# Starts one server in the foreground; builds it first when a source file is newer than the last build.
# Arguments and environment go to the server: ./run.sh --help, IGGY_TCP_ADDRESS=0.0.0.0:8090 ./run.sh
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
server=$root/artifacts/server/iggy-server
stamp=$root/artifacts/server.stamp

# True when there is no build, or when something that goes into it has changed since. Takes milliseconds, unlike asking MSBuild.
is_stale() {
    [[ -x $server && -f $stamp ]] || return 0
    [[ -n $(find "$root/src" "$root/deploy/sql" "$root"/Directory.* "$root/global.json" \
        \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit) ]]
}

build() {
    if ! command -v dotnet >/dev/null; then
        echo "run.sh: needs the .NET 10 SDK (https://dotnet.microsoft.com/download)" >&2
        exit 1
    fi
    echo "run.sh: building the server, which takes a minute the first time ..." >&2
    mkdir -p "$root/artifacts"
    local started=$root/artifacts/server.started
    touch "$started" # what changes from here on is newer than this build
    # Where the platform has a compiler ahead of time, the server starts in half the time.
    local platform=()
    [[ $(uname -sm) == "Linux x86_64" ]] && platform=(-r linux-x64 -p:SelfContained=false -p:PublishSingleFile=false)
    # To standard error: standard output belongs to the server.
    (cd "$root" && dotnet publish src/Silo/Silo.csproj -c Release "${platform[@]}" -o "$root/artifacts/server" -v quiet -nologo) >&2
    mv "$started" "$stamp"
}

if is_stale; then
    mkdir -p "$root/artifacts"
    (
        flock 9 # several servers may be started at once
        if is_stale; then build; fi
    ) 9>"$root/artifacts/server.lock"
fi

if [[ -t 1 && $# -eq 0 ]]; then
    cat <<EOF
Iggy.NET listens on ${IGGY_TCP_ADDRESS:-127.0.0.1:8090} (TCP), ${IGGY_WEBSOCKET_ADDRESS:-127.0.0.1:8092} (WebSocket) and ${IGGY_HTTP_ADDRESS:-127.0.0.1:3000} (HTTP) and keeps its data in ${IGGY_SYSTEM_PATH:-$PWD/local_data}.
At the first start the root user is ${IGGY_ROOT_USERNAME:-iggy}; without IGGY_ROOT_USERNAME and IGGY_ROOT_PASSWORD its password is printed below, once.
Try, with any Apache Iggy client:  iggy --username iggy --password <password> ping
Stop with Ctrl+C. All settings: docs/CONFIGURATION.md
EOF
fi

exec "$server" "$@"
