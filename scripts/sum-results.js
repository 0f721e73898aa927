// Adds up what the runs of scripts/test.sh left in a folder, and ends as they deserve: a run that broke down without a failed test
// (a crash, an error outside a test) counts as a failure.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = process.argv[2];
const sum = { passed: 0, failed: [], skipped: [] };
for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const name = basename(file, '.status');
  const status = Number(readFileSync(join(folder, file), 'utf8'));
  const path = join(folder, `${name}.json`);
  const run = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: [], skipped: [], errors: 1 };
  const broken = run.errors > 0 || (status !== 0 && run.failed.length === 0);
  sum.passed += run.passed;
  sum.failed.push(...run.failed);
  if (broken) sum.failed.push({ name, reason: `${run.errors} errors outside a test, exit status ${status}: counted as one failure` });
  sum.skipped.push(...run.skipped);
}
const REASON_CHARS_MAX = 500;
for (const kind of ['skipped', 'failed']) {
  if (sum[kind].length > 0) console.log(`\n${kind}:\n${sum[kind].map(({ name, reason }) => `  ${name}: ${reason.slice(0, REASON_CHARS_MAX)}`).join('\n')}`);
}
console.log(`\n${sum.passed} passed, ${sum.failed.length} failed, ${sum.skipped.length} skipped`);
process.exitCode = sum.failed.length === 0 && sum.passed > 0 ? 0 : 1;
