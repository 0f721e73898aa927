// The port of live migration: what happens around a move that takes its time, and may fail or come too late.
import { describe, expect, test } from 'vitest';
import { allOf, assignments, createFarm, oneOf, type TestFarm } from './testing/farm.js';

/** A job of 60 s ran for 20 s on `a` and is being moved to `b`. */
function moving(): { farm: TestFarm; move: { leaseId: string; newLeaseId: string } } {
  const farm = createFarm();
  farm.join('a', { live: true });
  farm.submit('job', { seconds: 60 });
  farm.start('job');
  farm.join('b', { live: true });
  for (let second = 0; second < 20; second += 1) {
    farm.advance(1_000);
    farm.beat('a');
  }
  const effects = farm.send({ type: 'command', command: { kind: 'migrate', jobId: 'job', target: 'b' } });
  expect(effects[0]).toMatchObject({ type: 'answer', answer: { ok: true, value: { method: 'live', from: 'a', to: 'b' } } });
  expect(allOf(effects, 'assign')).toEqual([]);
  const { leaseId, newLeaseId } = oneOf(effects, 'migrate-live');
  return { farm, move: { leaseId, newLeaseId } };
}

describe('a live migration', () => {
  test('goes on where it was', () => {
    const { farm, move } = moving();
    farm.advance(1_000);
    expect(farm.send({ type: 'live-moved', ...move })).toEqual([]);
    expect(farm.where('job')).toEqual(['b']);
    const lease = farm.lease('job');
    expect(lease).toMatchObject({ id: move.newLeaseId, state: 'started', cpuSeconds: 20, startedAtMs: 0 });
    expect(lease.expectedEndMs - farm.now).toBeCloseTo(40_000, -3);
    expect(farm.state.wastedCpuSeconds).toBe(0);
    expect(oneOf(farm.finish('job'), 'done').outcome).toMatchObject({ kind: 'finished', node: 'b' });
  });

  test('fails, and the job goes on where it is', () => {
    const { farm, move } = moving();
    const effects = farm.send({ type: 'live-failed', ...move, message: 'no room' });
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'b', leaseId: move.newLeaseId });
    expect(farm.where('job')).toEqual(['a']);
    farm.confirm(move.newLeaseId);
    expect(farm.node('b').leases.size).toBe(0);
  });

  test('fails after the old half has failed too: the job begins anew', () => {
    const { farm, move } = moving();
    farm.fail('job', 'internal', { node: 'a' });
    expect(farm.where('job')).toEqual(['b']);
    const effects = farm.send({ type: 'live-failed', ...move, message: 'lost' });
    expect(oneOf(effects, 'stage')).toMatchObject({ jobId: 'job', stage: 'queued' });
    expect([farm.job('job').state, farm.job('job').leases.length]).not.toEqual(['running', 0]);
    expect(assignments(farm.confirm(move.newLeaseId))).toEqual(['job>b']);
  });

  test('is done though the old half counts as failed', () => {
    const { farm, move } = moving();
    farm.fail('job', 'internal', { node: 'a' });
    farm.send({ type: 'live-moved', ...move });
    expect(farm.lease('job')).toMatchObject({ id: move.newLeaseId, state: 'started' });
  });

  test('the job ends before the move does', () => {
    const { farm, move } = moving();
    const effects = farm.finish('job', { node: 'a' });
    expect(allOf(effects, 'done')).toHaveLength(1);
    expect(oneOf(effects, 'cancel-lease').leaseId).toBe(move.newLeaseId);
    expect(allOf(farm.send({ type: 'live-failed', ...move, message: 'gone' }), 'done')).toEqual([]);
    farm.confirm(move.newLeaseId);
    expect(farm.state.leases.size).toBe(0);
  });

  test('the owner of the new node comes while it moves, and it moves all the same: it is ended there and begun anew', () => {
    const { farm, move } = moving();
    farm.send({ type: 'owner', node: 'b', active: true, reason: 'keyboard' });
    farm.advance(6_000);
    farm.beat('a');
    expect(farm.where('job')).toEqual(['a']);
    const effects = farm.send({ type: 'live-moved', ...move });
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'b', leaseId: move.newLeaseId });
    expect(assignments(effects)).toEqual(['job>a']);
  });

  test('the owner of the old node comes while it moves: it is leaving already', () => {
    const { farm, move } = moving();
    const effects = farm.send({ type: 'owner', node: 'a', active: true, reason: 'keyboard' });
    expect(allOf(effects, 'cancel-lease')).toEqual([]);
    farm.send({ type: 'live-moved', ...move });
    expect(farm.where('job')).toEqual(['b']);
  });

  test('the new node never says a word: its half has a deadline, the old one runs on', () => {
    const { farm } = moving();
    for (let second = 0; second < 125; second += 1) {
      farm.advance(1_000);
      farm.beat('a');
      farm.beat('b');
    }
    expect(farm.where('job')).toEqual(['a']);
  });
});

describe('without being asked', () => {
  /** A job of 60 s has run for `seconds` at `share` of a processor when another node is idle. */
  function running(share: number, seconds: number, live: boolean): TestFarm {
    const farm = createFarm();
    farm.join('a', { live });
    farm.submit('job', { seconds: 60 });
    farm.start('job');
    for (let second = 0; second < seconds; second += 1) {
      farm.advance(1_000);
      farm.beat('a', { share });
    }
    farm.join('b', { live });
    return farm;
  }

  test('a starved job is brought with what it has done, and nothing is wasted', () => {
    const farm = running(0.3, 20, true);
    farm.advance(5_000);
    farm.beat('a', { share: 0.3 });
    farm.advance(1_000);
    const [decision] = farm.job('job').decisions;
    expect(decision).toMatchObject({ method: 'live', cause: 'starved', from: 'a', to: 'b', text: expect.stringMatching(/^moved live from a to b after /) });
    const { leaseId, newLeaseId } = oneOf(farm.log, 'migrate-live');
    farm.send({ type: 'live-moved', leaseId, newLeaseId });
    expect(farm.where('job')).toEqual(['b']);
    expect(farm.state.wastedCpuSeconds).toBe(0);
  });

  test.each([['with little done', 0.02, 20, true], ['where a node cannot', 0.3, 20, false]])('%s it is copied or begun anew', (_, share, seconds, live) => {
    const farm = running(share, seconds, live);
    farm.advance(5_000);
    farm.beat('a', { share });
    farm.advance(1_000);
    expect(farm.job('job').decisions[0]).toMatchObject({ method: expect.stringMatching(/^(race|restart)$/), from: 'a', to: 'b' });
  });

  test('the owner comes: guests are brought elsewhere', () => {
    const farm = running(1, 20, true);
    const effects = farm.send({ type: 'owner', node: 'a', active: true, reason: 'keyboard' });
    expect(oneOf(effects, 'migrate-live')).toMatchObject({ from: 'a', to: 'b' });
    expect(allOf(effects, 'cancel-lease')).toEqual([]);
  });
});
