#!/bin/sh
# Prints the versions in .venv as pip constraints, without local parts such as +cpu, and without
# packages that only some machines install.
set -eu
cd "$(dirname "$0")/.."
echo "# Versions that were tested together; written by \`make constraints\`."
.venv/bin/python -m pip --disable-pip-version-check freeze --exclude-editable 2>/dev/null |
  grep -E '^[A-Za-z0-9._-]+==' | grep -v -i -E '^(nvidia-|cuda-|triton==|onnxruntime-gpu==)' |
  sed -E 's/\+[A-Za-z0-9.]+$//'
