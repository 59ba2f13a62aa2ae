#!/bin/sh
# Makes the models and the comparison's table from the data: hours on two cores.
#
#   scripts/reproduce.sh            do what is left to do
#   scripts/reproduce.sh plan       print the commands in their order and do nothing
#   scripts/reproduce.sh publish    put what was made in the place of what is shipped
#
# A step that is done is not done again, unless its command, a file that it reads or a step before
# it has changed. A step that is cut goes on where it was: training and comparison keep checkpoints.
# Models are made below runs/reproduced and looked for there first; nothing that is shipped is
# touched before `publish`.
set -eu
cd "$(dirname "$0")/.."

bin=${BIN:-.venv/bin}
data=../shared/data
site=runs/reproduced
zoo=$site/models
stamps=$site/stamps
tables=$site/tables
sonoloop=$bin/sonoloop
threads=2
export SONOLOOP_DATA_DIR="$site"

doing=${1:-make}
case $doing in
  make | plan | publish) ;;
  *) echo "usage: scripts/reproduce.sh [plan|publish]" >&2; exit 2 ;;
esac

chain=""

# step NAME INPUTS COMMAND…: run the command unless its stamp says that it was, on the same inputs
# and after the same steps.
step() {
  name=$1
  inputs=$2
  shift 2
  if [ "$doing" = plan ]; then
    echo "$*"
    return
  fi
  # shellcheck disable=SC2086 # inputs are several files
  chain=$( { echo "$chain $*"; cat $inputs </dev/null; } | cksum)
  if [ "$(cat "$stamps/$name" 2>/dev/null)" = "$chain" ]; then
    echo "── $name: done before"
    return
  fi
  printf '\n── %s\n%s\n' "$name" "$*"
  "$@"
  echo "$chain" >"$stamps/$name"
}

# model NAME: train, export, tune, and measure what models/configs/NAME.yaml describes.
model() {
  chain=""
  config=models/configs/$1.yaml
  notes=models/configs/$1.card.yaml
  made=sonoloop-$1
  step "$1-train" "$config" \
    "$sonoloop" train --config "$config" --out "runs/$1"
  step "$1-export" "$notes" \
    "$sonoloop" export-onnx --checkpoint "runs/$1/last.pt" --notes "$notes" --out "$zoo" --validate
  step "$1-tune" "" \
    "$sonoloop" tune --model "$made" --threads "$threads"
  step "$1-fit-domain" "" \
    "$sonoloop" fit-domain --model "$made" --threads "$threads"
  for part in mmotu:5 bus-bra:4; do
    folder=$data/${part%:*}
    step "$1-evaluate-${part%:*}" "$folder/samples.csv" \
      "$sonoloop" evaluate --model "$made" --threads "$threads" \
      --images "$folder/images" --masks "$folder/masks" \
      --samples "$folder/samples.csv" --fold "${part#*:}" \
      --json "$tables/$1-${part%:*}.json"
  done
  step "$1-consistency" "" \
    "$sonoloop" consistency --model "$made" --threads "$threads" \
    --data "$data/mmotu" --fold 5 --json "$tables/$1-consistency.json"
  step "$1-robustness" "" \
    "$sonoloop" robustness --model "$made" --threads "$threads" --json "$tables/$1-robustness.json"
  ends="$ends $chain"
}

publish() {
  if [ ! -f "$stamps/comparison" ]; then
    echo "There is nothing to publish yet; let scripts/reproduce.sh come to its end first." >&2
    exit 1
  fi
  cp -R "$zoo"/. models/zoo/
  cp "$tables/comparison.md" docs/models/comparison.md
  echo "models/zoo and docs/models/comparison.md are those of $site; git shows what changed."
}

if [ "$doing" = publish ]; then
  publish
  exit
fi
if [ "$doing" = make ]; then
  for set in mmotu bus-bra; do
    if [ ! -f "$data/$set/samples.csv" ]; then
      echo "There is no $data/$set/samples.csv; docs/models/networks.md says which data sets" \
        "these are and how they must be laid out." >&2
      exit 1
    fi
  done
  mkdir -p "$stamps" "$tables"
fi

ends=""
model lite0
chain=$ends
step comparison models/configs/compare.yaml \
  "$sonoloop" compare --config models/configs/compare.yaml --out runs/compare \
  --markdown "$tables/comparison.md"
