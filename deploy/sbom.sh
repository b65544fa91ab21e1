#!/usr/bin/env bash
# Writes what the server is made of, as a CycloneDX document: every package in it with version, licence and hash.
#   deploy/sbom.sh [folder]     writes iggy-server.cdx.json there (default: artifacts) and prints its path
# SERVER=<file> takes the version of a published iggy-server; else it is that of the source.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
target=$(mkdir -p "${1:-$root/artifacts}" && cd "${1:-$root/artifacts}" && pwd -P)
cd "$root"

{
    dotnet tool restore -v quiet
    dotnet restore src/Silo -v quiet
    if [[ -n ${SERVER:-} ]]; then
        version=$("$SERVER" --version)
        version=${version#Iggy.NET }
        version=${version%%[,+]*}
    else
        version=$(dotnet msbuild src/Silo -t:MinVer -getProperty:Version -nologo)
    fi
    dotnet dotnet-CycloneDX src/Silo/Silo.csproj --disable-package-restore --output-format Json --output "$target" --filename iggy-server.cdx.json \
        --set-name iggy-server --set-version "$version" --set-type Application
} >&2
echo "$target/iggy-server.cdx.json"
