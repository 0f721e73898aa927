// A farm without machines for tests of the scheduler: virtual time, and after every step a look at all that is counted.
import type { CostSample } from '../history.js';
import type { FarmState, Job, JobSpec, Lease, Node, NodeSpec, Requirements } from '../state.js';
import { createFarmState, step } from '../step.js';
import type { Command, CommandAnswer, Decision, FarmEffect, FarmEvent } from '../words.js';
import type { Result } from '../../result.js';
import { problemsOf } from './invariants.js';

export const GIB = 1024 ** 3;

/** An instruction set and no label: what nearly all jobs need. */
export const anywhere: Requirements = { key: '[["x86_64"],[],""]', instructionSets: ['x86_64'], labels: [] };

export const only = (node: string): Requirements => ({ ...anywhere, key: `[["x86_64"],[],"${node}"]`, node });

export const labelled = (name: string, value: string): Requirements => ({ key: `[["x86_64"],[["${name}","${value}"]],""]`, instructionSets: ['x86_64'], labels: [[name, value]] });

export function nodeSpec(name: string, more: Partial<NodeSpec> = {}): NodeSpec {
  return {
    name, instance: `${name}-1`, slots: 1, cores: more.slots ?? 1, speed: 1, instructionSets: new Set(['x86_64']), labels: new Map(), memoryBytes: 16 * GIB,
    version: '1', live: false, ...more,
  };
}

export interface JobOptions extends Partial<Omit<JobSpec, 'id'>> {
  /** Processor seconds at speed 1 that the history knows of it; without them the scheduler guesses. */
  readonly seconds?: number;
  readonly memoryBytes?: number;
  readonly waiter?: string;
}

export function jobSpec(id: string, more: Partial<JobSpec> = {}): JobSpec {
  return {
    id, actionKey: `${id}/1`, joinable: true, requirements: anywhere, timeoutMs: 600_000, label: `${id}.o`, user: 'ann', priority: 0, costKeys: [`key of ${id}`],
    sourceBytes: 0, bulkKey: '', bulkBytes: 0, movable: true, ...more,
  };
}

export interface TestFarm {
  readonly state: FarmState;
  readonly now: number;
  /** Every effect so far. */
  readonly log: FarmEffect[];
  /** One step now; throws when something is counted wrong after it. */
  send(event: FarmEvent): FarmEffect[];
  /** Lets time pass with the ticks that belong to it. Gives the effects of all of them. */
  advance(ms: number): FarmEffect[];
  /** Lets time pass while nobody ticks. */
  sleep(ms: number): void;
  join(name: string, more?: Partial<NodeSpec>): FarmEffect[];
  submit(id: string, more?: JobOptions): FarmEffect[];
  command(command: Command): Result<CommandAnswer>;
  node(name: string): Node;
  job(id: string): Job;
  /** The lease of the job on this node, or its only one. */
  lease(id: string, node?: string): Lease;
  /** Where the job runs: names of nodes. */
  where(id: string): string[];
  start(id: string, node?: string): FarmEffect[];
  finish(id: string, more?: { readonly node?: string; readonly cpuSeconds?: number; readonly exitStatus?: number; readonly memoryBytes?: number }): FarmEffect[];
  fail(id: string, code: string, more?: { readonly node?: string; readonly peakMemoryBytes?: number }): FarmEffect[];
  /** The worker confirms a cancelled or recalled lease by its identity. */
  confirm(leaseId: string, code?: string): FarmEffect[];
  /**
   * A heartbeat of the node. Started jobs have used `share` of a processor since they began, or what `cpu` says for a job; a job in
   * `without` is not named.
   */
  beat(name: string, more?: Beat): FarmEffect[];
}

export interface Beat {
  readonly share?: number;
  readonly load?: number;
  readonly freeMemoryBytes?: number;
  readonly freeDiskBytes?: number;
  readonly memoryPressure?: number;
  readonly sequence?: number;
  readonly paused?: boolean;
  readonly without?: readonly string[];
  /** Of each job, as reported. */
  readonly memoryBytes?: number;
}

/** Time passes in seconds; each node of `shares` tells every second what its jobs got. */
export function run(farm: TestFarm, seconds: number, shares: Readonly<Record<string, number>>): FarmEffect[] {
  const effects: FarmEffect[] = [];
  for (let second = 0; second < seconds; second += 1) {
    effects.push(...farm.advance(1_000));
    for (const [name, share] of Object.entries(shares)) effects.push(...farm.beat(name, { share }));
  }
  return effects;
}

