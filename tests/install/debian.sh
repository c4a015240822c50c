#!/bin/sh
# Installs the packages that cpack made on a bare Debian 12, does the main job there as a user who is not root,
# tries completion, the manual and the Python example, removes the packages, and shows what is left. By hand: it
# needs root, debootstrap and the network, and takes minutes.
#   tests/install/debian.sh BUILD/packages FOLDER [MIRROR]
# FOLDER/base is kept, so that a second time is quicker; remove FOLDER when done.
set -eu
packages=$(readlink -f "$1")
. "$(dirname "$0")/bare.sh"

say() { printf '\n== %s\n' "$*"; }
# inside WORDS...: as root in the new system; as_user: as a user there, in a folder of its own.
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive "$@"; }
as_user() { inside su user -s /bin/bash -c "cd && $1"; }
# listed: every file and folder, but for what apt and dpkg keep for themselves.
listed() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./sys -o -path ./tmp -o -path ./home \
    -o -path ./packages -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/apt -o -path ./var/lib/dpkg \) \
    -prune -o -print | sort)
}
bare_debian "$2" root "${3:-}"
inside useradd --create-home user
inside apt-get -qq update
# What a bare system lacks to read a manual at all: these are not the packages' business, nor is what they
# leave. minbase's dpkg keeps everything; images for containers may leave out /usr/share/doc and man.
inside apt-get -qq install --no-install-recommends man-db bash-completion zsh >/dev/null
mkdir "$root/packages"
cp "$packages"/*.deb "$root/packages/"
listed >"$folder/before.txt"

say "install $(cd "$packages" && echo papilio_*.deb)"
begin=$(date +%s)
inside sh -c 'apt-get -qq install /packages/papilio_*.deb' >"$folder/install.log" 2>&1 || {
  cat "$folder/install.log"
  exit 1
}
echo "$(($(date +%s) - begin)) s; gnuplot came along: $(inside sh -c 'command -v gnuplot')"

say "the main job"
as_user 'papilio --version | head -1
time papilio run scenarios/paper/table4.yaml | head -12
papilio plan scenarios/paper/table4.yaml --network wifi --limit latency_s=0.03 -t energy | head -8
papilio report results/table4
papilio plot results/table4 --columns 2 -o stages.pdf
papilio new device phone --peak 1e12 --bandwidth 30e9 --idle-power 1 --peak-power 6
papilio predict --model resnet50 --device phone --profiles results/profiles | head -5
ls -l results/table4/report.html stages.pdf'

say "the verbs of papilio-tensor, without it"
as_user 'papilio train --help | head -1; papilio codecs' || echo "exit code $?"

say "completion in bash, from the package's place"
as_user 'source /usr/share/bash-completion/completions/papilio
complete -p papilio
COMP_WORDS=(papilio models show resnet5) COMP_CWORD=3 COMP_LINE="papilio models show resnet5" COMP_POINT=27
_papilio; echo "papilio models show resnet5<Tab>: ${COMPREPLY[*]}"'

say "the manual"
as_user 'man papilio-plan | head -12; man -k papilio | head -3'

if ls "$packages"/papilio-tensor_*.deb >/dev/null 2>&1; then
  say "papilio-tensor"
  inside sh -c 'apt-get -qq install --no-install-recommends /packages/papilio-tensor_*.deb' >"$folder/more.log" 2>&1 || {
    cat "$folder/more.log"
    exit 1
  }
  as_user 'papilio codecs | head -4; papilio-tensor --version | head -2'
fi

say "libpapilio-dev, and the consumer's project"
inside sh -c 'apt-get -qq install --no-install-recommends /packages/libpapilio-dev_*.deb g++ cmake make' >"$folder/more.log" 2>&1 || {
  cat "$folder/more.log"
  exit 1
}
cp -r "$(dirname "$0")/consumer" "$root/home/user/consumer"
inside chown -R user /home/user/consumer
as_user 'cmake -S consumer -B consumer/build -DCMAKE_BUILD_TYPE=Release >/dev/null && cmake --build consumer/build >/dev/null
consumer/build/consumer scenarios/paper/table4.yaml networks=[wifi] > theirs.csv
papilio run scenarios/paper/table4.yaml --set networks=[wifi] --format csv -o wifi > ours.csv
cmp ours.csv theirs.csv && wc -l < ours.csv'

if ls "$packages"/python3-papilio_*.deb >/dev/null 2>&1; then
  say "Python"
  inside sh -c 'apt-get -qq install --no-install-recommends /packages/python3-papilio_*.deb' >>"$folder/more.log" 2>&1
  as_user 'python3 /usr/share/doc/papilio/docs/python/example.py'
fi

# What came along only because something recommends or suggests it goes too: man-db, which is this script's,
# suggests groff, and by that all that groff recommends would stay.
say "uninstall"
inside sh -c 'apt-get -qq purge $(dpkg-query -W -f "\${Package}\\n" | grep papilio) g++ cmake make &&
  apt-get -qq autoremove --purge -o APT::AutoRemove::RecommendsImportant=false \
    -o APT::AutoRemove::SuggestsImportant=false' >"$folder/purge.log" 2>&1
listed >"$folder/after.txt"
diff "$folder/before.txt" "$folder/after.txt" >"$folder/left.txt" || true
echo "left of papilio: $(grep -c papilio "$folder/left.txt" || true)"
echo "left of others, or gone: $(grep -c '^[<>]' "$folder/left.txt" || true)"
cat "$folder/left.txt"
