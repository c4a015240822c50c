#!/bin/sh
# Walks the README on a bare Debian 12, from a clone, as root: every command in its order, timed, and the rows that the README
# quotes compared with what they print. By hand: it needs root, debootstrap and the network, and takes half an hour or more.
#   tests/install/walk.sh CLONE FOLDER [MIRROR]
# CLONE: a repository, of which main is cloned. FOLDER/base is kept, so that a second time is quicker; remove FOLDER when done.
set -eu
clone=$(readlink -f "$1")
mkdir -p "$2"
folder=$(readlink -f "$2")
mirror=${3:-http://deb.debian.org/debian}
root=$folder/walk

leave() { umount "$root/proc" "$root/dev/pts" 2>/dev/null || true; }
trap leave EXIT

if [ ! -f "$folder/base/etc/debian_version" ]; then
  debootstrap --variant=minbase bookworm "$folder/base" "$mirror"
fi
leave
rm -rf "$root"
cp -a "$folder/base" "$root"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
echo "deb $mirror bookworm main" >"$root/etc/apt/sources.list"
git clone -q "$clone" "$root/root/papilio"
/usr/bin/python3 "$root/root/papilio/tests/cli/readme_test.py" "$root/root/papilio/papilio" "$root/root/papilio" --times --in "$root"
echo "every command worked, and printed what the README quotes"
