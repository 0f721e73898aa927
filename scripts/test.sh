#!/bin/bash
# All tests, or the vitest projects named as arguments (unit, sim, tidy, e2e). Ends with the skipped tests and why, and as its last line alone
#   N passed, N failed, N skipped
# The exit status is 0 only if some passed and none failed.
set -u
cd "$(dirname "$(readlink -f "$0")")/.."

results=$(mktemp -d "${TMPDIR:-/tmp}/mosix-test.XXXXXX")
trap 'rm -rf "$results"' EXIT
# A terminal's Ctrl-C reaches vitest, too: wait for it to clean up, then start nothing more.
interrupted=
trap 'interrupted=yes' INT

# End-to-end tests measure nothing, but they do fill the machine: they do not run beside the others.
run() {
  [ -z "$interrupted" ] || return
  name=$1
  shift
  MOSIX_TEST_RESULTS="$results/$name.json" node_modules/.bin/vitest run --passWithNoTests --reporter=default --reporter=./scripts/result-reporter.js "$@" </dev/null
  echo $? >"$results/$name.status"
}
if [ $# -gt 0 ]; then
  for project in "$@"; do run "$project" --project "$project"; done
else
  run quick --project unit --project sim --project tidy
  run e2e --project e2e
  [ -z "${MOSIX_TEST_FULL:-}" ] || run farm --project farm
fi
node scripts/sum-results.js "$results"
