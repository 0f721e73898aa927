import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, createFarm, type TestFarm } from './testing/farm.js';

/** One slot that runs a job, and a queue long enough that the next one is sent ahead of it. */
function withOneAhead(): TestFarm {
  const farm = createFarm();
  farm.join('n1');
  farm.submit('a', { seconds: 1 });
  farm.start('a');
  for (const id of ['b', 'c', 'd', 'e']) farm.submit(id, { seconds: 1 });
  return farm;
}

describe('work sent ahead of a free slot', () => {
  test('it has no deadline while the job before it runs, and one when it has the slot', () => {
    const farm = withOneAhead();
    expect(farm.where('b')).toEqual(['n1']);
    expect(farm.state.ahead.size).toBe(1);
    for (let ms = 0; ms < limits.leaseStartMsMax + 5_000; ms += 1_000) {
      farm.beat('n1', { share: 0.01 });
      farm.advance(1_000);
    }
    expect(farm.where('b')).toEqual(['n1']);

    const { id } = farm.lease('b');
    farm.finish('a');
    expect(farm.state.ahead.has(farm.lease('b'))).toBe(false);
    const effects = [];
    for (let ms = 0; ms < limits.leaseStartMsMax + 5_000; ms += 1_000) {
      farm.beat('n1');
      effects.push(...farm.advance(1_000));
    }
    expect(allOf(effects, 'cancel-lease').filter((effect) => effect.leaseId === id).map((effect) => effect.reason)).toEqual([expect.stringMatching(/did not start it/)]);
  });
});
