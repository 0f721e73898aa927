import { expect, test } from 'vitest';
import { cpuQuota, groupCpuUs } from './cpu-quota.js';

const quota = (files: Record<string, string>): number => cpuQuota((path) => files[path]).cores;

test('version 2: the tightest group on the way up counts', () => {
  expect(
    quota({
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/a/cpu.max': '50000 100000\n',
    }),
  ).toBe(0.5);
});

test('version 1: the hierarchy that has `cpu`', () => {
  const groups = '3:memory:/m\n2:cpu,cpuacct:/x\n';
  expect(quota({ '/proc/self/cgroup': groups, '/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us': '150000\n', '/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us': '100000\n' })).toBe(1.5);
  expect(quota({ '/proc/self/cgroup': groups, '/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/x/cpu.cfs_period_us': '100000\n' })).toBe(Infinity);
});

test('without groups there is no quota', () => {
  expect(quota({})).toBe(Infinity);
  expect(quota({ '/proc/self/cgroup': '0::/\n' })).toBe(Infinity);
});

test('the group with the quota is named, and its processor time read where the kernel keeps it', () => {
  const second: Record<string, string> = { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/cpu.max': '50000 100000\n', '/sys/fs/cgroup/a/cpu.stat': 'usage_usec 1234\nuser_usec 1000\n' };
  expect(cpuQuota((path) => second[path]).group).toBe('/sys/fs/cgroup/a');
  expect(groupCpuUs('/sys/fs/cgroup/a', (path) => second[path])).toBe(1234);
  expect(groupCpuUs('/g', (path) => ({ '/g/cpu.stat': 'nr_periods 5\n', '/g/cpuacct.usage': '5000000\n' })[path])).toBe(5000);
  expect(groupCpuUs('/g', () => undefined)).toBeUndefined();
});
