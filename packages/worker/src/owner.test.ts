import { expect, test } from 'vitest';
import { createOwnerWatch, hasOwnerPolicy } from './owner.js';
import type { OwnerPolicy, OwnerSample, OwnerState } from './owner.js';

const sample = (more: Partial<OwnerSample>): OwnerSample => ({ othersProcessors: 0, lastUse: undefined, minute: 12 * 60, ...more });
const once = (policy: OwnerPolicy, more: Partial<OwnerSample>): OwnerState => createOwnerWatch(policy)(sample(more), 0);

test('without a policy nobody is ever there', () => {
  expect(hasOwnerPolicy({})).toBe(false);
  expect(hasOwnerPolicy({ quietMs: 5 })).toBe(false);
  expect(once({}, { othersProcessors: 99, lastUse: { secondsAgo: 0, what: 'terminal pts/1' } })).toEqual({ active: false, reason: '' });
});

test('load: there above the limit at once, gone after 30 s below half of it', () => {
  const watch = createOwnerWatch({ loadAbove: 2 });
  const at = (seconds: number, load: number): OwnerState => watch(sample({ othersProcessors: load }), seconds * 1000);
  expect(at(0, 2).active).toBe(false);
  expect(at(1, 3.14)).toEqual({ active: true, reason: 'load 3.1' });
  expect(at(2, 1.5).active).toBe(true); // between the edges: nothing changes
  expect(at(100, 1.5).active).toBe(true);
  expect(at(101, 0.9).active).toBe(true);
  expect(at(130.9, 0.5).active).toBe(true);
  expect(at(131, 0.5).active).toBe(false);
  expect(at(132, 1.5).active).toBe(false);
});

test('load: the quiet time starts anew with every burst', () => {
  const watch = createOwnerWatch({ loadAbove: 2, quietMs: 10_000 });
  const at = (seconds: number, load: number): boolean => watch(sample({ othersProcessors: load }), seconds * 1000).active;
  expect([at(0, 5), at(1, 0), at(10, 1.2), at(11, 0), at(20, 0), at(21, 0)]).toEqual([true, true, true, true, true, false]);
});

test('hands: there when a terminal was used within the time', () => {
  const policy = { idleSeconds: 60 };
  expect(once(policy, { lastUse: { secondsAgo: 59.9, what: 'terminal pts/2' } })).toEqual({ active: true, reason: 'terminal pts/2' });
  expect(once(policy, { lastUse: { secondsAgo: 60, what: 'terminal pts/2' } }).active).toBe(false);
  expect(once(policy, {}).active).toBe(false);
  expect(once({ loadAbove: 1 }, { lastUse: { secondsAgo: 0, what: 'terminal pts/2' } }).active).toBe(false);
});

test.each([
  [18 * 60, 8 * 60, 17 * 60 + 59, true],
  [18 * 60, 8 * 60, 18 * 60, false],
  [18 * 60, 8 * 60, 23 * 60 + 59, false],
  [18 * 60, 8 * 60, 0, false],
  [18 * 60, 8 * 60, 8 * 60, true],
  [9 * 60, 17 * 60, 8 * 60 + 59, true],
  [9 * 60, 17 * 60, 9 * 60, false],
  [9 * 60, 17 * 60, 17 * 60, true],
  [18 * 60, 0, 23 * 60 + 59, false],
  [18 * 60, 0, 0, true],
])('hours %i-%i at minute %i: owner there is %s', (fromMinute, toMinute, minute, active) => {
  const state = once({ hours: { fromMinute, toMinute } }, { minute });
  expect(state.active).toBe(active);
  if (active) expect(state.reason).toMatch(/^outside \d\d:\d\d-\d\d:\d\d$/);
});

test('any sign is enough, and all must be gone', () => {
  const watch = createOwnerWatch({ loadAbove: 1, idleSeconds: 60, hours: { fromMinute: 18 * 60, toMinute: 8 * 60 }, quietMs: 1000 });
  const minute = 20 * 60;
  expect(watch(sample({ minute: 12 * 60, othersProcessors: 5 }), 0).reason).toBe('outside 18:00-08:00');
  expect(watch(sample({ minute, lastUse: { secondsAgo: 1, what: 'terminal tty1' } }), 1000).reason).toBe('terminal tty1');
  expect(watch(sample({ minute }), 1500)).toMatchObject({ active: true, reason: 'load 0.0' });
  expect(watch(sample({ minute }), 2000)).toEqual({ active: false, reason: '' });
});
