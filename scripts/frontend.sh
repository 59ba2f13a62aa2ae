#!/bin/sh
# Front-end tasks with a suitable Node.js. Usage: scripts/frontend.sh install | build | run SCRIPT…
set -eu
cd "$(dirname "$0")/.."
PATH="$(scripts/node.sh):$PATH"
export PATH
cd frontend
case $1 in
  install)
    echo "Installing the front end's packages …"
    npm ci --no-audit --no-fund --loglevel=error >/dev/null
    touch node_modules/.installed
    ;;
  build) npm run --silent build -- --logLevel=warn ;;
  run)
    shift
    for script in "$@"; do npm run --silent "$script"; done
    ;;
  *) echo "usage: scripts/frontend.sh install | build | run SCRIPT…" >&2; exit 2 ;;
esac
