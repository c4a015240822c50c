#!/bin/sh
# Fails when a source is not formatted as .clang-format says.  $1: clang-format  $2: the project
set -eu
cd "$2"
find sim models tests \( -name '*.cpp' -o -name '*.hpp' \) -exec "$1" --dry-run --Werror {} +
