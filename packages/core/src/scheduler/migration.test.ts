import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { standingOf, type Standing } from './migration.js';
import { allOf, assignments, createFarm, decisionsOf, GIB, oneOf, only, run, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

/** A job of 10 s runs on `slow`, which gives it a fifth of a processor; `idle` has just joined. */
function starved(): { farm: TestFarm; effects: FarmEffect[] } {
  const farm = createFarm();
  farm.join('slow');
  farm.submit('a', { seconds: 10 });
  farm.start('a');
  farm.join('idle');
  return { farm, effects: run(farm, 5, { slow: 0.2 }) };
}

describe('a job whose node gives it too little', () => {
  test('is copied to an idle node', () => {
    const { farm, effects } = starved();
    expect(decisionsOf(effects)).toMatchObject([{ method: 'race', cause: 'starved', from: 'slow', to: 'idle' }]);
    expect(assignments(effects)).toEqual(['a>idle']);
    expect(farm.where('a')).toEqual(['slow', 'idle']);
    expect(farm.state.copies.size).toBe(1);
  });

  test('alone, its copy is no longer a copy', () => {
    const { farm } = starved();
    farm.fail('a', 'internal', { node: 'slow' });
    expect(farm.where('a')).toEqual(['idle']);
    expect(farm.lease('a').isCopy).toBe(false);
    expect(farm.state.copies.size).toBe(0);
  });

  test('the first result wins, once, and the other copy ends', () => {
    const { farm } = starved();
    const late = farm.lease('a', 'slow').id;
    const effects = farm.finish('a', { node: 'idle', cpuSeconds: 10 });
    expect(oneOf(effects, 'done')).toMatchObject({ jobId: 'a', outcome: { kind: 'finished', node: 'idle' }, story: expect.arrayContaining(['idle was done first']) });
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'slow', leaseId: late });
    // It had ended too, when the cancel was on its way.
    const again = farm.send({ type: 'lease-finished', leaseId: late, actionKey: 'a/1', node: 'slow', exitStatus: 0, cpuSeconds: 2, wallSeconds: 9, peakMemoryBytes: 1, outputBytes: 1 });
    expect(allOf(again, 'done')).toEqual([]);
    expect(farm.state.leases.size).toBe(0);
  });

  test.each(['slow', 'idle'])('a failure of the copy on %s does not decide', (failing) => {
    const { farm } = starved();
    const effects = farm.fail('a', 'internal', { node: failing });
    expect([...allOf(effects, 'done'), ...allOf(effects, 'verify-inputs'), ...allOf(effects, 'stage')]).toEqual([]);
    const [other] = farm.where('a');
    expect(other).not.toBe(failing);
    expect(oneOf(farm.finish('a'), 'done').outcome).toMatchObject({ kind: 'finished', node: other });
  });
});

describe('what is thrown away', () => {
  test('counts when it was the policy\'s choice: the copy that lost', () => {
    const { farm } = starved();
    run(farm, 2, { slow: 0.2, idle: 1 });
    farm.finish('a', { node: 'idle', cpuSeconds: 10 });
    // Seven seconds at a fifth of a processor.
    expect(farm.state.wastedCpuSeconds).toBeCloseTo(1.4);
    expect(farm.state.usefulCpuSeconds).toBe(10);
  });

  test('does not count when a client left, a person brought it home, or the owner came: the policy may still copy', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4 });
    farm.join('n2', { slots: 4 });
    for (const id of ['left', 'brought', 'owned']) {
      farm.submit(id, { seconds: 100, waiter: 'w' });
      farm.start(id);
    }
    run(farm, 30, { n1: 1, n2: 1 });
    farm.send({ type: 'leave', jobId: 'left', waiter: 'w' });
    farm.command({ kind: 'migrate', jobId: 'brought', target: 'home' });
    farm.send({ type: 'owner', node: farm.where('owned')[0] ?? '', active: true, reason: 'keyboard' });
    expect(farm.state.wastedCpuSeconds).toBe(0);
  });

  test('a copy is not made when too much was thrown away', () => {
    const farm = createFarm();
    farm.join('slow');
    farm.submit('a', { seconds: 10 });
    farm.start('a');
    farm.join('idle');
    farm.state.wastedCpuSeconds = 8;
    expect(decisionsOf(run(farm, 5, { slow: 0.2 }))).toEqual([]);
    farm.state.usefulCpuSeconds = 1_000;
    expect(decisionsOf(run(farm, 3, { slow: 0.2 }))).toHaveLength(1);
  });

  test('few copies at a time: one of ten slots', () => {
    const farm = createFarm();
    farm.join('slow', { slots: 10, cores: 10 });
    farm.state.usefulCpuSeconds = 1e6;
    for (let at = 0; at < 10; at += 1) {
      farm.submit(`a${at}`, { seconds: 20 });
      farm.start(`a${at}`);
    }
    farm.join('idle', { slots: 10, cores: 10 });
    const effects = run(farm, 6, { slow: 0.2 });
    expect(farm.state.copies.size).toBe(2);
    // What may not be copied is begun anew: its node fails it.
    expect(new Set(decisionsOf(effects).map(({ method, cause }) => `${method} ${cause}`))).toEqual(new Set(['race starved', 'restart starved']));
  });
});

