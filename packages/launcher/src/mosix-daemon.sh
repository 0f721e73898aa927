#!/bin/sh
# Starts the client daemon. The launcher runs this file, which therefore stands beside it.
here=$(dirname "$(readlink -f "$0")")
exec "${MOSIX_NODEJS:-node}" --max-semi-space-size=16 "$here/../../daemon/dist/main.js" "$@"
