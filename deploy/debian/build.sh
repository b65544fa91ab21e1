#!/usr/bin/env bash
# Makes the Debian package of the server.
#   deploy/debian/build.sh [folder]     writes iggy-server_<version>_amd64.deb there (default: artifacts) and prints its path
# SERVER=<file> takes a published iggy-server instead of publishing one.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
target=$(mkdir -p "${1:-$root/artifacts}" && cd "${1:-$root/artifacts}" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

server=${SERVER:-}
if [[ -z $server ]]; then
    (cd "$root" && dotnet publish src/Silo -c Release -r linux-x64 -o "$work/publish" -v quiet -nologo) >&2
    server=$work/publish/iggy-server
fi
# '0.2.0-alpha.3+abc' is '0.2.0~alpha.3': what comes before a release sorts before it, and a revision of the source is no part of a version.
version=$("$server" --version)
version=${version#Iggy.NET }
version=${version%%[,+]*}
version=${version//-/\~}

package=$work/package
install -D -m 0755 "$server" "$package/usr/lib/iggy/iggy-server"
install -d "$package/usr/bin"
ln -s ../lib/iggy/iggy-server "$package/usr/bin/iggy-server"
install -D -m 0644 "$root/deploy/systemd/iggy-server.service" "$package/lib/systemd/system/iggy-server.service"
install -D -m 0640 "$root/deploy/debian/server.env" "$package/etc/iggy/server.env"
for document in docs/CONFIGURATION.md docs/OPERATIONS.md docs/LOGS.md; do
    install -D -m 0644 "$root/$document" "$package/usr/share/doc/iggy-server/${document##*/}"
done
SERVER=$server "$root/deploy/sbom.sh" "$work" >/dev/null
install -m 0644 "$work/iggy-server.cdx.json" "$package/usr/share/doc/iggy-server/iggy-server.cdx.json"
install -m 0644 "$root/LICENSE" "$package/usr/share/doc/iggy-server/copyright"

install -d "$package/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -k --summarize "$package" | cut -f1)/" "$root/deploy/debian/control.in" >"$package/DEBIAN/control"
echo /etc/iggy/server.env >"$package/DEBIAN/conffiles"
for script in postinst prerm postrm; do
    install -m 0755 "$root/deploy/debian/$script" "$package/DEBIAN/$script"
done

file=$target/iggy-server_${version}_amd64.deb
dpkg-deb --root-owner-group -Zxz --build "$package" "$file" >&2
echo "$file"
