// Adds up what the runs of scripts/test.sh left in a folder, and ends as they deserve: a run that broke down without a failed test
// (a crash, an error outside a test) counts as a failure.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = process.argv[2];
const sum = { passed: 0, failed: 0, skipped: [] };
for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const name = basename(file, '.status');
  const status = Number(readFileSync(join(folder, file), 'utf8'));
  const path = join(folder, `${name}.json`);
  const run = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: 0, skipped: [], errors: 1 };
  const broken = run.errors > 0 || (status !== 0 && run.failed === 0);
  if (broken) console.log(`\n${name}: ${run.errors} errors outside a test, exit status ${status}: counted as one failure`);
  sum.passed += run.passed;
  sum.failed += run.failed + (broken ? 1 : 0);
  sum.skipped.push(...run.skipped);
}
if (sum.skipped.length > 0) console.log(`\nskipped:\n${sum.skipped.map(({ name, reason }) => `  ${name}: ${reason}`).join('\n')}`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped.length} skipped`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
