#!/bin/sh
# Walks the README on a bare Debian 12, from a clone, as root: every command in its order, timed, and the rows that the README
# quotes compared with what they print. By hand: it needs root, debootstrap and the network, and takes half an hour or more.
#   tests/install/walk.sh CLONE FOLDER [MIRROR]
# CLONE: a repository, of which main is cloned. FOLDER/base is kept, so that a second time is quicker; remove FOLDER when done.
set -eu
clone=$(readlink -f "$1")
. "$(dirname "$0")/bare.sh"
bare_debian "$2" walk "${3:-}"
git clone -q "$clone" "$root/root/papilio"
/usr/bin/python3 "$root/root/papilio/tests/cli/readme_test.py" "$root/root/papilio/papilio" "$root/root/papilio" --times --in "$root"
echo "every command worked, and printed what the README quotes"
