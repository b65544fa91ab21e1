#!/usr/bin/env bash
# Copies libraries of this machine, with all that they need beyond the C runtime, into the same place below a folder.
#   deploy/docker/libraries.sh <folder> <name of a library>...
set -euo pipefail
target=${1:?a folder}
shift
# What the base of the image has. A second copy could not fit the first.
readonly base='^(ld-linux|libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|libz|libssl|libcrypto)\.|^(ld-linux-x86-64)\.'
for name in "$@"; do
    file=$(ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }')
    [[ -n $file ]] || { echo "libraries.sh: this machine has no $name" >&2; exit 1; }
    echo "$file"
    ldd "$file" | awk '$2 == "=>" { print $3 }'
done | sort -u | while read -r file; do
    [[ ${file##*/} =~ $base ]] || install -D -m 0644 "$(readlink -f "$file")" "$target/usr/lib/$(uname -m)-linux-gnu/${file##*/}"
done
