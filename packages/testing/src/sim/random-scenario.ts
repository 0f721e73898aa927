// Scenarios for the soak: a small farm, a few builds, and much that goes wrong. The seed decides everything.
import { createRandom } from './random.js';
import type { Random } from './random.js';
import { defaultScenario, defaultUser, MIB } from './scenario.js';
import type { Fault, NodePlan, Scenario, UserPlan, WorkPlan } from './scenario.js';

const commands = ['drain', 'undrain', 'block', 'unblock', 'expel', 'bring', 'migrate', 'hold'] as const;

export function randomScenario(seed: number): Scenario {
  const random = createRandom(seed);
  const nodes = Array.from({ length: 2 + random.integer(9) }, (_, index) => randomNode(random, index));
  const users = Array.from({ length: 1 + random.integer(3) }, (_, index) => randomUser(random, index));
  const count = random.chance(0.1) ? 0 : random.integer(14);
  const spanMs = random.pick([4_000, 15_000, 40_000]);
  const faults = Array.from({ length: count }, () => randomFault(random, spanMs)).sort((a, b) => a.atMs - b.atMs);
  return { ...defaultScenario, name: `soak ${seed}`, seed, nodes, users, faults, warmNodes: random.chance(0.5), latencyMs: random.pick([0.1, 0.2, 1, 20]) };
}

function randomNode(random: Random, index: number): NodePlan {
  const speed = random.pick([0.25, 0.5, 1, 1, 1, 2, 4, 8]) * random.between(0.9, 1.1);
  const cores = random.pick([1, 1, 2, 4, 8]);
  const memoryBytes = random.pick([512, 1024, 2048, 8192]) * MIB;
  return {
    name: `node${index + 1}`, speed, cores: random.chance(0.1) ? 0.5 : cores, slots: random.chance(0.2) ? cores * 2 : cores,
    // One in fifteen lies about its speed, or about its memory.
    benchmarkSpeed: random.chance(0.07) ? random.pick([0.01, 50]) : speed * random.between(0.9, 1.1),
    memoryBytes, claimedMemoryBytes: random.chance(0.07) ? memoryBytes * 4 : memoryBytes,
    bytesPerSecond: random.pick([10e6, 110e6, 1e9]), live: random.chance(0.3),
  };
}

function randomUser(random: Random, index: number): UserPlan {
  return {
    ...defaultUser, name: `user${index + 1}`, work: randomWork(random), jobs: random.pick([1, 4, 16, 64, 200]), startMs: random.integer(5_000),
    homeSpeed: random.pick([0.5, 1, 2]), homeCores: random.pick([2, 4, 8]), builds: random.chance(0.3) ? 2 : 1, thinkMs: random.integer(4_000), movable: random.chance(0.9),
  };
}

function randomWork(random: Random): WorkPlan {
  const count = 10 + random.integer(110);
  const seed = random.integer(1_000_000);
  switch (random.integer(5)) {
    case 0:
      return { kind: 'trace', name: random.pick(['leveldb', 'lmdb', 're2', 'sqlite']) };
    case 1:
      return { kind: 'pareto', count, leastSeconds: 0.2, alpha: 1.5, seed };
    case 2:
      return { kind: 'layers', count, layers: 1 + random.integer(3), medianSeconds: 0.5, seed };
    default:
      return { kind: 'log-normal', count, medianSeconds: random.pick([0.1, 0.5, 3]), sigma: random.pick([0.3, 1]), seed };
  }
}

function randomFault(random: Random, spanMs: number): Fault {
  const atMs = Math.round(random.between(100, spanMs));
  const node = random.integer(10);
  const lengthMs = random.chance(0.7) ? Math.round(random.between(500, 20_000)) : undefined;
  const choice = random.integer(10_000);
  switch (random.integer(16)) {
    case 0:
      return { atMs, kind: 'crash', node, noticed: random.chance(0.5), backMs: lengthMs };
    case 1:
      return { atMs, kind: 'partition', node, lengthMs: lengthMs ?? 30_000 };
    case 2:
      return { atMs, kind: 'degrade', node, share: 0.2, speed: 1, lengthMs };
    case 3:
      return { atMs, kind: 'degrade', node, share: 1, speed: 0.2, lengthMs };
    case 4:
      // No progress at all, either without processor time or with much of it.
      return { atMs, kind: 'degrade', node, share: random.chance(0.5) ? 0 : 1, speed: 0, lengthMs: lengthMs ?? 30_000 };
    case 5:
      return { atMs, kind: 'owner', node, load: random.integer(8), active: true, lengthMs };
    case 6:
      return { atMs, kind: 'owner', node, load: 1 + random.integer(8), active: false, lengthMs };
    case 7:
      return { atMs, kind: 'coordinator-pause', lengthMs: random.pick([500, 3_000, 30_000, 3_600_000]) };
    case 8:
      return { atMs, kind: 'stale-messages', node };
    case 9:
      return { atMs, kind: 'restart', node };
    case 10:
      return { atMs, kind: 'leave', node };
    case 11:
      return { atMs, kind: 'join', choice, stayMs: lengthMs };
    case 12:
      return random.chance(0.3) ? { atMs, kind: 'cancel', user: random.integer(3) } : { atMs, kind: 'job-failure', node, code: random.pick(['sandbox', 'disk-full', 'missing-input', 'timeout', 'out-of-memory', 'cancelled']) };
    default:
      return { atMs, kind: 'command', command: random.pick(commands), node, choice };
  }
}

/** What the shell has to refuse before it reaches the scheduler; `npm run sim -- soak --hostile` sends it all the same. */
export function withHostileNumbers(scenario: Scenario): Scenario {
  const random = createRandom(scenario.seed * 31 + 5);
  const more = Array.from({ length: 1 + random.integer(4) }, (_, index): Fault => {
    const atMs = Math.round(random.between(100, 10_000));
    const which = random.integer(48);
    return random.chance(0.5) ? { atMs, kind: 'absurd-numbers', node: random.integer(10), which } : { atMs, kind: 'ghost', name: `ghost${index}`, which };
  });
  return { ...scenario, name: `${scenario.name}, hostile`, faults: [...scenario.faults, ...more].sort((a, b) => a.atMs - b.atMs) };
}
