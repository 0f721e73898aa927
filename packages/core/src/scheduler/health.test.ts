import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { createFarm, labelled, type JobOptions, type TestFarm } from './testing/farm.js';

/** So many failures of jobs on this node in a row. */
function failOn(farm: TestFarm, name: string, times: number, more: JobOptions = {}): void {
  for (let count = 0; count < times; count += 1) {
    const id = `f${farm.log.length}`;
    farm.submit(id, { seconds: 1, waiter: 'w', ...more });
    if (farm.where(id)[0] !== name) throw new Error(`${id} is on ${farm.where(id)[0]}`);
    farm.fail(id, 'sandbox');
    // Where it is tried again is of no interest here.
    const leases = farm.job(id).leases.map((lease) => lease.id);
    farm.send({ type: 'leave', jobId: id, waiter: 'w' });
    for (const leaseId of leases) farm.confirm(leaseId);
  }
}

/** `bad` is the faster one, so that it is asked first. */
function pair(): TestFarm {
  const farm = createFarm();
  farm.join('bad', { speed: 2, slots: 8, cores: 8 });
  farm.join('good', { slots: 8, cores: 8 });
  return farm;
}

describe('quarantine', () => {
  test('after some failures in a row, and always for a time only', () => {
    const farm = pair();
    failOn(farm, 'bad', limits.quarantineTrouble - 1);
    expect(farm.node('bad').state).toBe('ready');
    failOn(farm, 'bad', 1);
    expect(farm.node('bad')).toMatchObject({ state: 'quarantined', stateReason: `sandbox, for ${limits.quarantineMsFirst} ms` });
    farm.submit('a', { seconds: 1 });
    expect(farm.where('a')).toEqual(['good']);
    farm.advance(limits.quarantineMsFirst);
    expect(farm.node('bad').state).toBe('ready');
  });

  test('on probation the next failure sends it back, for longer; good ends make it forget', () => {
    const farm = pair();
    failOn(farm, 'bad', limits.quarantineTrouble);
    farm.advance(limits.quarantineMsFirst);
    failOn(farm, 'bad', 1);
    expect(farm.node('bad').stateReason).toBe(`sandbox, for ${2 * limits.quarantineMsFirst} ms`);
    farm.advance(2 * limits.quarantineMsFirst);
    for (let count = 0; count < 4; count += 1) {
      farm.submit(`ok${count}`, { seconds: 1 });
      farm.finish(`ok${count}`);
    }
    failOn(farm, 'bad', limits.quarantineTrouble);
    expect(farm.node('bad').stateReason).toBe(`sandbox, for ${limits.quarantineMsFirst} ms`);
  });

  test('never takes the last node, and lets go of one when the others leave', () => {
    const farm = createFarm();
    farm.join('only');
    failOn(farm, 'only', 5);
    expect(farm.node('only').state).toBe('ready');

    const two = pair();
    failOn(two, 'bad', limits.quarantineTrouble);
    two.send({ type: 'node-draining', node: 'good' });
    expect(two.node('bad')).toMatchObject({ state: 'ready', stateReason: 'no other node left' });
  });

  test('nor the last with a label that jobs want', () => {
    const farm = createFarm();
    farm.join('sid', { labels: new Map([['os', 'sid']]), slots: 4 });
    farm.join('other', { slots: 4 });
    farm.submit('runs', { seconds: 100, requirements: labelled('os', 'sid') });
    failOn(farm, 'sid', 4, { requirements: labelled('os', 'sid') });
    expect(farm.node('sid').state).toBe('ready');
    farm.submit('more', { seconds: 1, requirements: labelled('os', 'sid') });
    expect(farm.where('more')).toEqual(['sid']);
  });

  test('a whole lost node is one failure', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 8 });
    for (let at = 0; at < 8; at += 1) farm.submit(`a${at}`, { seconds: 60 });
    farm.join('n2');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    farm.advance(limits.brokenStreamGraceMs);
    expect(farm.node('n1').trouble).toBe(1);
  });

  test('a job that failed on several nodes and is given up was more likely to blame than they', () => {
    const farm = createFarm();
    for (const name of ['n1', 'n2', 'n3']) farm.join(name);
    farm.submit('cursed', { seconds: 1 });
    for (let count = 0; count < 3; count += 1) farm.fail('cursed', 'sandbox');
    expect(['n1', 'n2', 'n3'].map((name) => farm.node(name).trouble)).toEqual([0, 0, 0]);
  });
});
