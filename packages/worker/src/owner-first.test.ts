// The owner of a node comes and goes while real jobs run in real sandboxes.
import { spawn } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { farm } from '@mosix/protocol';
import type { LastUse } from './owner.js';
import { watchTerminals } from './owner-signs.js';
import { readAllProcesses, treeOf, useOf } from './sandbox/process-table.js';
import { buildInit, sandboxMissing } from './testing/test-host.js';
import { until } from './testing/test-coordinator.js';
import { failureOf, processesWith, resultOf, useWorkers } from './testing/worker-fixture.js';

const fixture = useWorkers();
const { start, assign, run } = fixture;
const started = (lease: string) => until(() => fixture.coordinator.updates.some(({ leaseId, state }) => leaseId === lease && state === 'started'));
const progressOf = (lease: string): farm.LeaseProgress | undefined => fixture.coordinator.heartbeats.at(-1)?.leases.find(({ leaseId }) => leaseId === lease);
/** Of the jobs of this process' workers: other bubblewraps may run on the machine. */
const jobProcesses = () => {
  const table = readAllProcesses();
  const ours = new Set((table.children.get(process.pid) ?? []).map(({ pid }) => pid));
  return processesWith('bwrap').map(Number).filter((pid) => ours.has(pid)).flatMap((pid) => treeOf(table, pid));
};
const allStill = (): boolean => jobProcesses().length > 0 && jobProcesses().every(({ state }) => ['T', 'Z'].includes(state));

const WAIT = 'while [ ! -e out/go ]; do i=$((i+1)); done';

