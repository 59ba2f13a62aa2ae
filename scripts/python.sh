#!/bin/sh
# Prints a Python that is new enough, or a message with the one to install.
set -eu
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
  [ -n "$candidate" ] || continue
  path=$(command -v "$candidate" 2>/dev/null) || continue
  if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "$path"
    exit 0
  fi
done
echo "Sonoloop needs Python 3.11 or later, and none was found on this machine." >&2
echo "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)," >&2
echo "or name one: make PYTHON=/path/to/python3.12 run" >&2
exit 1
