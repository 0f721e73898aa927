#!/bin/sh
# Starts the client daemon. The launcher runs this file, which therefore stands beside it.
here=$(dirname "$(readlink -f "$0")")
# Options of V8, measured by the bench of client cost: this machine's CPU counts, and the daemon's code is mostly cold.
# A young generation that the garbage of some 10 compiles fits into, no second look at the heap because it is idle, and no helper
# threads, whose copying and marking costs as much as it saves. Baseline code at once, optimised code only for what stays hot: at the
# usual budget its compiler took a fifth of the CPU of a build's first units.
exec "${MOSIX_NODEJS:-node}" --min-semi-space-size=32 --max-semi-space-size=32 --initial-old-space-size=128 --single-threaded-gc \
  --no-memory-reducer --always-sparkplug --interrupt-budget=600000 "$here/../../daemon/dist/main.js" "$@"
