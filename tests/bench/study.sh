#!/bin/sh
# Speed and memory of studies, for docs/performance.md: medians of 5.
#   study.sh PAPILIO STUDY_SPEED
set -eu
papilio=$1
speed=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$(cd "$(dirname "$0")/../.." && pwd)

# study NAME METHOD LEVELS: Table IV's 48 cells, one a point, each at so many loads of the mobile.
study() {
  cat >"$work/$1.yaml" <<YAML
kind: study
name: $1
base: $root/scenarios/paper/table4.yaml
method: $2
set:
  energy_models: [stated]
  strategies: [{strategy: butterfly, after: [RB8], channels: paper}]
grid:
  - {axis: list, key: networks, values: [3g, 4g, wifi]}
  - axis: list
    key: strategies.0.after
    values: [RB1, RB2, RB3, RB4, RB5, RB6, RB7, RB8, RB9, RB10, RB11, RB12, RB13, RB14, RB15, RB16]
  - {axis: range, key: mobile.load_level, from: 1, to: 2, count: $3}
YAML
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# run NAME POINTS JOBS: seconds, points a second, and the memory of the parent.
run() {
  seconds=$(for i in 1 2 3 4 5; do
    rm -f "$work/$1.db"
    /usr/bin/time -o "$work/time" -f '%e %M' "$papilio" study run "$work/$1.yaml" -o "$work/$1.db" --jobs "$3" -q
    cut -d' ' -f1 "$work/time"
    cut -d' ' -f2 "$work/time" >"$work/memory"
  done | median)
  awk -v name="$1" -v n="$2" -v jobs="$3" -v s="$seconds" -v kb="$(cat "$work/memory")" -v db="$(stat -c %s "$work/$1.db")" \
    'BEGIN { printf "%-22s %8d points, %d jobs: %6.2f s, %7.0f points/s, %4.0f MB, database %4.0f MB\n", name, n, jobs, s, n / s, kb / 1024, db / 1e6 }'
}

study closed-form-warm closed-form 2000
for i in 1 2 3 4 5; do "$speed" "$work/closed-form-warm.yaml"; done | sort -t: -k2 -n | sed -n 3p
for levels in 200 2000 20000; do
  study "closed-form-$levels" closed-form "$levels"
  run "closed-form-$levels" "$((48 * levels))" 1
done
run closed-form-2000 96000 2
for levels in 20 200 2000; do
  study "simulated-$levels" simulation "$levels"
  run "simulated-$levels" "$((48 * levels))" 1
done
run simulated-200 9600 2
