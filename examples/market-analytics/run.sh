#!/usr/bin/env bash
# Starts everything in one process: a server, the source, the processor and the page. Arguments go to the program; --help tells them.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
if [[ ! -d node_modules/lightweight-charts ]]; then
    command -v npm >/dev/null || { echo "run.sh: needs npm (Debian: apt-get install npm) for the page's charts" >&2; exit 1; }
    npm install --ignore-scripts --no-package-lock --no-audit --no-fund --silent
fi
export UseSharedCompilation=false
dotnet build -c Release -v quiet -nologo
exec bin/Release/net10.0/market-analytics "$@"
