import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { createFarm, GIB, nodeSpec, oneOf } from './testing/farm.js';

// After every step the test farm looks whether all sums are numbers still.
describe.each([NaN, Infinity, -Infinity, -1, 0, 1e300])('a worker that says %d', (value) => {
  test('of itself: it counts as what is nearest, and jobs are placed as before', () => {
    const farm = createFarm();
    farm.join('well');
    farm.join('odd', { speed: value, cores: value, slots: value, memoryBytes: value });
    const { speed, slots } = farm.node('odd');
    expect(speed).toBeGreaterThanOrEqual(limits.nodeSpeedMin);
    expect(slots).toBeGreaterThanOrEqual(1);
    farm.submit('a', { seconds: 1 });
    farm.submit('b', { seconds: 1 });
    // Beside a node as slow as that it may be better to wait for the other.
    expect([...farm.where('a'), ...farm.where('b')]).not.toEqual([]);
    farm.send({ type: 'node-speed', node: 'odd', speed: value, source: 'tune' });
    farm.join('odd', { instance: 'well again' });
    expect(farm.node('odd').benchmarkSpeed).toBe(1);
  });

  test('in a heartbeat and of its jobs', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2 });
    farm.submit('a', { seconds: 5 });
    farm.start('a');
    farm.advance(1_000);
    const { id: leaseId } = farm.lease('a');
    farm.send({
      type: 'node-heartbeat', node: 'n1', sequence: 0, load: value, freeMemoryBytes: value, freeDiskBytes: value, memoryPressure: value,
      leases: [{ leaseId, cpuSeconds: value, wallSeconds: value, memoryBytes: value, paused: false }],
    });
    farm.advance(2_000);
    farm.beat('n1');
    farm.send({
      type: 'lease-finished', leaseId, actionKey: 'a/1', node: 'n1', exitStatus: 0, cpuSeconds: value, wallSeconds: value, peakMemoryBytes: value, outputBytes: value,
    });
    farm.submit('again', { costKeys: ['key of a'] });
    expect(farm.job('again').estimate.cpuSeconds).toBeGreaterThan(0);
    expect(farm.job('again').estimate.cpuSeconds).toBeLessThan(Infinity);
    farm.fail('again', 'out-of-memory', { peakMemoryBytes: value });
    expect(Number.isFinite(farm.state.usefulCpuSeconds)).toBe(true);
  });
});

test('what is possible stays as it is', () => {
  const farm = createFarm();
  farm.join('n1', { slots: 7, cores: 3.5, speed: 1.7, memoryBytes: 3 * GIB });
  expect(farm.node('n1')).toMatchObject({ slots: 7, cores: 3.5, benchmarkSpeed: 1.7, memoryBytes: 3 * GIB });
  expect(oneOf(farm.log, 'welcome').node).toBe(nodeSpec('n1').name);
});
