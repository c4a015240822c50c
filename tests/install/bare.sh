# A bare Debian 12 to try things in, for the scripts beside it, which source this.
#   bare_debian FOLDER NAME [MIRROR]: makes FOLDER/NAME anew of FOLDER/base, which is made the first time and kept; sets `folder`
#   and `root` to their places. Needs root and debootstrap. What it mounts goes when the script ends.
leave() { umount "$root/proc" "$root/dev/pts" 2>/dev/null || true; }

bare_debian() {
  mkdir -p "$1"
  folder=$(readlink -f "$1")
  root=$folder/$2
  mirror=${3:-http://deb.debian.org/debian}
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
}
