import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { err, fault, ok, type Result } from '@mosix/core';
import type { admin } from '@mosix/protocol';
import { withAdmin } from '../farm/admin.js';
import { tuneLines } from '../report/tune.js';
import { run as tuneCommand } from '../commands/tune.js';
import { configFor, node, startAdminFarm, type AdminFarm } from '../testing/admin-farm.js';
import { calibrationSha256, calibrationSource, quantile, speedFrom } from './calibration.js';
import { compileEnvironment, readEntry, type Measured } from './compile-on.js';
import { tuneNode, type Tuned, type TunePorts } from './tune-node.js';

let farm: AdminFarm | undefined;
afterEach(() => farm?.close());

describe('what a compile is worth', () => {
  test('the source is the one that the reference times belong to, and includes nothing', () => {
    const source = readFileSync(calibrationSource);
    expect(createHash('sha256').update(source).digest('hex')).toBe(calibrationSha256);
    expect(source.toString()).not.toMatch(/^\s*#\s*include|__DATE__|__TIME__/m);
  });

  test('quantiles lie between neighbours', () => {
    expect([quantile([5, 1, 3], 0.5), quantile([1, 2, 3, 4], 0.5), quantile([10, 20], 0.1), quantile([7], 0.9), quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9)]).toEqual([3, 2.5, 11, 7, 10]);
  });

  test('half the time is twice the speed, within bounds', () => {
    expect([speedFrom(385, 770), speedFrom(770, 770), speedFrom(3080, 770), speedFrom(1e9, 770), speedFrom(0.001, 770)]).toEqual([2, 1, 0.25, 0.01, 100]);
  });
});

describe('what a journal entry proves', () => {
  const entry = { outcome: 'remote', node: 'node3', wallSeconds: 0.58, cpuSeconds: 0.56 };
  test('a run on the node, with its times', () => {
    expect(readEntry(entry, 'node3')).toEqual({ ok: true, value: { wallMs: 580, cpuMs: 560 } });
  });
  test.each([
    [{ ...entry, node: 'node4' }, 'tune-elsewhere', 'the compile for node3 ran on node4'],
    [{ outcome: 'local', reason: 'named-node', explanation: 'the node that MOSIX_NODE names did not take it', detail: 'node3: no worker' }, 'tune-elsewhere', 'the compile for node3 ran on this machine: the node that MOSIX_NODE names did not take it (node3: no worker)'],
    [{ ...entry, outcome: 'cache' }, 'tune-elsewhere', 'the compile for node3 was not run (cache)'],
    [{ error: { code: 'not-found' } }, 'tune-elsewhere', 'the compile for node3 was not run (unknown to the daemon)'],
    [{ outcome: 'remote', node: 'node3', cpuSeconds: 0.5 }, 'tune-unmeasured', 'node3 did not say how long the compile took'],
  ])('not %j', (found, code, message) => {
    expect(readEntry(found, 'node3')).toMatchObject({ ok: false, error: { code, message } });
  });

  test('the compile goes to the node and this farm, past every cache and with none of the settings of a build', () => {
    const env = { HOME: '/h', PATH: '/bin', MOSIX_DIR: '/m', CPATH: '/x', MOSIX_DISABLE: '1', MOSIX_NESTED: '1', CFLAGS: '-g', MOSIX_CACHE: 'on', LANG: 'de_DE' };
    expect(compileEnvironment({ node: 'node3', config: configFor('127.0.0.1:7') }, env)).toEqual({
      HOME: '/h', PATH: '/bin', MOSIX_DIR: '/m', LC_ALL: 'C', MOSIX_NODE: 'node3', MOSIX_CACHE: 'off', MOSIX_COORDINATOR: '127.0.0.1:7', MOSIX_INSECURE: 'off',
    });
  });
});

/** A farm whose node1 has `busy` running jobs; each time it is asked, one has ended. */
const start = async (busy: number, more: Partial<admin.Node> = {}): Promise<AdminFarm> => {
  let running = busy;
  farm = await startAdminFarm((self) => ({
    holdNode({ node: name, holdMs }) {
      self.orders.push({ name: 'holdNode', request: { node: name, holdMs } });
      return ok({ running: holdMs === 0 ? 0 : Math.max(0, running--) });
    },
  }));
  farm.nodes = [node('node1', { speed: 1.2, cores: 4, ...more })];
  return farm;
};

const tune = (one: AdminFarm, wallMs: readonly number[], ports: Partial<TunePorts> = {}): Promise<Result<Tuned>> =>
  withAdmin(one.config, (admin) =>
    tuneNode('node1', { runs: wallMs.length - 1, compiler: 'gcc', referenceMs: 770 }, {
      admin,
      compile: async (_node, run): Promise<Result<Measured>> => {
        one.orders.push({ name: 'compile', request: { run } });
        return ok({ wallMs: wallMs[run] ?? 0, cpuMs: (wallMs[run] ?? 0) * 0.95 });
      },
      nowMs: () => 0,
      sleep: async () => undefined,
      say: () => undefined,
      signal: new AbortController().signal,
      ...ports,
    }));

