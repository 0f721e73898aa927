// Leases in a whole worker: recall, cancel of a job that resists, inputs ahead of the slot, heartbeats, memory.
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { farm } from '@mosix/protocol';
import { readAllProcesses, treeOf } from './sandbox/process-table.js';
import type { ProcessFacts } from './sandbox/process-table.js';
import { sandboxMissing } from './testing/test-host.js';
import { until } from './testing/test-coordinator.js';
import { failureOf, processesWith, resultOf, useWorkers } from './testing/worker-fixture.js';

const fixture = useWorkers();
const { start, assign, run } = fixture;
const started = (lease: string) => until(() => fixture.coordinator.updates.some(({ leaseId, state }) => leaseId === lease && state === 'started'));
const progressOf = (lease: string): farm.LeaseProgress | undefined => fixture.coordinator.heartbeats.at(-1)?.leases.find(({ leaseId }) => leaseId === lease);
const updatesOf = (lease: string) => fixture.coordinator.updates.filter(({ leaseId }) => leaseId === lease).map(({ state }) => state);

const MEMORY_GROUPS = '/sys/fs/cgroup/memory';
/** Limits can be set here: root, and control groups of version 1. */
const memoryGroups = (() => {
  try {
    accessSync(join(MEMORY_GROUPS, 'memory.limit_in_bytes'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();
const removed = (group: string): boolean => {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false; // processes of it still end
  }
};
const processIsThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(sandboxMissing !== undefined)(`leases${sandboxMissing === undefined ? '' : ` (skipped: ${sandboxMissing})`}`, () => {
  test('what waits is given back on recall; what has begun goes on, and nothing is said', async () => {
    await start({ slots: 1 });
    const first = await assign('while :; do sleep 1; done');
    await started(first);
    const second = await assign('echo y > out/result');
    fixture.coordinator.send({ recall: { leaseId: first } });
    fixture.coordinator.send({ recall: { leaseId: second } });
    fixture.coordinator.send({ recall: { leaseId: 'unknown' } });
    expect(failureOf(await fixture.coordinator.outcome(second))).toMatchObject({ code: 'recalled' });
    expect(updatesOf(first)).toEqual(['started']);
    fixture.coordinator.send({ cancel: { leaseId: first, reason: '' } });
    expect(failureOf(await fixture.coordinator.outcome(first))).toMatchObject({ code: 'cancelled' });
    expect(updatesOf(second)).toEqual(['failed']);
    expect(resultOf(await run('echo z > out/result')).exitCode).toBe(0);
  });

  test('a lease in a slot that still waits for its inputs has not begun', async () => {
    await start({ slots: 1 });
    const open = fixture.coordinator.holdReads();
    const lease = await assign('echo x > out/result');
    await until(() => fixture.coordinator.reads.size > 0);
    fixture.coordinator.send({ recall: { leaseId: lease } });
    expect(failureOf(await fixture.coordinator.outcome(lease))).toMatchObject({ code: 'recalled' });
    open();
    resultOf(await run('echo y > out/result'));
    expect(updatesOf(lease)).toEqual(['failed']);
  });

  test('a cancelled job is gone whole, whatever it ignores and wherever its processes hide, and so is its scratch', async () => {
    await start();
    const marker = `983${process.pid}`;
    const stubborn = `trap "" TERM HUP INT QUIT; touch out/result /tmp/x; setsid /bin/sh -c "trap '' TERM; setsid sleep ${marker} & sleep ${marker} & wait" & (sleep ${marker} & sleep ${marker} & wait) & while :; do sleep ${marker}; done`;
    const lease = await assign(stubborn);
    await until(() => processesWith(marker).length >= 6);
    const before = readdirSync(join(fixture.base, 'data/jobs'));
    expect(before).toHaveLength(1);
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: 'another copy was first' } });
    expect(failureOf(await fixture.coordinator.outcome(lease))).toMatchObject({ code: 'cancelled', message: 'another copy was first' });
    expect(processesWith(marker)).toEqual([]);
    await until(() => readdirSync(join(fixture.base, 'data/jobs')).length === 0);
    expect(updatesOf(lease)).toEqual(['started', 'failed']);
    expect(resultOf(await run('echo z > out/result')).exitCode).toBe(0);
  });

  test('inputs of waiting leases are fetched while they wait', async () => {
    await start({ slots: 1 });
    const first = await assign('while :; do sleep 1; done');
    await started(first);
    let wanted = { hash: '', sizeBytes: 0 };
    const second = await assign('cat in > out/result', { fill: (tree) => void (wanted = tree.text('/work/in', 'fetched ahead')) });
    await until(() => fixture.coordinator.reads.has(`${wanted.hash}/${wanted.sizeBytes}`));
    expect(updatesOf(second)).toEqual([]);
    fixture.coordinator.send({ cancel: { leaseId: first, reason: '' } });
    expect(resultOf(await fixture.coordinator.outcome(second)).outputFiles[0]?.contents.toString()).toBe('fetched ahead');
    expect(fixture.coordinator.reads.get(`${wanted.hash}/${wanted.sizeBytes}`)).toBe(1);
  });

  test('heartbeats are counted, told at once with the first lease, and seldom without one', async () => {
    fixture.coordinator.intervals = { heartbeatIntervalMs: 20, idleHeartbeatIntervalMs: 3_600_000 };
    await start();
    await until(() => fixture.coordinator.heartbeats.length > 0);
    expect(fixture.coordinator.hellos[0]).toMatchObject({ liveMigration: false });
    expect(fixture.coordinator.hellos[0]?.cores).toBeGreaterThan(0);
    expect(fixture.coordinator.heartbeats[0]).toMatchObject({ sequence: 1, leases: [] });
    const lease = await assign('i=0; while :; do i=$((i+1)); done');
    await until(() => (progressOf(lease)?.cpuUs ?? 0) > 100_000);
    const { cpuUs, wallUs, memoryBytes, paused } = progressOf(lease) ?? { cpuUs: 0, wallUs: 0, memoryBytes: 0, paused: true };
    expect(wallUs).toBeGreaterThan(0);
    expect(cpuUs).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(100_000);
    expect(paused).toBe(false);
    const numbers = fixture.coordinator.heartbeats.map(({ sequence }) => sequence);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const last = fixture.coordinator.heartbeats.at(-1);
    expect(last?.load).toBeGreaterThanOrEqual(0);
    expect(last?.memoryPressure).toBeLessThanOrEqual(1);
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: '' } });
    await fixture.coordinator.outcome(lease);
    // Each stream counts from one again.
    const heard = fixture.coordinator.heartbeats.length;
    fixture.coordinator.cutStream();
    await until(() => fixture.coordinator.hellos.length === 2 && fixture.coordinator.heartbeats.length > heard);
    expect(fixture.coordinator.heartbeats.slice(heard).some(({ sequence }) => sequence === 1)).toBe(true);
  });

  test('when memory runs short the young big job is ended, with what it used, and the old one stays', async () => {
    const gibibyte = 1024 ** 3;
    let short = false;
    await start({ memory: () => ({ totalBytes: 100 * gibibyte, availableBytes: short ? gibibyte : 50 * gibibyte }) });
    const old = await assign('while :; do sleep 1; done');
    await started(old);
    const big = await assign('y=$(cat big); while :; do sleep 1; done', {
      fill: (tree) => void tree.text('/work/big', Buffer.alloc(40_000_000, 'x')),
    });
    await until(() => (progressOf(big)?.memoryBytes ?? 0) > 40_000_000);
    short = true;
    const failed = failureOf(await fixture.coordinator.outcome(big));
    short = false;
    expect(failed).toMatchObject({ code: 'out-of-memory' });
    expect(failed.peakMemoryBytes).toBeGreaterThan(40_000_000);
    expect(failed.message).toContain('the node had only 1024 MiB of memory left');
    expect(updatesOf(old)).toEqual(['started']);
    fixture.coordinator.send({ cancel: { leaseId: old, reason: '' } });
    await fixture.coordinator.outcome(old);
  });

  test.skipIf(!memoryGroups)('a compiler that the kernel kills for lack of memory is the node’s failure, with what it used', async () => {
    const group = join(MEMORY_GROUPS, `mosix-test-${process.pid}`);
    mkdirSync(group);
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(200 * 1024 ** 2));
    try {
      await start();
      const lease = await assign('while [ ! -e out/go ]; do sleep 0.05; done; y=$(cat big); z=$y$y$y$y$y$y; while :; do z=$z$y; done', {
        fill: (tree) => void tree.text('/work/big', Buffer.alloc(20_000_000, 'x')),
      });
      const job = (): ProcessFacts[] => {
        const table = readAllProcesses();
        return processesWith('bwrap').map(Number).filter((pid) => table.byPid.get(pid)?.parent === process.pid).flatMap((pid) => treeOf(table, pid));
      };
      await until(() => job().length >= 3); // bubblewrap, mosix-init, the shell
      // Whoever has ended meanwhile was a sleep.
      for (const { pid } of job()) if (processIsThere(pid)) writeFileSync(join(group, 'cgroup.procs'), String(pid));
      fixture.letGo();
      const failed = failureOf(await fixture.coordinator.outcome(lease));
      expect(failed.code).toBe('out-of-memory');
      expect(failed.peakMemoryBytes).toBeGreaterThan(20_000_000);
    } finally {
      await until(() => removed(group));
    }
  });

  test('a finished job tells the memory of all its processes', async () => {
    await start();
    const lease = await assign('y=$(cat big); while [ ${#z} -lt 200 ]; do z=$z.; sleep 0.01; done; echo ${#y} > out/result', {
      fill: (tree) => void tree.text('/work/big', Buffer.alloc(20_000_000, 'x')),
    });
    const update = await fixture.coordinator.outcome(lease);
    expect(resultOf(update).outputFiles[0]?.contents.toString()).toBe('20000000\n');
    expect(update.state === 'finished' && update.finished.usage?.peakMemoryBytes).toBeGreaterThan(20_000_000);
  });

  test('measures its speed again when it is asked to, and tells all runs', async () => {
    await start();
    fixture.coordinator.send({ benchmark: {} });
    await until(() => fixture.coordinator.benchmarks.length > 0);
    const { speed = 0, runs = [] } = fixture.coordinator.benchmarks[0] ?? {};
    expect(runs).toHaveLength(5);
    expect([...runs].sort((a, b) => a - b)[2]).toBe(speed);
    fixture.coordinator.cutStream();
    await until(() => fixture.coordinator.hellos.length === 2);
    expect(fixture.coordinator.hellos[1]?.speed).toBe(speed);
  });
});
