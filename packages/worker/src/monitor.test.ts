// The monitor beside real processes. Other work on the machine only adds to the load of others, so these tests hold on a busy one.
import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { createMonitor, useIn } from './monitor.js';
import type { Monitor } from './monitor.js';
import { treeOf, readAllProcesses } from './sandbox/process-table.js';
import { until } from './testing/test-coordinator.js';

const BUSY = 'while :; do :; done';
const stray: number[] = [];
afterEach(() => {
  for (const pid of stray.splice(0)) process.kill(pid, 'SIGKILL');
});

const monitorOf = (jobs: () => readonly number[]): Monitor => createMonitor({ jobs, helpers: [], memory: () => ({ totalBytes: 10, availableBytes: 5 }) });

/** A process that is busy and no child of ours: what somebody else runs. */
const somebodyElse = async (): Promise<void> => {
  const parent = spawn('sh', ['-c', `setsid sh -c '${BUSY}' & echo $!`], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until(() => said.endsWith('\n'));
  const pid = Number(said);
  stray.push(pid);
  await until(() => readAllProcesses().byPid.get(pid)?.parent !== parent.pid);
};

test('what somebody else runs is load', async () => {
  const monitor = monitorOf(() => []);
  monitor.sample(0);
  await somebodyElse();
  await until(() => monitor.sample(0).othersProcessors > 0.2);
  expect(monitor.sample(1000).load).toBeGreaterThan(0.2);
});

test('what a job uses is its own, also when it has ended and been waited for', async () => {
  const child = spawn('sh', ['-c', BUSY], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  stray.push(pid);
  const monitor = monitorOf(() => [pid]);
  await until(() => useIn(monitor.sample(0), pid).cpuUs > 300_000);
  expect(useIn(monitor.sample(0), pid).memoryBytes).toBeGreaterThan(0);
  const before = treeOf(readAllProcesses(), process.pid).reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
  child.kill('SIGKILL');
  stray.pop();
  await new Promise((resolve) => child.once('exit', resolve));
  expect(treeOf(readAllProcesses(), process.pid).reduce((sum, { cpuTicks }) => sum + cpuTicks, 0)).toBeGreaterThanOrEqual(before);
  expect(useIn(monitor.sample(0), pid)).toEqual({ cpuUs: 0, memoryBytes: 0 });
});

test('a sample is used again while it is fresh', () => {
  const monitor = monitorOf(() => []);
  const first = monitor.sample(0);
  expect(monitor.sample(60_000)).toBe(first);
  expect(monitor.sample(0)).not.toBe(first);
  expect(first).toMatchObject({ memory: { totalBytes: 10, availableBytes: 5 } });
});