describe('a job that stays where it is', () => {
  test('a big one that gets its processor, however long it takes', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 2 });
    farm.start('a');
    farm.join('idle', { speed: 1 });
    expect(decisionsOf(run(farm, 60, { n1: 1 }))).toEqual([]);
  });

  test('a paused one, and one that may not be moved, and one that named its node', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2 });
    farm.submit('stays', { seconds: 10, movable: false });
    farm.submit('named', { seconds: 10, requirements: only('n1') });
    farm.start('stays');
    farm.start('named');
    farm.join('idle');
    expect(decisionsOf(run(farm, 20, { n1: 0.05 }))).toEqual([]);
  });

  test('one that would gain less than it costs', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 10 });
    farm.start('a');
    run(farm, 8, { n1: 1 });
    farm.join('idle', { speed: 2 });
    expect(decisionsOf(run(farm, 2, { n1: 1 }))).toEqual([]);
  });

  test('one that was moved often enough', () => {
    const { farm } = starved();
    farm.finish('a', { node: 'idle' });
    farm.join('fresh');
    farm.submit('b', { seconds: 50 });
    farm.start('b');
    farm.job('b').moves = limits.movesMax;
    const [name = ''] = farm.where('b');
    expect(decisionsOf(run(farm, 8, { [name]: 0.1 }))).toEqual([]);
  });
});

describe('at the end of a build', () => {
  test('a job on a slow node is copied to a fast one that is idle', () => {
    const farm = createFarm();
    farm.join('slow');
    farm.submit('a', { seconds: 20 });
    farm.start('a');
    farm.join('fast', { speed: 8 });
    const [decision] = decisionsOf(run(farm, 6, { slow: 1 }));
    expect(decision).toMatchObject({ method: 'race', cause: 'slow', from: 'slow', to: 'fast' });
    expect(decision?.text).toMatch(/^copied from slow to fast after 4\.\d s: slow is slower; expected there 2\.5 s, here 1\d s$/);
  });

  test('not while others wait for that node', () => {
    const farm = createFarm();
    farm.join('slow');
    farm.submit('a', { seconds: 20 });
    farm.start('a');
    farm.join('fast', { speed: 8 });
    farm.submit('b', { seconds: 100 });
    farm.start('b');
    farm.submit('c', { seconds: 200 });
    farm.submit('d', { seconds: 200 });
    expect(decisionsOf(run(farm, 6, { slow: 1, fast: 1 }))).toEqual([]);
  });
});