/** An owner who comes and goes as the test says. */
const owner = () => {
  let use: LastUse | undefined;
  return {
    come: (what = 'terminal pts/9') => void (use = { secondsAgo: 0, what }),
    go: () => void (use = undefined),
    options: { owner: { idleSeconds: 60 }, ownerSigns: { lastUse: () => use } },
  };
};

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(sandboxMissing !== undefined)(`owner first${sandboxMissing === undefined ? '' : ` (skipped: ${sandboxMissing})`}`, () => {
  test('the owner comes: guests stand still, what waits goes back, nothing begins; the owner goes: all goes on', async () => {
    const { come, go, options } = owner();
    await start({ slots: 1, ...options });
    const lease = await assign(`(${WAIT}) & setsid /bin/sh -c "${WAIT.replaceAll('$', '\\$')}" & wait; echo done > out/result`);
    const waiting = await assign('echo never > out/result');
    await until(() => (progressOf(lease)?.cpuUs ?? 0) > 0);
    come();
    await until(() => fixture.coordinator.owners.length > 1);
    expect(fixture.coordinator.owners.map(({ active, reason }) => [active, reason])).toEqual([[false, ''], [true, 'terminal pts/9']]);
    expect(failureOf(await fixture.coordinator.outcome(waiting))).toMatchObject({ code: 'recalled', message: 'the owner is there: terminal pts/9' });
    expect(failureOf(await run('echo never > out/result'))).toMatchObject({ code: 'recalled' });
    await until(allStill);
    const used = useOf(jobProcesses()).cpuUs;
    await until(() => progressOf(lease)?.paused === true);
    const wallUs = progressOf(lease)?.wallUs;
    const heard = fixture.coordinator.heartbeats.length;
    await until(() => fixture.coordinator.heartbeats.length > heard + 5);
    expect(progressOf(lease)?.wallUs).toBe(wallUs);
    expect(useOf(jobProcesses()).cpuUs).toBe(used);
    expect(allStill()).toBe(true);
    fixture.letGo();
    go();
    const result = resultOf(await fixture.coordinator.outcome(lease));
    expect(result.outputFiles[0]?.contents.toString()).toBe('done\n');
    expect(fixture.coordinator.owners.at(-1)).toMatchObject({ active: false });
    resultOf(await run('echo again > out/result'));
  });

  test('a job that stands still can be cancelled, and is gone whole', async () => {
    const { come, options } = owner();
    await start(options);
    const marker = `982${process.pid}`;
    const lease = await assign(`trap "" TERM CONT; setsid sleep ${marker} & sleep ${marker} & wait`);
    await until(() => processesWith(marker).length >= 3);
    come();
    await until(allStill);
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: 'moved' } });
    expect(failureOf(await fixture.coordinator.outcome(lease))).toMatchObject({ code: 'cancelled', message: 'moved' });
    expect(processesWith(marker)).toEqual([]);
  });

  test('time that a job stands still counts neither for its timeout nor for its usage', async () => {
    const { come, go, options } = owner();
    await start(options);
    const timeoutMs = 4_000;
    const lease = await assign(`${WAIT}; echo x > out/result`, { timeoutMs });
    await until(() => jobProcesses().length >= 3); // bubblewrap, mosix-init, the shell
    const sinceMs = performance.now();
    come();
    await until(allStill);
    // Were this time counted, it would end.
    await until(() => performance.now() - sinceMs > timeoutMs + 200);
    expect(fixture.coordinator.updates.filter(({ leaseId }) => leaseId === lease).map(({ state }) => state)).toEqual(['started']);
    fixture.letGo();
    go();
    const update = await fixture.coordinator.outcome(lease);
    resultOf(update);
    expect(update.state === 'finished' && update.finished.usage?.wallUs).toBeLessThan(timeoutMs * 1000);
  });

  test('the owner’s state is told on every new stream', async () => {
    const { come, options } = owner();
    await start(options);
    come('terminal tty1');
    await until(() => fixture.coordinator.owners.some(({ active }) => active));
    const heard = fixture.coordinator.owners.length;
    fixture.coordinator.cutStream();
    await until(() => fixture.coordinator.owners.length > heard);
    expect(fixture.coordinator.owners.at(-1)).toMatchObject({ active: true, reason: 'terminal tty1' });
    expect(fixture.coordinator.kinds.slice(0, 2)).toEqual(['hello', 'owner']);
  });

  test('an owner who is there from the start: the worker joins and takes nothing', async () => {
    const now = new Date();
    const minute = (now.getHours() * 60 + now.getMinutes() + 12 * 60) % (24 * 60);
    await start({ owner: { hours: { fromMinute: minute, toMinute: minute + 1 } } });
    await until(() => fixture.coordinator.owners.length > 0);
    expect(fixture.coordinator.owners[0]).toMatchObject({ active: true });
    expect(fixture.coordinator.owners[0]?.reason).toMatch(/^outside /);
    expect(failureOf(await run('echo x > out/result'))).toMatchObject({ code: 'recalled' });
  });

  test('without a policy nobody is asked, and nothing is told', async () => {
    await start();
    resultOf(await run('echo x > out/result'));
    expect(fixture.coordinator.owners).toEqual([]);
  });

  test('a use of a terminal stops guests, and they go on when it has been left alone', async () => {
    const terminal = join(fixture.base, '1');
    writeFileSync(terminal, '');
    utimesSync(terminal, 1_000, 1_000);
    await start({ owner: { idleSeconds: 1 }, ownerSigns: watchTerminals([[fixture.base, /^\d+$/]]) });
    const lease = await assign('while :; do sleep 0.05; [ -e /tmp/never ] && break; done');
    await started(lease);
    expect(fixture.coordinator.owners.at(-1)).toMatchObject({ active: false });
    utimesSync(terminal, 2_000, 2_000);
    await until(() => fixture.coordinator.owners.at(-1)?.active === true);
    expect(fixture.coordinator.owners.at(-1)?.reason).toBe('terminal 1');
    await until(allStill);
    await until(() => fixture.coordinator.owners.at(-1)?.active === false);
    await until(() => !allStill());
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: '' } });
    await fixture.coordinator.outcome(lease);
  });

  test('load of others stops guests', async () => {
    await start({ owner: { loadAbove: 0.2 } });
    const busy = spawn('sh', ['-c', 'setsid sh -c "while :; do :; done" & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let pid = '';
    busy.stdout.setEncoding('utf8').on('data', (text: string) => (pid += text));
    await until(() => pid.endsWith('\n'));
    await until(() => fixture.coordinator.owners.at(-1)?.active === true);
    process.kill(Number(pid), 'SIGKILL');
    expect(fixture.coordinator.owners.at(-1)?.reason).toMatch(/^load \d+\.\d$/);
  });

  test('with a policy jobs get only time that nobody else wants, unless a niceness is given', async () => {
    const priorities = 'read -r line < /proc/$$/stat; echo "$line" > out/result';
    const fieldsOf = async (name: string, more: Parameters<typeof start>[0]): Promise<string[]> => {
      const worker = await start({ name, dataDirectory: join(fixture.base, name), launcherDirectory: dirname(buildInit()), ...more });
      const line = resultOf(await run(priorities)).outputFiles[0]?.contents.toString() ?? '';
      await worker.close();
      const fields = line.slice(line.lastIndexOf(')') + 2).trim().split(' ');
      return [fields[16] ?? '', fields[38] ?? '']; // nice, policy (5: SCHED_IDLE), see proc(5)
    };
    const { options } = owner();
    expect(await fieldsOf('policy', options)).toEqual(['19', '5']);
    expect(await fieldsOf('given', { ...options, nice: 7 })).toEqual(['7', '0']);
    expect(await fieldsOf('plain', {})).toEqual(['5', '0']);
  });
});
