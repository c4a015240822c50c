#!/bin/sh
# Claims: papilio-measure builds with LibTorch and no other library's header or file, and what it
# writes is a layer table and a device as papilio reads them; wrong words end it with 2.
# $1: the project  $2: folder to build in  $3: papilio
set -eu
root=$1 build=$2 papilio=$3
fail() { echo "FAILED: $*" >&2; exit 1; }

{ cmake -G Ninja -S "$root/models/measure/standalone" -B "$build" -DCMAKE_UNITY_BUILD=ON &&
  ninja -C "$build" -j2; } \
  >"$build.log" 2>&1 || { cat "$build.log" >&2; fail "it does not build"; }

# Folders of headers: LibTorch's own (glog and gflags are its, as Debian builds it), the compiler's
# and the kernel's. Single files are the C library's.
others=$(ninja -C "$build" -t deps | sed -n 's,^ */usr/include/\([^/]*\)/.*,\1,p' | sort -u |
  grep -vxE 'ATen|c10|caffe2|torch|glog|gflags|c\+\+|linux|asm|asm-generic|x86_64-linux-gnu|aarch64-linux-gnu' || true)
[ -z "$others" ] || fail "it includes headers of $others"
others=$(readelf -d "$build/papilio-measure" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
  grep -vE '^(lib(torch|torch_cpu|torch_cuda|c10|c10_cuda|stdc\+\+|m|gcc_s|c|dl|pthread)|ld-linux.*)\.so' || true)
[ -z "$others" ] || fail "it links $others"

rm -rf "$build/profiles"
"$build/papilio-measure" --model resnet20-cifar10 --force --limit 0.1 --precision=1 --batch 1,2 --power-w 2 \
  --name box -o "$build/profiles" >"$build.out" || fail "it does not measure"
grep -q 'resnet20-cifar10: its layers add up to' "$build.out" || fail "it does not report"
table=$("$papilio" profiles show box/resnet20-cifar10 --profiles "$build/profiles") ||
  fail "papilio does not read its table"
for text in "fp32, measured: papilio-profile, 'papilio-measure'." 'at 2 W, which was stated' \
  '| layer3.2.conv2 '; do
  case $table in *"$text"*) ;; *) fail "its table does not say: $text" ;; esac
done
"$papilio" devices show box --profiles "$build/profiles" | grep -q '1 thread, fp32' ||
  fail "papilio does not read its device"

# refuses TEXT WORD...: exit 2, and why.
refuses() {
  text=$1 status=0
  shift
  "$build/papilio-measure" "$@" -o "$build/none" >/dev/null 2>"$build.err" || status=$?
  if [ "$status" != 2 ] || ! grep -qF -e "$text" "$build.err"; then
    fail "$*: $status, $(cat "$build.err")"
  fi
}
refuses '--model is missing'
refuses "there is no network 'resnet19'" --model resnet19
refuses '--dtype fp16 needs a GPU' --model resnet18 --dtype fp16
refuses "unknown option '--modle'" --modle resnet18
refuses '--limit must be a number' --model resnet18 --limit soon
refuses '--batch must be whole numbers that ascend' --model resnet18 --batch 2,1
refuses "--name '../x'" --model resnet18 --name ../x
[ ! -e "$build/none" ] || fail "a wrong command has written"
