import { createFarmState, limits, step, type FarmState, type Node } from '@mosix/core';
import type { farm } from '@mosix/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkBenchmark, checkHeartbeat, shortText } from './heartbeat.js';
import { checkHello } from './hello.js';

let state: FarmState;
let node: Node;
const join = (name: string): Node => {
  const spec = checkHello(state, { name, slots: 4, speed: 1, cores: 4, liveMigration: false, instructionSets: ['x86_64'], memoryBytes: 8e9, version: '1', instance: name, runningLeases: [], labels: {} });
  if (!spec.ok) throw new Error(spec.error.message);
  step(state, { type: 'node-joined', node: spec.value, runningLeases: [] }, 0);
  return state.nodes.get(name) as Node;
};
const submit = (id: string): void => {
  const requirements = { key: 'x', instructionSets: ['x86_64'], labels: [] };
  step(state, {
    type: 'submit', waiter: `op-${id}`,
    job: { id, actionKey: id, joinable: true, requirements, timeoutMs: 1e6, label: id, user: 'u', priority: 0, costKeys: [], sourceBytes: 0, bulkKey: '', bulkBytes: 0, movable: true },
  }, 0);
};
beforeEach(() => {
  let leases = 0;
  state = createFarmState({ newLeaseId: () => `L${++leases}` });
  node = join('a');
});
const heartbeat = (more: Partial<farm.Heartbeat> = {}): farm.Heartbeat => ({ load: 0.5, freeMemoryBytes: 4e9, freeDiskBytes: 1e12, leases: [], sequence: 7, memoryPressure: 0.1, ...more });

describe('checkHeartbeat', () => {
  it('takes an ordinary one as it is', () => {
    expect(checkHeartbeat(state, node, heartbeat())).toEqual({
      codes: [], value: { type: 'node-heartbeat', node: 'a', sequence: 7, load: 0.5, freeMemoryBytes: 4e9, freeDiskBytes: 1e12, memoryPressure: 0.1, leases: [] },
    });
  });

  it('keeps the figure before in place of one that cannot be', () => {
    step(state, checkHeartbeat(state, node, heartbeat()).value, 1);
    for (const load of [NaN, -1, Infinity, 1e12]) expect(checkHeartbeat(state, node, heartbeat({ load })), `${load}`).toMatchObject({ codes: ['bad-load'], value: { load: 0.5, memoryPressure: 0.1 } });
    for (const memoryPressure of [NaN, -0.1, 1.5]) expect(checkHeartbeat(state, node, heartbeat({ memoryPressure })), `${memoryPressure}`).toMatchObject({ codes: ['bad-pressure'], value: { memoryPressure: 0.1 } });
    for (const freeDiskBytes of [NaN, -1, Infinity]) expect(checkHeartbeat(state, node, heartbeat({ freeDiskBytes })), `${freeDiskBytes}`).toMatchObject({ codes: ['bad-heartbeat'], value: { freeDiskBytes: 1e12 } });
    expect(checkHeartbeat(state, node, heartbeat({ sequence: NaN })).value.sequence).toBe(0);
  });

  it('believes no node that has more free memory than memory', () => {
    expect(checkHeartbeat(state, node, heartbeat({ freeMemoryBytes: 9e15 }))).toMatchObject({ codes: ['bad-memory'], value: { freeMemoryBytes: 8e9 } });
    expect(checkHeartbeat(state, node, heartbeat({ freeMemoryBytes: -5 }))).toMatchObject({ codes: ['bad-memory'], value: { freeMemoryBytes: 0 } });
  });

  it('takes the progress of the node\'s own leases alone, and only what can be', () => {
    submit('1');
    const other = join('b');
    step(state, { type: 'node-draining', node: 'a' }, 0);
    submit('2');
    const [[mine = ''] = [], [theirs = ''] = []] = [[...node.leases.keys()], [...other.leases.keys()]];
    expect([mine, theirs]).toEqual(['L1', 'L2']);
    const progress = (leaseId: string, more: Partial<farm.LeaseProgress> = {}): farm.LeaseProgress => ({ leaseId, cpuUs: 1_000_000, memoryBytes: 5e8, wallUs: 2_000_000, paused: false, ...more });
    expect(checkHeartbeat(state, node, heartbeat({ leases: [progress(mine), progress(theirs), progress('L99')] }))).toMatchObject({
      codes: ['foreign-lease'], value: { leases: [{ leaseId: mine, cpuSeconds: 1, wallSeconds: 2, memoryBytes: 5e8, paused: false }] },
    });
    for (const wrong of [{ cpuUs: NaN }, { cpuUs: -1 }, { cpuUs: 1e12 }, { wallUs: -1 }, { wallUs: Infinity }]) {
      expect(checkHeartbeat(state, node, heartbeat({ leases: [progress(mine, wrong)] })), JSON.stringify(wrong)).toMatchObject({ codes: ['bad-heartbeat'], value: { leases: [] } });
    }
    expect(checkHeartbeat(state, node, heartbeat({ leases: [progress(mine, { memoryBytes: 1e18 })] })).value.leases[0]?.memoryBytes).toBe(8e9);
    expect(checkHeartbeat(state, node, heartbeat({ leases: new Array<farm.LeaseProgress>(2 * limits.nodeSlotsMax + 1).fill(progress(mine)) }))).toMatchObject({ codes: ['bad-heartbeat'], value: { leases: [] } });
  });
});

it('a heartbeat that comes late changes nothing', () => {
  step(state, checkHeartbeat(state, node, heartbeat({ sequence: 5, load: 2 })).value, 1);
  step(state, checkHeartbeat(state, node, heartbeat({ sequence: 4, load: 9 })).value, 2);
  expect(node.load).toBe(2);
});

it('a benchmark whose figures cannot be is none', () => {
  expect(checkBenchmark({ speed: 1.5, runs: [1.4, 1.5, 1.6] })).toBe(1.5);
  for (const speed of [0, -1, NaN, Infinity, 1e6]) expect(checkBenchmark({ speed, runs: [] }), `${speed}`).toBeUndefined();
  expect(checkBenchmark({ speed: 1, runs: [1, NaN] })).toBeUndefined();
  expect(checkBenchmark({ speed: 1, runs: new Array<number>(1_000).fill(1) })).toBeUndefined();
});

it('what a node says for people is one short line', () => {
  expect(shortText(' load\n\u001b[31m3.1\t ')).toBe('load [31m3.1');
  expect(shortText('x'.repeat(10_000))).toHaveLength(limits.nodeReasonCharsMax);
});
