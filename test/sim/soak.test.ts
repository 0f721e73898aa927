// The scheduler's promises, checked after every event of random scenarios with faults. A failure prints the command that replays it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createOurPolicy, randomScenario, run, soak, violationsOf } from '@mosix/testing';
import type { Scenario } from '@mosix/testing';

const SEEDS = 200;

test(`${SEEDS} random scenarios keep every promise`, () => {
  const failures = soak({ from: 1, seeds: SEEDS, hostile: false, failuresMax: 3 });
  expect(failures.map(({ seed, violations }) => `npm run sim -- random --seed ${seed}: ${violations.join('; ')}`)).toEqual([]);
});

test('numbers that no honest node sends break nothing', () => {
  const failures = soak({ from: 1, seeds: 50, hostile: true, failuresMax: 3 });
  expect(failures.map(({ seed, violations }) => `npm run sim -- random --hostile --seed ${seed}: ${violations.join('; ')}`)).toEqual([]);
});

test('the same seed gives the same run, to the last event', () => {
  for (const seed of [3, 17, 29]) {
    const [first, second] = [run(randomScenario(seed), createOurPolicy()), run(randomScenario(seed), createOurPolicy())];
    expect(first.events).toBeGreaterThan(100);
    expect(second.hash).toBe(first.hash);
  }
  expect(run(randomScenario(3), createOurPolicy()).hash).not.toBe(run(randomScenario(4), createOurPolicy()).hash);
});

const folder = join(dirname(fileURLToPath(import.meta.url)), 'replays');

/** Git keeps no empty folder. */
const replays = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

test.each(replays)('once broken, now kept: %s', (name) => {
  expect(violationsOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Scenario)).toEqual([]);
});
