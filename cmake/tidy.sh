#!/bin/sh
# Reads the sources of one part of a target with clang-tidy as one file, which shares the headers' time
# among them. The analyzer takes only what stands in the main file itself, so that file holds their text,
# not includes of them. What is found is told by its place in the sources: they are read again, one by one.
#   tidy.sh PART SOURCE... -- CLANG_TIDY ARGS...
set -eu

part=$1
shift
sources=
while [ "$1" != -- ]; do
  sources="$sources $1" # without spaces: cat would find no file, and fail
  shift
done
shift

cat $sources >"$part"
"$@" "$part" >"$part.found" 2>&1 && exit 0
for source in $sources; do
  "$@" "$source" || exit 1
done
cat "$part.found"
echo "clang-tidy finds this in the sources read together, and not in each by itself" >&2
exit 1
