#!/bin/sh
# The wrapper's dealings with apt, with apt, dpkg, id and sudo replaced by scripts that record what they
# are asked. $1: the project.
set -eu
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
fail() { echo "FAILED: $*" >&2; exit 1; }

script() { printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"; chmod +x "$work/bin/$1"; }
# Only what the wrapper needs before it builds: nothing else is on the PATH.
for tool in awk dirname readlink env sh printf mkdir; do
  ln -s "$(command -v $tool)" "$work/bin/$tool"
done
script apt-get 'echo "apt-get $*" >>"'"$work"'/apt.log"; [ "$1" = update ]'  # the install "fails"
run() { status=0; PATH="$work/bin" "$root/papilio" "$@" >"$work/out" 2>"$work/err" || status=$?; }
all_but() {  # a dpkg-query that knows every package but $1
  script dpkg-query 'shift 3; for p in "$@"; do [ "$p" = '"$1"' ] || echo "installed $p"; done'
}

# Neither root nor sudo: the apt line, exit 2, apt untouched.
all_but libsimgrid-dev
script id 'echo 1000'
run --version
[ "$status" -eq 2 ] || fail "exit $status without root and sudo"
grep -q 'apt-get install --no-install-recommends libsimgrid-dev' "$work/err" || fail "no apt line"
[ ! -e "$work/apt.log" ] || fail "apt was touched"

# Root: installs what is missing and nothing else, and says so. A failing apt is exit 2.
script id 'echo 0'
run run scenario.yaml
[ "$status" -eq 2 ] || fail "exit $status when apt fails"
grep -q 'papilio: installing libsimgrid-dev' "$work/err" || fail "does not say what it installs"
grep -q 'install -y -qq --no-install-recommends libsimgrid-dev$' "$work/apt.log" || fail "apt line"

# sudo, where there is no root.
script id 'echo 1000'
script sudo 'echo "sudo $*" >>"'"$work"'/apt.log"; exec "$@"'
: >"$work/apt.log"
run --version
grep -q '^sudo apt-get update' "$work/apt.log" || fail "sudo was not used"

# A run does not wait for the packages of the tests, of the tensor program or of the Python module; the tests
# do for all, and Python for its own.
rm "$work/bin/sudo"
for package in libgtest-dev libtorch-dev pybind11-dev; do
  all_but "$package"
  run --version
  grep -q "$package" "$work/err" && fail "a run asks for $package"
done
for package in libgtest-dev libtorch-dev pybind11-dev; do
  all_but "$package"
  run test
  grep -q "apt-get install --no-install-recommends $package" "$work/err" ||
    fail "the tests do not ask for $package"
done
for package in libsimgrid-dev pybind11-dev; do
  all_but "$package"
  run python -c pass
  [ "$status" -eq 2 ] || fail "exit $status of python without $package"
  grep -q "apt-get install --no-install-recommends $package" "$work/err" ||
    fail "python does not ask for $package"
done

# What draws asks for what it draws with, and nothing else does.
all_but gnuplot-nox
for words in 'plot results/mine' 'plan mine.yaml --map map.svg' 'plan mine.yaml --front=front.pdf'; do
  # shellcheck disable=SC2086 # a list of words
  run $words
  grep -q "apt-get install --no-install-recommends gnuplot-nox" "$work/err" || fail "$words: no gnuplot"
done
run plan mine.yaml --target energy
grep -q gnuplot-nox "$work/err" && fail "a plan without a picture asks for gnuplot"

# An unknown preset is a usage error.
run test relase
[ "$status" -eq 2 ] || fail "exit $status for an unknown preset"
grep -q "unknown preset 'relase'" "$work/err" || fail "unknown preset not named"

# A press of Tab installs and builds nothing: of a clone that was not built there is nothing to complete.
mkdir "$work/clone"
cp "$root/papilio" "$work/clone/"
all_but libsimgrid-dev
: >"$work/apt.log"
status=0
PATH="$work/bin" "$work/clone/papilio" __complete ru >"$work/out" 2>"$work/err" || status=$?
[ "$status" -eq 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ] || fail "completion says something"
[ ! -s "$work/apt.log" ] && [ ! -e "$work/clone/build" ] || fail "completion installs or builds"

echo "wrapper: all checks passed"
