import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endProcesses, isAlive, signalProcess, startTicksOf } from './processes.js';

const start = (script: string) => {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = child.pid ?? -1;
  return { child, identity: { pid, startTicks: startTicksOf(pid) ?? -1 } };
};

test('a process is known by pid and start time', async () => {
  const { child, identity } = start('exec sleep 60');
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startTicks: identity.startTicks + 1 })).toBe(false);
  expect(signalProcess({ ...identity, startTicks: identity.startTicks + 1 }, 'SIGKILL')).toBe(false);
  expect(signalProcess(identity, 'SIGTERM')).toBe(true);
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
});

test('a process whose name holds spaces and parentheses', () => {
  expect(startTicksOf(process.pid)).toBeGreaterThan(0);
  process.title = 'a) Z (b';
  expect(startTicksOf(process.pid)).toBeGreaterThan(0);
});

test('no such process', () => {
  expect(startTicksOf(2 ** 30)).toBeUndefined();
  expect(isAlive({ pid: 2 ** 30, startTicks: 1 })).toBe(false);
});

test('asked to end, asked again, killed', async () => {
  const willing = start('exec sleep 60');
  const drains = start("trap 'n=$((n+1)); [ $n = 2 ] && exit 0' TERM; echo ready; while :; do sleep 0.05; done");
  const deaf = start("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  await Promise.all([once(drains.child.stdout, 'data'), once(deaf.child.stdout, 'data')]);
  const killed = await endProcesses([willing.identity, drains.identity, deaf.identity], 500);
  expect(killed).toEqual([deaf.identity]);
  expect([willing, drains, deaf].map((one) => isAlive(one.identity))).toEqual([false, false, false]);
});