describe('the course of a measurement', () => {
  test('held, waited for, measured, set, released; the first run does not count', async () => {
    const one = await start(2);
    const tuned = await tune(one, [9_000, 770, 790, 750, 1_500, 760]);
    expect(tuned).toMatchObject({ ok: true, value: { node: 'node1', speed: 1, before: 1.2, runs: [770, 790, 750, 1_500, 760], medianMs: 770, p10Ms: 754, cpuShare: 0.95, cores: 4, compiler: 'gcc' } });
    expect(one.orders.map(({ name, request }) => `${name} ${String(request['run'] ?? request['holdMs'] ?? request['speed'])}`)).toEqual([
      'holdNode 60000', 'holdNode 60000', 'holdNode 60000', 'compile 0', 'holdNode 60000', 'compile 1', 'holdNode 60000', 'compile 2', 'holdNode 60000', 'compile 3', 'holdNode 60000', 'compile 4',
      'holdNode 60000', 'compile 5', 'setSpeed 1', 'holdNode 0',
    ]);
    expect(one.orders.find((order) => order.name === 'setSpeed')?.request).toEqual({ node: 'node1', speed: 1, source: 'tune', runs: [1, 0.975, 1.027, 0.513, 1.013] });
  });

  test('whatever goes wrong on the way, the node is let go and keeps its speed', async () => {
    const one = await start(0);
    const failed = await tune(one, [1, 1, 1, 1, 1, 1], { compile: async () => err(fault('tune-elsewhere', 'it ran here')) });
    expect(failed).toMatchObject({ ok: false, error: { code: 'tune-elsewhere' } });
    expect(one.orders.map((order) => order.name)).toEqual(['holdNode', 'holdNode']);
    expect(one.orders.at(-1)?.request['holdMs']).toBe(0);
  });

  test('Ctrl-C in the middle of a run', async () => {
    const one = await start(0);
    const stop = new AbortController();
    const compile = async (): Promise<Result<Measured>> => {
      stop.abort();
      return ok({ wallMs: 1, cpuMs: 1 });
    };
    expect(await tune(one, [1, 1, 1], { compile, signal: stop.signal })).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(one.orders.at(-1)).toEqual({ name: 'holdNode', request: { node: 'node1', holdMs: 0 } });
  });

  test('a node that never gets idle', async () => {
    const one = await start(1_000);
    let nowMs = 0;
    const busy = await tune(one, [1, 1], { nowMs: () => (nowMs += 60_000) });
    expect(busy).toMatchObject({ ok: false, error: { code: 'node-busy', message: expect.stringMatching(/^node1 still runs \d+ jobs after 15 minutes$/), hint: expect.stringContaining('mosix expel node1') } });
    expect(one.orders.at(-1)?.request['holdMs']).toBe(0);
  });

  test.each([['blocked', 'mosix unblock node1'], ['draining', 'mosix undrain node1'], ['lost', 'mosix nodes'], ['owner', 'mosix nodes']])('a node that is %s is not even held', async (state, hint) => {
    const one = await start(0, { state, reason: 'for a reason' });
    expect(await tune(one, [1, 1])).toMatchObject({ ok: false, error: { code: 'node-away', message: `node1 takes no jobs: it is ${state} (for a reason)`, hint } });
    expect(one.orders).toEqual([]);
  });
});

test('the command wants one node or all', async () => {
  const one = await start(0);
  for (const [args, options] of [[[], {}], [['node1'], { all: true }]] as const) {
    expect(await one.run(tuneCommand, args, options)).toMatchObject({ ok: false, error: { code: 'usage' } });
  }
});

test('a table with doubts and failures', () => {
  const tuned: Tuned = { node: 'node1', speed: 1.34, before: 1.2, runs: [575, 580, 570, 575, 590], medianMs: 575, p10Ms: 572, p90Ms: 586, spread: 0.024, cpuShare: 0.98, cores: 4, slots: 4, load: 0, compiler: 'gcc', referenceMs: 770 };
  const results = [tuned, { ...tuned, node: 'node2', cores: 0.25, cpuShare: 0.25 }, { ...tuned, node: 'node3', cpuShare: 0.5 }, { ...tuned, node: 'node4', spread: 0.5 }, { node: 'node5', error: { code: 'node-away', message: 'node5 takes no jobs: it is lost' } }];
  expect(tuneLines(results)).toMatchInlineSnapshot(`
    [
      "NODE   SPEED  BEFORE  MEDIAN  P10..P90  RUNS  NOTE",
      "node1   1.34    1.20  575 ms  572..586     5",
      "node2   1.34    1.20  575 ms  572..586     5",
      "node3   1.34    1.20  575 ms  572..586     5  others were at work: it got 50 % of a core; tune again when it is quiet",
      "node4   1.34    1.20  575 ms  572..586     5  the runs differ by 50 %; tune again when it is quiet",
      "node5                                         node5 takes no jobs: it is lost",
    ]
  `);
  expect(tuneLines([])).toEqual(['no nodes: start one with mosix worker']);
});
