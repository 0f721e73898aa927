import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { capacityOf, coreSpeed, driftOf, expectedShare, rateOf } from './rates.js';
import { createFarm, teach, type TestFarm } from './testing/farm.js';

/** Jobs of a second, known well, run on the node, which really has this speed. */
function workOn(farm: TestFarm, name: string, jobs: number, realSpeed: number): void {
  teach(farm.state, ['known'], { cpuSeconds: 1, memoryBytes: 1, outputBytes: 1 });
  for (let count = 0; count < jobs; count += 1) {
    const id = `w${farm.log.length}`;
    farm.submit(id, { costKeys: ['known'] });
    if (farm.where(id)[0] !== name) throw new Error(`${id} went to ${farm.where(id)[0]}`);
    farm.start(id);
    for (let ms = 1_000 / realSpeed; ms > 0; ms -= 1_000) {
      farm.advance(Math.min(1_000, ms));
      farm.beat(name);
    }
    farm.finish(id, { cpuSeconds: 1 / realSpeed });
    // Others keep the history true.
    teach(farm.state, ['known'], { cpuSeconds: 1, memoryBytes: 1, outputBytes: 1 });
  }
}

describe('drift', () => {
  test('a node that measures itself twice too fast is put right by real jobs', () => {
    const farm = createFarm();
    farm.join('boaster', { speed: 2 });
    workOn(farm, 'boaster', 4, 1);
    expect(farm.node('boaster').speed).toBe(2);
    workOn(farm, 'boaster', 8, 1);
    expect(farm.node('boaster').speed).toBeGreaterThan(0.9);
    expect(farm.node('boaster').speed).toBeLessThan(1.15);
    // And placement knows.
    farm.join('honest', { speed: 1.5 });
    farm.submit('a', { seconds: 4 });
    expect(farm.where('a')).toEqual(['honest']);
  });

  test('it is bounded, and a few odd jobs among many do not count', () => {
    const farm = createFarm();
    farm.join('n1');
    workOn(farm, 'n1', 12, 1);
    workOn(farm, 'n1', 3, 0.1);
    expect(driftOf(farm.node('n1'))).toBeCloseTo(1, 1);
    const liar = createFarm();
    liar.join('n1', { speed: 100 });
    workOn(liar, 'n1', 30, 0.5);
    expect(liar.node('n1').speed).toBe(25);
  });

  test('five in a row that agree count at once: it became slow, and well again', () => {
    const farm = createFarm();
    farm.join('n1');
    workOn(farm, 'n1', 20, 1);
    workOn(farm, 'n1', 4, 0.2);
    expect(driftOf(farm.node('n1'))).toBeCloseTo(1, 1);
    workOn(farm, 'n1', 1, 0.2);
    expect(driftOf(farm.node('n1'))).toBeLessThan(0.5);
    workOn(farm, 'n1', 15, 0.2);
    workOn(farm, 'n1', 5, 1);
    expect(driftOf(farm.node('n1'))).toBeGreaterThan(0.7);
  });

  test('a new measurement or a person begins it anew', () => {
    const farm = createFarm();
    farm.join('n1', { speed: 2 });
    workOn(farm, 'n1', 12, 1);
    farm.send({ type: 'node-speed', node: 'n1', speed: 3, source: 'set' });
    expect(farm.node('n1')).toMatchObject({ speed: 3, speedSource: 'set', drift: undefined });
    farm.send({ type: 'node-speed', node: 'n1', speed: 1.5, source: 'benchmark' });
    expect(farm.node('n1')).toMatchObject({ speed: 3, speedSource: 'set', benchmarkSpeed: 1.5 });
    farm.send({ type: 'node-speed', node: 'n1', speed: undefined, source: 'set' });
    expect(farm.node('n1')).toMatchObject({ speed: 1.5, speedSource: 'benchmark' });
  });

  test('failed compiles and guesses say nothing', () => {
    const farm = createFarm();
    farm.join('n1');
    for (let count = 0; count < 10; count += 1) {
      farm.submit(`g${count}`, { costKeys: [`never seen ${count}`] });
      farm.finish(`g${count}`, { cpuSeconds: 9 });
      farm.submit(`x${count}`, { seconds: 1 });
      farm.finish(`x${count}`, { cpuSeconds: 0.03, exitStatus: 1 });
    }
    expect(farm.node('n1').speed).toBe(1);
  });
});

describe('rates', () => {
  test('a quota below one processor slows a job, not its processor', () => {
    const farm = createFarm();
    farm.join('quarter', { cores: 0.25, speed: 0.25 });
    const node = farm.node('quarter');
    expect(coreSpeed(node)).toBe(1);
    expect(expectedShare(node, 1)).toBe(0.25);
    expect(rateOf(node, 1)).toBe(0.25);
  });

  test('more jobs than processors share them', () => {
    const farm = createFarm();
    farm.join('n1', { cores: 2, slots: 4 });
    const node = farm.node('n1');
    expect(rateOf(node, 4)).toBeLessThan(rateOf(node, 2) / 1.9);
    expect(capacityOf(node)).toBeLessThanOrEqual(2);
  });

  test('stay numbers at all that a worker may say', () => {
    const farm = createFarm();
    let at = 0;
    for (const speed of [limits.nodeSpeedMin, 1, limits.nodeSpeedMax]) {
      for (const cores of [0.01, 1, 512]) {
        for (const slots of [1, limits.nodeSlotsMax]) {
          const name = `n${(at += 1)}`;
          farm.join(name, { speed, cores, slots });
          for (const load of [0, 1e6]) {
            farm.beat(name, { load });
            const { rate, capacity } = farm.node(name);
            expect([rate > 0, Number.isFinite(rate), Number.isFinite(capacity)]).toEqual([true, true, true]);
          }
        }
      }
    }
    farm.submit('a', { seconds: 1e-9 });
    farm.submit('b', { seconds: 1e9 });
    expect([farm.where('a').length, farm.where('b').length]).toEqual([1, 1]);
  });
});
