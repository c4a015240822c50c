#!/usr/bin/env bash
# Requests per second and memory of fleets with one job and with two, and beside a bare SimGrid program that
# plays the same workload, in one call: workload W, W saturated, and W from 100 to 1,000,000 mobiles (100 a
# cell, 1,000 a server). The median of RUNS (5); one run of the bare program where it is slow, none where it
# would take gigabytes.   $1: papilio, $2: simgrid_fleet (the build folder's tests/simgrid_fleet); run from
# the project's folder, on an idle machine.
set -euo pipefail
program=$1
bare=$2
runs=${RUNS:-5}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
field() { # NAME FILE: the last number of that name in a JSON text
  grep -o "\"$1\": *[0-9.e+-]*" "$2" | tail -1 | sed 's/.*: *//'
}

fleet() { # JOBS MOBILES REQUESTS_EACH UPLOAD_BYTES CELLS SERVERS: requests/s, and MB of workers and program
  local rates workers parent
  rates=$(for _ in $(seq "$runs"); do
    "$program" run scenarios/bench/w.yaml -q -j "$1" -o "$out/p" \
      --set "mobiles.0.count=$2" --set "mobiles.0.arrivals.requests=$3" \
      --set "mobiles.0.task.upload_bytes=$4" --set "cells.0.count=$5" --set "servers.0.count=$6"
    field requests_per_s "$out/p/manifest.json"
  done | median)
  # The workers' peak comes before the program's own in the file.
  workers=$(grep -o '"peak_memory_bytes": *[0-9]*' "$out/p/manifest.json" | head -1 | sed 's/.*: *//')
  parent=$(field peak_memory_bytes "$out/p/manifest.json")
  echo "$rates $workers $parent"
}

row() { # NAME MOBILES REQUESTS_EACH UPLOAD_BYTES CELLS SERVERS BARE_RUNS
  local one two bare_rates='' bare_memory=''
  one=$(fleet 1 "${@:2:5}")
  two=$(fleet 2 "${@:2:5}")
  if [ "$7" -gt 0 ]; then
    bare_rates=$(for _ in $(seq "$7"); do
      "$bare" "$2" "$3" "$4" "$5" "$6" >"$out/bare.json"
      field requests_per_s "$out/bare.json"
    done | median)
    bare_memory=$(field peak_memory_bytes "$out/bare.json")
  fi
  awk -v name="$1" -v one="$one" -v two="$two" -v b="$bare_rates" -v m="$bare_memory" \
    'BEGIN { split(one, x); split(two, y);
             printf "| %s | %.0f | %.0f + %.0f | %.0f | %.2f | %.0f + %.0f | %s | %s | %s |\n", name,
             x[1], x[2] / 1e6, x[3] / 1e6, y[1], y[1] / x[1], y[2] / 1e6, y[3] / 1e6,
             b == "" ? "" : sprintf("%.0f", b), m == "" ? "" : sprintf("%.0f", m / 1e6),
             b == "" ? "" : sprintf("%.1f", x[1] / b) }'
}

echo '| workload | requests/s | MB, worker + program | with 2 jobs | times | MB | bare SimGrid | MB | ratio |'
echo '|---|--:|--:|--:|--:|--:|--:|--:|--:|'
row 'W: 1,000 mobiles × 100' 1000 100 10000 1 1 "$runs"
row 'W saturated: 400 kB' 1000 100 400000 1 1 1
row '100 mobiles × 1,000' 100 1000 10000 1 1 "$runs"
row '1,000 × 1,000' 1000 1000 10000 10 1 1
row '10,000 × 100' 10000 100 10000 100 10 1
row '100,000 × 100' 100000 100 10000 1000 100 1
row '1,000,000 × 10' 1000000 10 10000 10000 1000 0
