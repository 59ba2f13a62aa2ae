#!/bin/sh
# Makes the models and the comparison's table from the data; takes hours on two cores.
#
#   scripts/reproduce.sh            do what is left to do
#   scripts/reproduce.sh plan       print the commands in their order and do nothing
#   scripts/reproduce.sh publish    put what was made in the place of what is shipped
#
# A finished step is not repeated unless its command, a file that it reads or an earlier step has
# changed. An interrupted step continues where it stopped: training and comparison keep checkpoints.
# Models are written below runs/reproduced and searched there first; no shipped file is changed
# before `publish`.
set -eu
cd "$(dirname "$0")/.."

bin=${BIN:-.venv/bin}
data=../shared/data
site=runs/reproduced
zoo=$site/models
stamps=$site/stamps
tables=$site/tables
sonoloop=$bin/sonoloop
python=$bin/python
threads=2
start=sonoloop-lite2/1.2.0
export SONOLOOP_DATA_DIR="$site"

doing=${1:-make}
case $doing in
  make | plan | publish) ;;
  *) echo "usage: scripts/reproduce.sh [plan|publish]" >&2; exit 2 ;;
esac

chain=""

# step NAME INPUTS COMMAND…: run the command unless its stamp shows that it ran on the same inputs
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

# measure NAME VERSION: measure a finished model and write tables.
measure() {
  for part in mmotu:5 bus-bra:4; do
    folder=$data/${part%:*}
    step "$1-$2-evaluate-${part%:*}" "$folder/samples.csv" \
      "$sonoloop" evaluate --model "$1@$2" --threads "$threads" \
      --images "$folder/images" --masks "$folder/masks" \
      --samples "$folder/samples.csv" --fold "${part#*:}" \
      --json "$tables/$1-$2-${part%:*}.json"
  done
  step "$1-$2-presence" "$data/bus-uclm/samples.csv $data/lesion-free/samples.csv" \
    "$sonoloop" presence --model "$1@$2" --threads "$threads" --healthy class=Ovary_Normal \
    --data "$data/bus-uclm:4" --data "$data/lesion-free:5" --data "$data/bus-bra:4" \
    --data "$data/mmotu:5" --json "$tables/$1-$2-presence.json"
  step "$1-$2-consistency" "" \
    "$sonoloop" consistency --model "$1@$2" --threads "$threads" \
    --data "$data/mmotu" --fold 5 --json "$tables/$1-$2-consistency.json"
  step "$1-$2-robustness" "" \
    "$sonoloop" robustness --model "$1@$2" --threads "$threads" --json "$tables/$1-$2-robustness.json"
  ends="$ends $chain"
}

# noted KEY NOTES: a value at the outermost level of a card's notes.
noted() {
  sed -n "s/^$1: *//p" "$2" | tr -d "\"'"
}

# trained NAME: train as described in models/configs/NAME.yaml.
trained() {
  step "$1-train" "models/configs/$1.yaml" \
    "$sonoloop" train --config "models/configs/$1.yaml" --out "runs/$1"
}

# exported NAME [OTHER…]: train and export; with others, the mean of their weights.
exported() {
  notes=models/configs/$1.card.yaml
  checkpoints=""
  for run in "$@"; do
    trained "$run"
    checkpoints="$checkpoints --checkpoint runs/$run/last.pt"
  done
  made=$(noted name "$notes")
  version=$(noted version "$notes")
  # shellcheck disable=SC2086 # one word each
  step "$made-$version-export" "$notes" \
    "$sonoloop" export-onnx $checkpoints --notes "$notes" --out "$zoo" --validate --unfinished
}

# tuned [OTHER]: choose the pipeline of the last exported model, or take that of another model.
tuned() {
  step "$made-$version-tune" "" \
    "$sonoloop" tune --model "$made@$version" --threads "$threads" ${1:+--like "$1"}
}

# trusted NAME VERSION [presence]: fit training domain, presence models and calibration.
trusted() {
  step "$1-$2-fit-domain" "" \
    "$sonoloop" fit-domain --model "$1@$2" --threads "$threads"
  if [ "${3:-}" = presence ]; then
    step "$1-$2-fit-presence" "" \
      "$sonoloop" fit-presence --model "$1@$2" --threads "$threads" \
      --most-lost 0.01 --most-lost-in-each 0.12
  fi
  step "$1-$2-calibrate" "" \
    "$sonoloop" calibrate --model "$1@$2" --threads "$threads" \
    --plot "$tables/$1-$2-reliability.svg"
}

# crossed: a cross-validation over the patients of BUS-UCLM; nothing else uses it.
crossed() {
  step cross-validation "models/configs/lite2-folds.yaml $data/bus-uclm/samples.csv" \
    "$sonoloop" cross-validate --config models/configs/cross-validate.yaml \
    --out runs/cross-validation --threads "$threads"
  ends="$ends $chain"
}

# in_8_bits: quantise what `model` has just made, for small devices.
in_8_bits() {
  step "$made-$version-quantize" "" \
    "$sonoloop" quantize --model "$made@$version" --name "$made-int8" --out "$zoo" \
    --threads "$threads"
  trusted "$made-int8" "$version" presence
  measure "$made-int8" "$version"
}

# prompted: the network for boxes, clicks and scribbles, which starts from sonoloop-lite0.
prompted() {
  step prompts-train models/prompts/train.py \
    "$python" -m models.prompts.train --data "$data" --out runs/prompts --threads "$threads"
  step prompts-export models/prompts/export.py \
    "$python" -m models.prompts.export --run runs/prompts --out "$zoo/sonoloop-prompts/1.0.0"
  ends="$ends $chain"
}

publish() {
  if [ ! -f "$stamps/comparison" ]; then
    echo "There is nothing to publish yet; let scripts/reproduce.sh come to its end first." >&2
    exit 1
  fi
  for folder in "$zoo"/*/*; do
    name=${folder#"$zoo"/}
    [ "$name" != "$start" ] || continue  # what the default model was trained on from
    mkdir -p "models/zoo/$name"
    cp -R "$folder"/. "models/zoo/$name/"
  done
  cp "$tables/comparison.md" docs/models/comparison.md
  echo "models/zoo and docs/models/comparison.md are those of $site; git shows what changed."
}

if [ "$doing" = publish ]; then
  publish
  exit
fi
if [ "$doing" = make ]; then
  for set in mmotu bus-bra bus-uclm lesion-free; do
    if [ ! -f "$data/$set/samples.csv" ]; then
      echo "There is no $data/$set/samples.csv; docs/models/networks.md says which data sets" \
        "these are and how they must be laid out." >&2
      exit 1
    fi
  done
  mkdir -p "$stamps" "$tables"
fi

ends=""
trained lite2
exported lite2-refined lite2-cautious  # both go on from runs/lite2
tuned
trained lite2-inserted  # goes on from that model
trained lite2-unseen
trained lite2-unseen-b
exported lite2-unseen-head
tuned "sonoloop-lite2@${start#*/}"
trusted "$made" "$version" presence
measure "$made" "$version"
in_8_bits
crossed  # goes on from 1.2.0 as well
chain=""
trained lite0
exported lite0-refined  # goes on from runs/lite0
tuned
trusted "$made" "$version"
measure "$made" "$version"
prompted
chain=$ends
step comparison models/configs/compare.yaml \
  "$sonoloop" compare --config models/configs/compare.yaml --out runs/compare \
  --markdown "$tables/comparison.md"
