import { describe, expect, test } from 'vitest';
import { allOf, createFarm, createRandom, GIB, labelled, type TestFarm } from './testing/farm.js';

const poolKeys = (farm: TestFarm): string[] => [...farm.state.index.pools].map((pool) => pool.requirements.key);

describe('pools', () => {
  test('hundreds of needs one after another: few pools are kept, and no node points to one that is gone', () => {
    const farm = createFarm();
    farm.join('n1', { labels: new Map(Array.from({ length: 300 }, (_, at) => [`l${at}`, 'yes'])) });
    for (let at = 0; at < 300; at += 1) {
      farm.submit(`j${at}`, { seconds: 1, requirements: labelled(`l${at}`, 'yes') });
      farm.finish(`j${at}`);
    }
    expect(poolKeys(farm).length).toBeLessThanOrEqual(25);
    expect(farm.node('n1').places.length).toBe(poolKeys(farm).length);
  });

  test('those in use are kept, however many', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 10, labels: new Map(Array.from({ length: 200 }, (_, at) => [`l${at}`, 'yes'])) });
    for (let at = 0; at < 200; at += 1) farm.submit(`j${at}`, { seconds: 1, requirements: labelled(`l${at}`, 'yes') });
    expect(poolKeys(farm).length).toBe(200);
    for (let turn = 0; turn < 200; turn += 1) {
      const [lease] = farm.node('n1').leases.values();
      farm.finish(lease?.job.id ?? '');
    }
    expect(allOf(farm.log, 'done')).toHaveLength(200);
  });

  test('a few needs that are used all the time stay while strangers come and go', () => {
    const farm = createFarm();
    farm.join('n1', { labels: new Map([['usual', 'yes'], ...Array.from({ length: 200 }, (_, at): [string, string] => [`l${at}`, 'yes'])]) });
    farm.submit('first', { requirements: labelled('usual', 'yes') });
    farm.finish('first');
    const pool = [...farm.state.index.pools][0];
    for (let at = 0; at < 200; at += 1) {
      for (const [id, label] of [[`u${at}`, 'usual'], [`s${at}`, `l${at}`]] as const) {
        farm.submit(id, { seconds: 1, requirements: labelled(label, 'yes') });
        farm.finish(id);
      }
    }
    expect([...farm.state.index.pools]).toContain(pool);
  });

  test('needs that no node meets', () => {
    const farm = createFarm();
    farm.join('n1');
    for (let at = 0; at < 100; at += 1) farm.submit(`j${at}`, { requirements: labelled('os', `none${at}`) });
    expect(allOf(farm.log, 'done').map(({ outcome }) => outcome.kind)).toEqual(Array.from({ length: 100 }, () => 'no-worker'));
    expect(farm.state.index.queued).toBe(0);
  });
});

test('nodes that change in every way at random are counted right in every pool', () => {
  const random = createRandom(5);
  const farm = createFarm();
  const names = Array.from({ length: 20 }, (_, at) => `n${at}`);
  for (const os of ['sid', 'trixie']) farm.state.index.pool(labelled('os', os));
  let jobs = 0;
  for (let count = 0; count < 3_000; count += 1) {
    const name = random.pick(names);
    const known = farm.state.nodes.has(name);
    // The test farm compares all counts with naive ones after each step.
    switch (random.below(8)) {
      case 0:
        farm.join(name, { slots: 1 + random.below(6), cores: 0.5 + 4 * random.unit(), speed: 0.25 * 2 ** random.below(6), labels: new Map([['os', random.pick(['sid', 'trixie'])]]), memoryBytes: 64 * GIB });
        break;
      case 1:
        if (known) farm.send({ type: 'node-labels', node: name, labels: new Map([['os', random.pick(['sid', 'trixie'])]]) });
        break;
      case 2:
        farm.send({ type: 'node-speed', node: name, speed: random.pick([undefined, 0.5, 3]), source: 'set' });
        break;
      case 3:
        if (known) farm.beat(name, { load: random.below(4), share: random.unit() });
        break;
      case 4:
        farm.send({ type: 'command', command: { kind: 'block', node: name, enabled: random.chance(0.3) } });
        break;
      case 5: {
        const lease = known ? [...farm.node(name).leases.values()].find((each) => each.state !== 'cancelling') : undefined;
        if (lease !== undefined) farm.finish(lease.job.id, { node: name });
        break;
      }
      default:
        farm.submit(`j${(jobs += 1)}`, { seconds: 0.1 + 9 * random.unit(), requirements: random.pick([labelled('os', 'sid'), labelled('os', 'trixie')]) });
    }
    farm.sleep(random.below(500));
  }
  expect(allOf(farm.log, 'done').length).toBeGreaterThan(50);
});
