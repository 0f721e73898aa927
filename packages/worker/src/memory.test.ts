import { expect, test } from 'vitest';
import { createMemoryGauge, parseAvailableMemory } from './memory.js';

const gibibyte = 1024 ** 3;
const memory = (files: Record<string, string>) => createMemoryGauge(16 * gibibyte, (path) => files[path])();
const meminfo = 'MemTotal:  16777216 kB\nMemFree:  20 kB\nMemAvailable:   8388608 kB\n';

test('reads what the kernel writes', () => {
  expect(parseAvailableMemory(meminfo)).toBe(8 * gibibyte);
  expect(parseAvailableMemory('MemFree:  20 kB\n')).toBe(20_480);
  expect(parseAvailableMemory('')).toBe(0);
});

test('without a group the machine’s memory counts', () => {
  expect(memory({ '/proc/meminfo': meminfo })).toEqual({ totalBytes: 16 * gibibyte, availableBytes: 8 * gibibyte });
});

test('version 2: the tightest group counts, idle file pages are free', () => {
  expect(
    memory({
      '/proc/meminfo': meminfo,
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/memory.max': String(4 * gibibyte),
      '/sys/fs/cgroup/a/memory.current': String(3 * gibibyte),
      '/sys/fs/cgroup/a/memory.stat': `anon 5\ninactive_file ${gibibyte}\n`,
      '/sys/fs/cgroup/a/b/memory.max': 'max\n',
      '/sys/fs/cgroup/a/b/memory.current': String(3 * gibibyte),
    }),
  ).toEqual({ totalBytes: 4 * gibibyte, availableBytes: 2 * gibibyte });
});

test('version 1: no limit is a huge number; a group can be larger than what is left of the machine', () => {
  const groups = { '/proc/meminfo': meminfo, '/proc/self/cgroup': '4:memory:/m\n' };
  expect(memory({ ...groups, '/sys/fs/cgroup/memory/m/memory.limit_in_bytes': '9223372036854771712\n' }).totalBytes).toBe(16 * gibibyte);
  expect(
    memory({ ...groups, '/sys/fs/cgroup/memory/m/memory.limit_in_bytes': String(12 * gibibyte), '/sys/fs/cgroup/memory/m/memory.usage_in_bytes': String(gibibyte), '/sys/fs/cgroup/memory/m/memory.stat': 'total_inactive_file 0\n' }),
  ).toEqual({ totalBytes: 12 * gibibyte, availableBytes: 8 * gibibyte });
});
