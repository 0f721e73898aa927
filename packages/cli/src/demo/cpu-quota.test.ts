import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { createCpuQuotas } from './cpu-quota.js';
import { unequalShares } from './run-demo.js';

test('shares fall and use all cores', () => {
  const shares = unequalShares(4, 7);
  expect(shares).toEqual([2.5, 2, 1.5, 1]);
  expect(unequalShares(1, 2)).toEqual([2]);
});

test('a worker starts inside its group, keeps its process id, and the group goes away', async ({ skip }) => {
  const quotas = createCpuQuotas([0.5, 0.25], `mosix-test-${process.pid}`);
  if (quotas === undefined) return skip('no control group can be made here');
  const [program = '', ...rest] = quotas.prefixOf(2);
  const group = dirname(rest.at(-1) ?? '');
  const groups = execFileSync(program, [...rest, '/bin/cat', '/proc/self/cgroup'], { encoding: 'utf8' });
  expect(groups).toContain(`mosix-test-${process.pid}/w2`);
  const limit = [`${group}/cpu.max`, `${group}/cpu.cfs_quota_us`].find(existsSync);
  expect(readFileSync(limit ?? '', 'utf8')).toMatch(/^25000\b/);
  await quotas.remove();
  expect(existsSync(dirname(group))).toBe(false);
});
