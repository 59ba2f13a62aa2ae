#!/bin/sh
# Runs each command line given, all of them even when one fails, and fails if any did.
set -u
cd "$(dirname "$0")/.."
failed=""
for line in "$@"; do
  printf '\n── %s\n' "$line"
  sh -c "$line" || failed="$failed
  $line"
done
if [ -n "$failed" ]; then
  printf '\nFailed:%s\n' "$failed" >&2
  exit 1
fi
printf '\nAll passed.\n'
