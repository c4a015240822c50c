#!/bin/sh
# Claims: what a build folder installs works wherever its prefix is moved to, without the sources' data; a
# project of somebody else's builds with the CMake package and gets the program's own numbers; cpack makes
# packages of it that hold what docs/install.md says and depend on what they need. Builds nothing but the
# consumer. Usage: install_test.sh BUILD SOURCES FOLDER
set -eu
build=$(readlink -f "$1") sources=$(readlink -f "$2") folder=$3
here=$(mktemp -d)
trap 'rm -rf "$here" "$folder"' EXIT
rm -rf "$folder"
mkdir -p "$folder"

fail() {
  echo "FAIL: $*" >&2
  exit 1
}
# same WHAT A B: two texts are the same.
same() { [ "$2" = "$3" ] || fail "$1: '$2' and '$3'"; }
# has WHAT TEXT LINE: the text has this line.
has() { printf '%s\n' "$2" | grep -qxF -- "$3" || fail "$1: no '$3' in: $2"; }

cmake --install "$build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/moved"
papilio=$folder/moved/bin/papilio

# The prefix's own data are read: a radio that is changed there is changed.
cd "$here"
same revision "$("$papilio" --version | head -1)" "$("$build/papilio" --version | head -1)"
radio=$folder/moved/share/papilio/profiles/radios/wifi.yaml
sed -i '1,/title:/s/title:.*/title: moved with its prefix/' "$radio"
"$papilio" radios list --format csv | grep -q 'moved with its prefix' || fail "reads $radio not"
"$papilio" check scenarios/paper/table4.yaml | grep -q "$folder/moved/share/papilio/scenarios" ||
  fail "knows no scenarios/paper/table4.yaml"
"$papilio" plan scenarios/paper/table4.yaml --network 3g --trace scenarios/fleets/walk.csv >/dev/null
"$papilio" study check scenarios/studies/bandwidth.yaml >/dev/null
"$build/papilio" radios list --format csv | grep -q 'moved with its prefix' && fail "a build reads an installation"

# papilio-tensor is found beside it, or the package named.
if [ -x "$folder/moved/bin/papilio-tensor" ]; then
  "$papilio" codecs --format csv | grep -q '^raw,' || fail "does not find papilio-tensor"
  mv "$folder/moved/bin/papilio-tensor" "$folder/tensor"
fi
said=$("$papilio" codecs 2>&1) && fail "started papilio-tensor, which is not there"
case $said in
  *"apt install papilio-tensor"*) ;;
  *) fail "names no package: $said" ;;
esac
"$papilio" train --help | grep -q -- --seeds || fail "tells no help of a verb whose program is absent"

# The manual has a page for each verb, and man has no complaint.
for page in "$folder"/moved/share/man/man1/*.1; do
  complaints=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
  same "$page" "$complaints" ""
done
for verb in $("$papilio" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
  [ -f "$folder/moved/share/man/man1/papilio-$verb.1" ] || fail "no page of $verb"
done

# Somebody else's project.
cmake -S "$sources/tests/install/consumer" -B "$folder/consumer" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$folder/moved" >/dev/null
cmake --build "$folder/consumer" >/dev/null
"$folder/consumer/consumer" scenarios/paper/table4.yaml 'networks=[wifi]' delay_s=0.01 >theirs.csv
"$papilio" run scenarios/paper/table4.yaml --set 'networks=[wifi]' --set delay_s=0.01 --format csv >ours.csv
cmp ours.csv theirs.csv || fail "the consumer has other numbers"
[ "$(wc -l <theirs.csv)" -gt 30 ] || fail "the consumer has few numbers"

# The module that simulates is the prefix's own too, and what does not simulate needs none.
mv "$folder/moved/lib/papilio/papilio-simgrid.so" "$folder/module"
"$papilio" plan scenarios/paper/table4.yaml >/dev/null
code=0
said=$("$papilio" run scenarios/paper/table4.yaml -o none 2>&1) || code=$?
same "exit code without the module" "$code" 2
case $said in
  *"error: cannot load '$folder/moved/lib/papilio/papilio-simgrid.so'"*) ;;
  *) fail "says of the absent module: $said" ;;
esac
[ ! -e none ] || fail "wrote results without simulating"

# The packages.
(cd "$folder" && cpack --config "$build/CPackConfig.cmake" -B "$folder/packages" >"$folder/cpack.log" 2>&1) || {
  cat "$folder/cpack.log" >&2
  fail cpack
}
version=$("$papilio" --version | sed -n '1s/papilio \([0-9.]*\) .*/\1/p')
field() { dpkg-deb --field "$(ls "$folder"/packages/"$1"_*.deb)" "$2"; }
files() { dpkg-deb --contents "$(ls "$folder"/packages/"$1"_*.deb)" | awk '{ print $6 }'; }
for package in papilio libpapilio-dev; do
  same "version of $package" "$(field $package Version)" "$version"
done
held=$(files papilio)
for file in bin/papilio lib/papilio/papilio-simgrid.so share/papilio/profiles/devices/jetson-tx2.yaml share/papilio/scenarios/paper/table4.yaml \
  share/doc/papilio/README.md share/doc/papilio/copyright share/man/man1/papilio-run.1 \
  share/bash-completion/completions/papilio share/zsh/vendor-completions/_papilio; do
  has papilio "$held" "./usr/$file"
done
printf '%s\n' "$held" | grep -q '/usr/include\|\.a$\|papilio-tensor$' && fail "papilio holds another's files"
held=$(files libpapilio-dev)
for file in include/papilio/sim/run/experiment.hpp include/papilio/models/graph/graph.hpp \
  lib/papilio/libpapilio_run.a lib/cmake/Papilio/PapilioConfig.cmake; do
  has libpapilio-dev "$held" "./usr/$file"
done
case $(field papilio Depends) in
  *libsimgrid*) ;;
  *) fail "papilio depends on: $(field papilio Depends)" ;;
esac
same recommends "$(field papilio Recommends)" gnuplot-nox
case $(field libpapilio-dev Depends) in
  *libsimgrid-dev*) fail "libpapilio-dev depends on what only the module is made with" ;;
  *"papilio (= $version)"*libyaml-cpp-dev*) ;;
  *) fail "libpapilio-dev depends on: $(field libpapilio-dev Depends)" ;;
esac
if [ -e "$folder/tensor" ]; then
  has papilio-tensor "$(files papilio-tensor)" ./usr/bin/papilio-tensor
  case $(field papilio-tensor Depends) in
    *"papilio (= $version)"*) ;;
    *) fail "papilio-tensor depends on: $(field papilio-tensor Depends)" ;;
  esac
fi
