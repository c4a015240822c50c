#!/bin/sh
# How long a press of Tab takes, for docs/performance.md: medians of 41 calls, in ms.
# Usage: completion.sh PAPILIO
set -eu
papilio=$(readlink -f "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$(dirname "$0")/../../scenarios/paper/table4.yaml" "$folder/"
cd "$folder"
"$papilio" completion bash >papilio.bash

# median WHAT COMMAND...: its time.
median() {
  what=$1
  shift
  for _ in $(seq 41); do
    begin=$(date +%s%N)
    "$@" >/dev/null
    echo $((($(date +%s%N) - begin) / 1000))
  done | sort -n | awk -v what="$what" 'NR == 21 { printf "%-60s %6.1f\n", what, $1 / 1000 }'
}

median 'start of the program (--version)' "$papilio" --version
median 'a verb (__complete pl)' "$papilio" __complete pl
median 'options (__complete plan table4.yaml --)' "$papilio" __complete plan table4.yaml --
median 'networks (__complete models show resnet)' "$papilio" __complete models show resnet
median "keys of a file (__complete run table4.yaml --set net)" "$papilio" __complete run table4.yaml --set net
# All that bash does, in one shell that is started once.
PATH=$(dirname "$papilio"):$PATH bash --norc -c '
  source ./papilio.bash
  COMP_LINE="papilio models show resnet" COMP_POINT=26 COMP_WORDS=(papilio models show resnet) COMP_CWORD=3
  for _ in $(seq 41); do
    begin=$(date +%s%N)
    _papilio
    echo $((($(date +%s%N) - begin) / 1000))
  done' 2>/dev/null | sort -n | awk 'NR == 21 { printf "%-60s %6.1f\n", "the same through the script of bash", $1 / 1000 }'
