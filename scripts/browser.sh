#!/bin/sh
# Makes sure that the browser tests find a Chromium.
set -eu
for candidate in "${SONOLOOP_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium …"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
  exit 0
fi
echo "The browser tests need Chromium. Install it (Debian: apt install chromium)," >&2
echo "or name one: SONOLOOP_CHROMIUM=/path/to/chrome make test" >&2
exit 1