export function createFarm(options: { readonly historySize?: number; readonly blocked?: readonly string[]; readonly checked?: boolean } = {}): TestFarm {
  let leases = 0;
  let now = 0;
  const state = createFarmState({ newLeaseId: () => `lease${(leases += 1)}`, ...(options.blocked === undefined ? {} : { blocked: options.blocked }) });
  const log: FarmEffect[] = [];

  const send = (event: FarmEvent): FarmEffect[] => {
    const effects = step(state, event, now);
    log.push(...effects);
    if (options.checked !== false) {
      const problems = problemsOf(state, now);
      if (problems.length > 0) throw new Error(`after ${event.type} at ${now}:\n${problems.join('\n')}`);
    }
    return effects;
  };
  const job = (id: string): Job => {
    const found = state.jobs.get(id);
    if (found === undefined) throw new Error(`no job ${id}`);
    return found;
  };
  const node = (name: string): Node => {
    const found = state.nodes.get(name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  };
  const lease = (id: string, on?: string): Lease => {
    const found = on === undefined ? job(id).leases[0] : job(id).leases.find((each) => each.node.name === on);
    if (found === undefined) throw new Error(`job ${id} has no lease${on === undefined ? '' : ` on ${on}`}`);
    return found;
  };

  const farm: TestFarm = {
    state,
    get now() {
      return now;
    },
    log,
    send,
    advance(ms) {
      const effects: FarmEffect[] = [];
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + 250);
        effects.push(...send({ type: 'tick' }));
      }
      return effects;
    },
    sleep(ms) {
      now += ms;
    },
    join: (name, more) => send({ type: 'node-joined', node: nodeSpec(name, more), runningLeases: [] }),
    submit(id, { seconds, memoryBytes = GIB / 4, waiter = `waiter of ${id}`, ...more } = {}) {
      const spec = jobSpec(id, more);
      if (seconds !== undefined) teach(state, spec.costKeys, { cpuSeconds: seconds, memoryBytes, outputBytes: 1 });
      return send({ type: 'submit', job: spec, waiter });
    },
    command(command) {
      const [first] = send({ type: 'command', command });
      if (first?.type !== 'answer') throw new Error('a command was not answered first');
      return first.answer;
    },
    node,
    job,
    lease,
    where: (id) => (state.jobs.get(id)?.leases ?? []).map((each) => each.node.name),
    start: (id, on) => send({ type: 'lease-started', leaseId: lease(id, on).id }),
    finish(id, { node: on, cpuSeconds, exitStatus = 0, memoryBytes = GIB / 8 } = {}) {
      const { id: leaseId, node: { name, speed }, startedAtMs, job: { spec, estimate } } = lease(id, on);
      const wallSeconds = (now - (startedAtMs ?? now)) / 1000;
      return send({
        type: 'lease-finished', leaseId, actionKey: spec.actionKey, node: name, exitStatus, cpuSeconds: cpuSeconds ?? estimate.cpuSeconds / speed, wallSeconds,
        peakMemoryBytes: memoryBytes, outputBytes: 1_000,
      });
    },
    fail: (id, code, { node: on, peakMemoryBytes = 0 } = {}) => send({ type: 'lease-failed', leaseId: lease(id, on).id, code, message: code, peakMemoryBytes }),
    confirm: (leaseId, code = 'cancelled') => send({ type: 'lease-failed', leaseId, code, message: code, peakMemoryBytes: 0 }),
    beat(name, { share = 1, load = 0, freeMemoryBytes = 15 * GIB, freeDiskBytes = 100 * GIB, memoryPressure = 0, sequence = 0, paused = false, without = [], memoryBytes = 0 } = {}) {
      const leasesOf = [...node(name).leases.values()].filter((each) => each.state === 'started' && !without.includes(each.job.id));
      return send({
        type: 'node-heartbeat', node: name, sequence, load, freeMemoryBytes, freeDiskBytes, memoryPressure,
        leases: leasesOf.map((each) => {
          const wallSeconds = (now - (each.startedAtMs ?? now)) / 1000;
          return { leaseId: each.id, cpuSeconds: share * wallSeconds, wallSeconds, memoryBytes, paused };
        }),
      });
    },
  };
  return farm;
}

/** Often enough for the history to be sure of it. */
export function teach(state: FarmState, keys: readonly string[], sample: CostSample): void {
  for (let times = 0; times < 3; times += 1) state.history.learn(keys, sample);
}

type Of<T extends FarmEffect['type']> = Extract<FarmEffect, { type: T }>;

export const allOf = <T extends FarmEffect['type']>(effects: readonly FarmEffect[], type: T): Of<T>[] => effects.filter((effect): effect is Of<T> => effect.type === type);

/** The only one of its kind. */
export function oneOf<T extends FarmEffect['type']>(effects: readonly FarmEffect[], type: T): Of<T> {
  const [first, ...others] = allOf(effects, type);
  if (first === undefined || others.length > 0) throw new Error(`${others.length + Number(first !== undefined)} effects ${type} among ${effects.map((effect) => effect.type).join(', ')}`);
  return first;
}

export const decisionsOf = (effects: readonly FarmEffect[]): Decision[] => allOf(effects, 'decision').map((effect) => effect.decision);

/** `job>node` of every assignment, in order. */
export const assignments = (effects: readonly FarmEffect[]): string[] => allOf(effects, 'assign').map(({ jobId, node }) => `${jobId}>${node}`);

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): { below(n: number): number; unit(): number; pick<T>(from: readonly T[]): T; chance(p: number): boolean } {
  let word = seed >>> 0;
  const unit = (): number => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(unit() * n);
  return {
    unit,
    below,
    pick: (from) => {
      const at = below(from.length);
      if (at >= from.length) throw new Error('nothing to pick from');
      return from[at] as (typeof from)[number];
    },
    chance: (p) => unit() < p,
  };
}