describe('a job that its node fails while others wait', () => {
  function waiting(share: number): { farm: TestFarm; effects: FarmEffect[] } {
    const farm = createFarm();
    farm.join('sick');
    farm.submit('a', { seconds: 20 });
    farm.start('a');
    farm.join('well');
    farm.submit('b', { seconds: 4 });
    farm.start('b');
    for (const id of ['c', 'd', 'e']) farm.submit(id, { seconds: 20 });
    farm.state.usefulCpuSeconds = 1_000;
    return { farm, effects: run(farm, 6, { sick: share, well: 1 }) };
  }

  test('is sent back and begun anew elsewhere, before the others', () => {
    const { farm, effects } = waiting(0.05);
    expect(decisionsOf(effects)).toMatchObject([{ method: 'restart', cause: 'starved', from: 'sick', to: '' }]);
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'sick', reason: expect.stringMatching(/^taken from sick after/) });
    farm.confirm(oneOf(effects, 'cancel-lease').leaseId);
    // What was sent ahead to that node goes first, then this one.
    farm.finish('b');
    farm.start('c', 'well');
    farm.finish('c', { node: 'well' });
    expect(farm.where('a')).toEqual(['well']);
  });

  test('stays when it is only a bit behind', () => {
    expect(decisionsOf(waiting(0.5).effects)).toEqual([]);
  });

  test('is not sent back for the sake of a slot on the node that it is on', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2 });
    farm.join('weak', { speed: 0.02 });
    farm.submit('a', { seconds: 20 });
    farm.submit('b', { seconds: 2 });
    farm.start('a');
    farm.start('b');
    for (const id of ['c', 'd', 'e']) farm.submit(id, { seconds: 20 });
    farm.state.usefulCpuSeconds = 1_000;
    expect(farm.where('a')).toEqual(['n1']);
    for (let second = 0; second < 6; second += 1) {
      farm.advance(1_000);
      const leases = ['a', 'b'].map((id) => ({ leaseId: farm.lease(id).id, cpuSeconds: (id === 'a' ? 0.05 : 0.9) * (second + 1), wallSeconds: second + 1, memoryBytes: 0, paused: false }));
      farm.send({ type: 'node-heartbeat', node: 'n1', sequence: 0, load: 0, freeMemoryBytes: 15e9, freeDiskBytes: 0, memoryPressure: 0, leases });
      farm.beat('weak');
    }
    expect(decisionsOf(farm.log)).toEqual([]);
  });
});

describe('a job without a word or without progress', () => {
  test('silent: its node speaks, but not of it', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 600 });
    farm.start('a');
    farm.join('n2');
    const effects: FarmEffect[] = [];
    for (let second = 0; second < 6; second += 1) effects.push(...farm.advance(1_000), ...farm.beat('n1', { without: ['a'] }));
    expect(decisionsOf(effects)).toMatchObject([{ method: 'race', cause: 'silent', from: 'n1', to: 'n2', text: expect.stringMatching(/^copied from n1 to n2 after 5\.\d s: no word from n1;/) }]);
  });

  test('without any progress it leaves even the fastest node for a slower one that is busy', () => {
    const farm = createFarm();
    farm.join('fast', { speed: 4 });
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    farm.join('busy');
    farm.submit('b', { seconds: 60, requirements: only('busy') });
    farm.start('b');
    const effects = run(farm, 8, { fast: 0, busy: 1 });
    expect(decisionsOf(effects)).toMatchObject([{ method: 'restart', from: 'fast', to: '' }]);
  });
});

describe('how a lease stands', () => {
  function after(seconds: number, cpuSeconds: number, predicted: number): Standing {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: predicted });
    farm.start('a');
    farm.advance(seconds * 1_000 - 1_000);
    farm.beat('n1', { share: cpuSeconds / seconds });
    farm.advance(1_000);
    farm.beat('n1', { share: cpuSeconds / seconds });
    return standingOf(farm.lease('a'), farm.now);
  }

  test('what is left is the rest of the prediction at the rate at which it runs', () => {
    const half = after(4, 2, 10);
    expect(half).toMatchObject({ cause: 'starved', share: 0.5, elapsedMs: 4_000 });
    expect(half.stayMs).toBeCloseTo(16_000);
    const whole = after(4, 4, 10);
    expect(whole.cause).toBe('slow');
    expect(whole.stayMs).toBeCloseTo(6_000);
  });

  test('past its prediction as much again as it has used, and big when that is far', () => {
    expect(after(5, 5, 4.5)).toMatchObject({ cause: 'slow', stayMs: 5_000 });
    expect(after(5, 5, 3)).toMatchObject({ cause: undefined, stayMs: 5_000 });
  });

  test('with next to nothing for some seconds its node is sick', () => {
    expect(after(5, 0.05, 10)).toMatchObject({ cause: 'sick' });
  });
});

