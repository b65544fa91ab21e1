#!/usr/bin/env bash
# Prints the folder of the newer release of ngtcp2 (1.x), unpacked from the backports of Debian 12 without being installed; NGTCP2_NEWER names one that is there
# already. Leaves with 1 and a word on it where that cannot be had, and with 1 and no word where it is installed: then the tests use it anyway.
set -uo pipefail
[[ -n ${NGTCP2_NEWER:-} ]] && { echo "$NGTCP2_NEWER"; exit 0; }
[[ $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) == *libngtcp2.so.16* ]] && exit 1

folder=${XDG_CACHE_HOME:-$HOME/.cache}/iggy-tests/ngtcp2-newer
libraries=$folder/root/usr/lib/x86_64-linux-gnu
if [[ ! -e $libraries/libngtcp2_crypto_gnutls.so.8 ]]; then
    mkdir -p "$folder"/{lists/partial,cache/archives/partial,debs} && cd "$folder" || exit 1
    # From where the machine has its Debian; only the suite is another.
    sed -n '/^$/q; s/^Suites:.*/Suites: bookworm-backports/; p' /etc/apt/sources.list.d/debian.sources >backports.sources 2>/dev/null
    own=(-o Dir::Etc::SourceParts=/dev/null -o "Dir::Etc::SourceList=$folder/backports.sources" -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache")
    { apt-get "${own[@]}" update && cd debs && apt-get "${own[@]}" download libngtcp2-16 libngtcp2-crypto-gnutls8 &&
        for package in *.deb; do dpkg-deb -x "$package" "$folder/root" || exit 1; done; } >/dev/null 2>&1 || {
        echo "test.sh: QUIC is tested with the installed release of ngtcp2 only; libngtcp2-16 could not be fetched" >&2
        exit 1
    }
fi
echo "$libraries"
