// Everything at once, at random: workers that come, break, lie, and go, owners, commands, clients that give up. After every step all counts
// are right (`testing/invariants.ts`), and when the trouble is over every job has been answered exactly once.
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import type { JobSpec, Requirements } from './state.js';
import { anywhere, createFarm, createRandom, GIB, jobSpec, labelled, nodeSpec, only, type TestFarm } from './testing/farm.js';
import type { Command, FarmEffect } from './words.js';

interface Worker {
  readonly name: string;
  life: number;
  connected: boolean;
  slots: number;
  /** What it holds; true: begun. */
  readonly leases: Map<string, boolean>;
  ownerActive: boolean;
}

interface Scene {
  readonly farm: TestFarm;
  readonly workers: readonly Worker[];
  readonly answered: Map<string, string>;
  readonly submitted: Set<string>;
  act(): void;
  /** No more trouble: all workers well, and enough time. */
  calm(): void;
}

const codes = ['bad-input', 'internal', 'missing-input', 'out-of-memory', 'draining', 'recalled', 'cancelled', 'sandbox'];
const requirements: readonly Requirements[] = [anywhere, anywhere, anywhere, labelled('os', 'trixie'), labelled('os', 'sid'), only('w1'), only('w2')];

function createScene(seed: number): Scene {
  const random = createRandom(seed);
  const farm = createFarm();
  const workers: Worker[] = [...'12345678'].map((digit) => ({ name: `w${digit}`, life: 0, connected: false, slots: 1 + random.below(4), leases: new Map(), ownerActive: false }));
  const answered = new Map<string, string>();
  const submitted = new Set<string>();
  const specs = new Map<string, JobSpec>();
  /** What others than the scheduler still have to say. */
  const replies: (() => void)[] = [];
  const workerOf = (name: string): Worker => workers.find((worker) => worker.name === name) as Worker;

  const see = (effects: readonly FarmEffect[]): void => {
    for (const effect of effects) {
      switch (effect.type) {
        case 'assign': {
          const worker = workerOf(effect.node);
          if (!worker.connected) throw new Error(`${effect.jobId} assigned to ${worker.name}, which is away`);
          worker.leases.set(effect.leaseId, false);
          break;
        }
        case 'cancel-lease': {
          const { leases, connected } = workerOf(effect.node);
          if (connected && leases.delete(effect.leaseId)) replies.push(() => see(farm.confirm(effect.leaseId)));
          break;
        }
        case 'recall': {
          const { leases, connected } = workerOf(effect.node);
          if (!connected) throw new Error('recalled from a node that is away');
          if (leases.get(effect.leaseId) === false) {
            leases.delete(effect.leaseId);
            replies.push(() => see(farm.confirm(effect.leaseId, 'recalled')));
          }
          break;
        }
        case 'verify-inputs':
          replies.push(() => see(farm.send({ type: 'verified', jobId: effect.jobId, complete: random.chance(0.7) })));
          break;
        case 'migrate-live': {
          const [from, to] = [workerOf(effect.from), workerOf(effect.to)];
          replies.push(() => {
            if (!to.connected || random.chance(0.5)) return see(farm.send({ type: 'live-failed', leaseId: effect.leaseId, newLeaseId: effect.newLeaseId, message: 'no' }));
            from.leases.delete(effect.leaseId);
            to.leases.set(effect.newLeaseId, true);
            see(farm.send({ type: 'live-moved', leaseId: effect.leaseId, newLeaseId: effect.newLeaseId }));
          });
          break;
        }
        case 'close-stream':
          workerOf(effect.node).connected = false;
          break;
        case 'done':
          if (!submitted.has(effect.jobId) || answered.has(effect.jobId)) throw new Error(`${effect.jobId} answered ${answered.has(effect.jobId) ? 'twice' : 'unasked'}`);
          answered.set(effect.jobId, effect.outcome.kind === 'gave-up' ? effect.outcome.code : effect.outcome.kind);
          break;
        default:
      }
    }
  };

  const join = (worker: Worker, wipe: boolean): void => {
    if (wipe) {
      worker.life += 1;
      worker.leases.clear();
    }
    worker.connected = true;
    worker.ownerActive = false;
    const node = nodeSpec(worker.name, {
      instance: `${worker.name}-${worker.life}`, slots: worker.slots, cores: worker.slots, speed: [0.5, 1, 2][random.below(3)] ?? 1, memoryBytes: random.pick([1, 4, 16]) * GIB,
      labels: new Map([['os', random.pick(['trixie', 'sid'])]]), live: random.chance(0.6),
    });
    const runningLeases = [...worker.leases.keys()].map((leaseId) => {
      const jobId = farm.state.leases.get(leaseId)?.job.id ?? '';
      return { leaseId, adopt: specs.get(jobId) };
    });
    const effects = farm.send({ type: 'node-joined', node, runningLeases });
    const [welcome] = effects;
    if (welcome?.type !== 'welcome') throw new Error('a worker was not welcomed first');
    for (const leaseId of welcome.unknownLeases) worker.leases.delete(leaseId);
    see(effects);
    if (node.instance !== '') see(farm.send({ type: 'owner', node: worker.name, active: false, reason: '' }));
  };
  const breakStream = (worker: Worker): void => {
    worker.connected = false;
    see(farm.send({ type: 'stream-broken', node: worker.name, instance: `${worker.name}-${worker.life}` }));
  };
  const begin = (worker: Worker): void => {
    const next = [...worker.leases].find(([, begun]) => !begun)?.[0];
    if (next === undefined || [...worker.leases.values()].filter(Boolean).length >= worker.slots || worker.ownerActive) return;
    worker.leases.set(next, true);
    see(farm.send({ type: 'lease-started', leaseId: next }));
  };
  const end = (worker: Worker, failing: boolean): void => {
    const running = [...worker.leases].filter(([, begun]) => begun).map(([id]) => id);
    if (running.length === 0) return;
    const leaseId = random.pick(running);
    worker.leases.delete(leaseId);
    if (failing) {
      see(farm.send({ type: 'lease-failed', leaseId, code: random.pick(codes), message: 'no', peakMemoryBytes: random.below(8) * GIB }));
      return;
    }
    const actionKey = farm.state.leases.get(leaseId)?.job.spec.actionKey;
    see(farm.send({
      type: 'lease-finished', leaseId, actionKey, node: worker.name, exitStatus: random.below(2), crashed: random.below(8) === 0, cpuSeconds: random.unit() * 8, wallSeconds: 4, peakMemoryBytes: random.below(2 * GIB),
      outputBytes: 1_000,
    }));
  };
  const beat = (worker: Worker): void => {
    if (!farm.state.nodes.has(worker.name)) return;
    see(farm.beat(worker.name, {
      share: random.unit(), load: random.chance(0.8) ? 0 : random.below(6), memoryPressure: random.chance(0.9) ? 0 : 0.5, freeMemoryBytes: random.below(16) * GIB,
      paused: random.chance(0.1), memoryBytes: random.below(GIB), freeDiskBytes: 100 * GIB,
    }));
  };
  const submit = (): void => {
    const id = `j${submitted.size}`;
    submitted.add(id);
    const spec = jobSpec(id, {
      requirements: random.pick(requirements), user: random.pick(['ann', 'bob', 'cy']), movable: random.chance(0.8), joinable: random.chance(0.8), priority: random.below(3) * 100,
      costKeys: [`k${random.below(30)}`, 'all'], bulkKey: random.pick(['', 'gcc', 'clang']), bulkBytes: 50_000_000,
    });
    specs.set(id, spec);
    see(farm.send({ type: 'submit', job: spec, waiter: `of ${id}` }));
  };
  const command = (): void => {
    const node = random.pick(workers).name;
    const jobId = `j${random.below(submitted.size + 1)}`;
    const commands: Command[] = [
      { kind: 'drain', node, enabled: random.chance(0.5) },
      { kind: 'block', node, enabled: random.chance(0.4) },
      { kind: 'expel', node },
      { kind: 'hold', node, holdMs: random.below(2) * 3_000 },
      { kind: 'migrate', jobId, target: random.pick(['best', 'home', node, node]) },
      { kind: 'migrate', jobId, target: node },
      { kind: 'bring', node: random.chance(0.9) ? node : '', user: random.chance(0.5) ? 'cy' : 'ann' },
    ];
    const effects = farm.send({ type: 'command', command: random.pick(commands) });
    if (effects[0]?.type !== 'answer') throw new Error('a command was not answered first');
    see(effects);
  };

  const actions: readonly (readonly [weight: number, act: () => void])[] = [
    [20, submit],
    [30, () => begin(random.pick(workers))],
    [24, () => end(random.pick(workers), false)],
    [5, () => end(random.pick(workers), true)],
    [16, () => beat(random.pick(workers))],
    [24, () => see(farm.advance(random.pick([250, 250, 1_000])))],
    [1, () => {
      farm.sleep(random.pick([5_000, 60_000]));
      see(farm.send({ type: 'tick' }));
    }],
    [20, () => replies.splice(random.below(replies.length), 1)[0]?.()],
    [4, () => {
      const worker = random.pick(workers);
      if (random.chance(0.3)) worker.slots = 1 + random.below(4);
      if (!worker.connected || random.chance(0.3)) join(worker, random.chance(0.5));
    }],
    [2, () => {
      const worker = random.pick(workers);
      if (worker.connected) breakStream(worker);
    }],
    [3, () => {
      const worker = random.pick(workers);
      if (!worker.connected) return;
      worker.ownerActive = random.chance(0.4);
      see(farm.send({ type: 'owner', node: worker.name, active: worker.ownerActive, reason: 'keyboard' }));
    }],
    [1, () => see(farm.send({ type: 'node-draining', node: random.pick(workers).name }))],
    [2, () => see(farm.send({ type: 'node-labels', node: random.pick(workers).name, labels: new Map([['os', random.pick(['trixie', 'sid'])]]) }))],
    [1, () => see(farm.send({ type: 'node-speed', node: random.pick(workers).name, speed: random.chance(0.3) ? undefined : 0.25 + random.unit() * 4, source: random.pick(['set', 'map', 'benchmark']) }))],
    [4, () => see(farm.send({ type: 'leave', jobId: `j${random.below(submitted.size + 1)}`, waiter: `of j${random.below(submitted.size + 1)}` }))],
    [1, () => {
      const jobId = `j${random.below(submitted.size + 1)}`;
      see(farm.send({ type: 'leave', jobId, waiter: `of ${jobId}` }));
    }],
    [3, command],
  ];
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);

  return {
    farm, workers, answered, submitted,
    act() {
      let at = random.below(total);
      for (const [weight, act] of actions) {
        if (at < weight) return act();
        at -= weight;
      }
    },
    calm() {
      for (const worker of workers) {
        see(farm.send({ type: 'command', command: { kind: 'drain', node: worker.name, enabled: false } }));
        see(farm.send({ type: 'command', command: { kind: 'block', node: worker.name, enabled: false } }));
        join(worker, true);
      }
      for (let turn = 0; turn < 1_200 && answered.size < submitted.size; turn += 1) {
        while (replies.length > 0) replies.shift()?.();
        for (const worker of workers) {
          for (let each = 0; each < worker.slots; each += 1) begin(worker);
          if (worker.connected) see(farm.beat(worker.name));
          if (turn % 2 === 1) for (let each = worker.leases.size; each > 0; each -= 1) end(worker, false);
        }
        see(farm.advance(500));
      }
    },
  };
}

const SEEDS = Number(process.env['CHAOS_SEEDS'] ?? 40);

describe('with everything going wrong at random', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('nothing is lost, answered twice or counted wrong, seed %i', (seed) => {
    const { farm, answered, submitted, act, calm } = createScene(seed);
    for (let count = 0; count < 1_500; count += 1) act();
    calm();
    const { state } = farm;
    expect([...submitted].filter((id) => !answered.has(id)).map((id) => `${id} ${state.jobs.get(id)?.state} of ${state.jobs.get(id)?.spec.requirements.key}`)).toEqual([]);
    expect([state.jobs.size, state.inFlight.size, state.index.queued]).toEqual([0, 0, 0]);
    // What was cancelled on a worker that never said so.
    farm.advance(limits.leaseCancelMsMax + 1_000);
    expect(state.leases.size).toBe(0);
    expect(state.ahead.size + state.checks.size + state.copies.size).toBe(0);
  });

  test('the same events at the same times give the same effects', () => {
    const [first, second] = [0, 1].map(() => {
      const { farm, act } = createScene(99);
      for (let count = 0; count < 800; count += 1) act();
      return JSON.stringify(farm.log);
    });
    expect(first).toBe(second);
    expect(first?.length).toBeGreaterThan(10_000);
  });
});