describe('a node that failed its jobs', () => {
  /** `bad` would be chosen first; its jobs get `share` of a processor. */
  function failing(share: number): TestFarm {
    const farm = createFarm();
    farm.join('bad', { speed: 1.05 });
    farm.join('good');
    farm.submit('a', { seconds: 10 });
    farm.submit('b', { seconds: 10 });
    for (const id of ['a', 'b']) farm.start(id);
    expect(farm.where('a')).toEqual(['bad']);
    farm.finish('b');
    run(farm, 8, { bad: share });
    const [decision] = farm.job('a').decisions;
    expect(decision).toMatchObject({ from: 'bad', to: 'good' });
    farm.start('a', 'good');
    farm.finish('a', { node: 'good' });
    for (const lease of farm.node('bad').leases.values()) farm.confirm(lease.id);
    expect(farm.node('bad').leases.size).toBe(0);
    return farm;
  }

  test('by starving them is known as slow, for longer each time', () => {
    const farm = failing(0.2);
    const { observedShare } = farm.node('bad');
    expect(observedShare).toBeLessThanOrEqual(0.25);
    expect(farm.node('bad')).toMatchObject({ desertions: 1, state: 'ready' });
    // Half of its bad name is forgotten after 40 s; the first time of all it would be 20.
    farm.send({ type: 'node-heartbeat', node: 'bad', sequence: 0, load: 0, freeMemoryBytes: GIB, freeDiskBytes: 0, memoryPressure: 0, leases: [] });
    for (let second = 0; second < 40; second += 1) {
      farm.advance(1_000);
      for (const name of ['bad', 'good']) farm.beat(name);
    }
    expect(1 - farm.node('bad').observedShare).toBeCloseTo((1 - observedShare) / 2, 2);
  });

  test('does not get the same job again while there is another for it', () => {
    const farm = createFarm();
    farm.join('bad', { speed: 1.05 });
    farm.join('good');
    farm.submit('a', { seconds: 40 });
    farm.submit('b', { seconds: 10 });
    for (const id of ['a', 'b']) farm.start(id);
    farm.submit('c', { seconds: 1 });
    run(farm, 8, { bad: 0.02, good: 1 });
    expect(farm.job('a').decisions[0]).toMatchObject({ from: 'bad', to: '' });
    expect(farm.job('a').state).toBe('queued');
    for (const lease of farm.node('bad').leases.values()) if (lease.state === 'cancelling') farm.confirm(lease.id);
    expect(farm.where('a')).toEqual([]);
    farm.finish('b');
    expect(farm.where('a')).toEqual(['good']);
  });

  test('by giving them nothing is in quarantine after the second in a row', () => {
    const farm = failing(0);
    expect(farm.node('bad')).toMatchObject({ state: 'ready', trouble: 2 });
    farm.node('bad').observedShare = 1;
    farm.state.index.refresh(farm.node('bad'), farm.now);
    farm.submit('c', { seconds: 10 });
    farm.start('c');
    farm.submit('d', { seconds: 10 });
    expect(farm.where('c')).toEqual(['bad']);
    const effects = run(farm, 8, { bad: 0, good: 1 });
    expect(allOf(effects, 'node-state')[0]).toMatchObject({ node: 'bad', state: 'quarantined', reason: `starved, for ${limits.quarantineMsFirst} ms` });
  });

  test('guests that share a processor among more slots do not starve', () => {
    const farm = createFarm();
    farm.join('shared', { slots: 3, cores: 1 });
    for (const id of ['a', 'b', 'c']) {
      farm.submit(id, { seconds: 10 });
      farm.start(id);
    }
    farm.join('idle');
    run(farm, 3, { shared: 0.33 });
    expect(standingOf(farm.lease('a'), farm.now).cause).not.toBe('starved');
  });

  test('one whose guests get exactly what its owner leaves them is not to blame', () => {
    const farm = createFarm();
    farm.join('owned');
    farm.submit('a', { seconds: 20 });
    farm.start('a');
    farm.join('idle');
    for (let second = 0; second < 6; second += 1) {
      farm.advance(1_000);
      farm.beat('owned', { share: 0.07, load: 0.93 });
    }
    expect(farm.job('a').decisions[0]).toMatchObject({ cause: 'starved', from: 'owned' });
    expect(farm.node('owned')).toMatchObject({ observedShare: 1, trouble: 0 });
  });

  test('the share of two jobs on one processor is not held against the node when one of them ends', () => {
    const farm = createFarm();
    farm.join('shared', { slots: 2, cores: 1 });
    for (const id of ['a', 'b']) {
      farm.submit(id, { seconds: 60 });
      farm.start(id);
    }
    run(farm, 10, { shared: 0.5 });
    farm.join('idle');
    farm.finish('b');
    farm.advance(1_000);
    // It had half of the processor until just now.
    farm.beat('shared', { share: 0.5 });
    expect(farm.job('a').decisions).toEqual([]);
    expect(farm.node('shared').observedShare).toBe(1);
  });
});
