#!/usr/bin/env bash
# Wall time of a run of the paper's scenario: the median of 41, beside a start of the program that does
# nothing, so that a slow machine shows.   $1: the program; run from the project's folder.
set -euo pipefail
program=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

median_ms() { # COMMAND...
  for _ in $(seq 41); do
    local start=${EPOCHREALTIME/./}
    "$@" >/dev/null
    echo $((${EPOCHREALTIME/./} - start))
  done | sort -n | awk 'NR == 21 { printf "%.1f", $1 / 1000 }'
}

start=$(median_ms "$program" --version)
run=$(median_ms "$program" run scenarios/paper/table4.yaml -o "$out" -q)
two=$(median_ms "$program" run scenarios/paper/table4.yaml -o "$out" -q --jobs 2)
wrapper=$(median_ms ./papilio --version)
printf 'start %s ms\nrun %s ms\nrun, 2 jobs %s ms\nwrapper and start %s ms\n' "$start" "$run" "$two" "$wrapper"
