#!/bin/sh
# Claim: the release programs, and the Python module, are position-independent, with full RELRO, no executable
# stack, stack protector and FORTIFY.
#   hardening.sh PROGRAM...
set -eu

for program in "$@"; do
  require() {
    readelf "$2" -W "$program" | grep -q "$3" || {
      echo "$program: $1 is missing" >&2
      exit 1
    }
  }
  require 'position independence' -h 'Type: *DYN'
  require RELRO -l GNU_RELRO
  require 'binding at the start (full RELRO)' -d 'BIND_NOW\|FLAGS.*NOW'
  require 'a stack that is not executable' -l 'GNU_STACK.* RW  *0x'
  require 'the stack protector' --dyn-syms __stack_chk_fail
  require FORTIFY --dyn-syms '_chk@'
done
