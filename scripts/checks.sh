#!/bin/sh
# Runs every given command line, even if one fails, and fails if any failed. --at-once: in parallel;
# prints their output when all have ended.
set -u
cd "$(dirname "$0")/.."
at_once=""
if [ "$1" = --at-once ]; then at_once=yes; shift; fi
failed=""
if [ -n "$at_once" ]; then
  said=$(mktemp -d)
  trap 'rm -rf "$said"' EXIT
  number=0
  for line in "$@"; do
    number=$((number + 1))
    (sh -c "$line" >"$said/$number" 2>&1; echo $? >"$said/$number.status") &
  done
  wait
  number=0
  for line in "$@"; do
    number=$((number + 1))
    printf '\n── %s\n' "$line"
    cat "$said/$number"
    [ "$(cat "$said/$number.status")" = 0 ] || failed="$failed
  $line"
  done
else
  for line in "$@"; do
    printf '\n── %s\n' "$line"
    sh -c "$line" || failed="$failed
  $line"
  done
fi
if [ -n "$failed" ]; then
  printf '\nFailed:%s\n' "$failed" >&2
  exit 1
fi
printf '\nAll passed.\n'
