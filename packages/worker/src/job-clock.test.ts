import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startJobClock } from './job-clock.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('pauses count neither as run time nor for the timeout', () => {
  const expired = vi.fn();
  const clock = startJobClock(1000, expired);
  vi.advanceTimersByTime(600);
  clock.pause();
  clock.pause();
  expect(clock.paused).toBe(true);
  vi.advanceTimersByTime(3_600_000);
  expect(expired).not.toHaveBeenCalled();
  expect([clock.ranMs, clock.pausedMs]).toEqual([600, 3_600_000]);
  clock.resume();
  clock.resume();
  vi.advanceTimersByTime(399);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(expired).toHaveBeenCalledTimes(1);
  expect(clock.paused).toBe(false);
});

test('a clock that was stopped expires no more, not even after a pause', () => {
  const expired = vi.fn();
  const clock = startJobClock(1000, expired);
  clock.pause();
  clock.stop();
  clock.resume();
  vi.advanceTimersByTime(10_000);
  expect(expired).not.toHaveBeenCalled();
});
