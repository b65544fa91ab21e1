#!/usr/bin/env bash
# Puts what is ours of the image into a folder: the server as one file, what it is made of, and the empty folder of the data.
#   deploy/docker/publish.sh <folder>       SERVER=<file> takes a published iggy-server instead of publishing one
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
target=${1:?a folder}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z ${SERVER:-} ]]; then
    (cd "$root" && dotnet publish src/Silo -c Release -r linux-x64 -o "$work" -v quiet -nologo)
    SERVER=$work/iggy-server
fi
install -D -m 0755 "$SERVER" "$target/usr/bin/iggy-server"
install -d "$target/data" "$target/usr/share/doc/iggy-server"
SERVER=$SERVER "$root/deploy/sbom.sh" "$target/usr/share/doc/iggy-server" >/dev/null
