// A farm in virtual time: nodes, network, users and faults around one policy. One seed gives one history, to the last message.
import { limits, unreachable } from '@mosix/core';
import type { FarmEffect, FarmEvent, JobSpec } from '@mosix/core';
import type { Trace } from '../trace.js';
import { createAccounts, type Accounts } from './accounts.js';
import { createSimClient } from './client.js';
import type { SimClient } from './client.js';
import { createVirtualClock } from './clock.js';
import { injectFault } from './faults.js';
import { createEventLog, describeEffect, describeEvent } from './event-log.js';
import type { Policy } from './policy.js';
import { createRandom } from './random.js';
import type { Random } from './random.js';
import type { Scenario } from './scenario.js';
import { createSimWorker } from './worker.js';
import type { SimWorker } from './worker.js';

const RECONNECT_MS = limits.reconnectMsFirst;
const BULK_KEY = 'gcc';
/** After the last build: time for everything to be put away. */
const SETTLE_MS = 20_000;
/** Live migration: dump and restore of some hundred megabytes, as measured with CRIU. */
const DUMP_MS = 430;
const RESTORE_MS = 340;

/** Watches a run: every event before the policy sees it, and its effects. */
export interface Watcher {
  before(event: FarmEvent, now: number): void;
  after(event: FarmEvent, effects: readonly FarmEffect[], now: number): void;
  onBegin(worker: SimWorker): void;
  /** All builds are done and everything had time to be put away. */
  atEnd(now: number): void;
}

export interface FarmOptions {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly traceOf: (scenario: Scenario, user: number) => Trace;
  readonly watcher?: Watcher;
  readonly log?: (line: string) => void;
  /** A run in which nothing ends for so long hangs. */
  readonly stallMs: number;
}

export interface FarmResult {
  readonly hash: string;
  readonly events: number;
  /** From the first start to the end of the last build. */
  readonly makespanMs: number;
  /** By user. */
  readonly builds: readonly { readonly user: string; readonly startMs: number; readonly endMs: number }[];
  readonly ended: boolean;
  readonly fellBack: number;
  readonly accounts: Accounts;
}

/** What faults may touch. */
export interface SimFarm {
  readonly scenario: Scenario;
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly random: Random;
  readonly workers: readonly SimWorker[];
  readonly clients: readonly SimClient[];
  /** An event for the policy, now. */
  feed(event: FarmEvent): void;
  crash(worker: SimWorker, noticed: boolean): void;
  revive(worker: SimWorker): void;
  partition(worker: SimWorker, lengthMs: number): void;
  pauseCoordinator(lengthMs: number): void;
  /** Jobs that are on their way, in the order of submission. */
  readonly openJobs: ReadonlyMap<string, { readonly spec: JobSpec }>;
}

interface Connection {
  /** Messages of an older stream are lost. */
  epoch: number;
  partitioned: boolean;
  closed: boolean;
  held: (() => void)[];
}

export function runFarm(options: FarmOptions): FarmResult {
  const { scenario, policy, watcher } = options;
  const clock = createVirtualClock();
  const random = createRandom(scenario.seed);
  const log = createEventLog(options.log);
  const accounts = createAccounts();
  const connections = new Map<SimWorker, Connection>();
  const byName = new Map<string, SimWorker>();
  const openJobs = new Map<string, { readonly spec: JobSpec; readonly client: number; readonly unit: number }>();
  const stoppedArrivals = new Set<string>();
  let jobs = 0;
  let pausedUntilMs = 0;
  let waiting: FarmEvent[] = [];
  let open = scenario.users.length;
  let lastBuildMs = 0;
  let progressMs = Math.max(0, ...scenario.faults.map((fault) => fault.atMs), ...scenario.users.map((user) => user.startMs));

  const feed = (event: FarmEvent): void => {
    if (clock.now() < pausedUntilMs) {
      if (event.type !== 'tick') waiting.push(event);
      return;
    }
    const now = clock.now();
    watcher?.before(event, now);
    log.write(now, describeEvent, event);
    const effects = policy.step(event, now);
    for (const effect of effects) {
      log.write(now, describeEffect, effect);
      accounts.note(event, effect, now);
    }
    watcher?.after(event, effects, now);
    for (const effect of effects) apply(effect);
  };

  const connectionOf = (worker: SimWorker): Connection => connections.get(worker) as Connection;
  /** Runs after the network's latency; held while partitioned, lost with the stream. */
  const travel = (worker: SimWorker, arrive: () => void): void => {
    const connection = connectionOf(worker);
    const { epoch } = connection;
    const onTime = (): void => {
      if (connection.epoch !== epoch) return;
      if (connection.partitioned) connection.held.push(onTime);
      else arrive();
    };
    clock.after(scenario.latencyMs, onTime);
  };
  const toWorker = (name: string, arrive: (worker: SimWorker) => void): void => {
    const worker = byName.get(name);
    if (worker === undefined) return;
    travel(worker, () => {
      if (worker.alive) arrive(worker);
    });
  };
  const reconnect = (worker: SimWorker): void => {
    const connection = connectionOf(worker);
    connection.epoch += 1;
    connection.closed = false;
    connection.held = [];
    const { epoch } = connection;
    clock.after(RECONNECT_MS, () => {
      if (connection.epoch === epoch && worker.alive) worker.join();
    });
  };

  const apply = (effect: FarmEffect): void => {
    switch (effect.type) {
      case 'assign': {
        const job = openJobs.get(effect.jobId);
        if (job === undefined) return;
        const client = clients[job.client] as SimClient;
        const unit = client.trace.units[job.unit];
        if (unit === undefined) return;
        accounts.assigned(effect.leaseId, effect.jobId, effect.node, unit);
        toWorker(effect.node, (worker) =>
          worker.assign({
            leaseId: effect.leaseId, jobId: effect.jobId, actionKey: job.spec.actionKey, unit, bulkKey: job.spec.bulkKey, bulkBytes: job.spec.bulkBytes, project: client.trace.name,
          }),
        );
        return;
      }
      case 'cancel-lease':
        stoppedArrivals.add(effect.leaseId);
        return toWorker(effect.node, (worker) => worker.cancel(effect.leaseId));
      case 'recall':
        return toWorker(effect.node, (worker) => worker.recall(effect.leaseId));
      case 'welcome':
        return toWorker(effect.node, (worker) => worker.welcomed(effect.unknownLeases));
      case 'close-stream': {
        const worker = byName.get(effect.node);
        if (worker === undefined) return;
        const connection = connectionOf(worker);
        if (connection.partitioned) connection.closed = true;
        else reconnect(worker);
        return;
      }
      case 'done': {
        const job = openJobs.get(effect.jobId);
        if (job === undefined) return;
        openJobs.delete(effect.jobId);
        progressMs = Math.max(progressMs, clock.now());
        const client = clients[job.client] as SimClient;
        if (effect.waiters.includes(`${effect.jobId}.op`)) clock.after(scenario.latencyMs, () => client.answered(effect.jobId, effect.outcome));
        return;
      }
      case 'verify-inputs':
        clock.after(5, () => feed({ type: 'verified', jobId: effect.jobId, complete: true }));
        return;
      case 'migrate-live':
        return moveLive(effect);
      case 'answer':
      case 'stage':
      case 'node-state':
      case 'drain-node':
      case 'blocked':
      case 'decision':
      case 'learned':
        return;
      default:
        return unreachable(effect, 'apply');
    }
  };

  /** The provider of live migration: freeze, carry over, go on there. The old copy ends only when the new one runs. */
  const moveLive = (effect: Extract<FarmEffect, { type: 'migrate-live' }>): void => {
    const { leaseId, newLeaseId } = effect;
    const [from, to] = [byName.get(effect.from), byName.get(effect.to)];
    const failed = (message: string): void => feed({ type: 'live-failed', leaseId, newLeaseId, message });
    clock.after(scenario.latencyMs, () => {
      const lease = from?.alive === true && !connectionOf(from).partitioned ? from.freeze(leaseId) : undefined;
      if (from === undefined || to === undefined || lease === undefined) return failed('not running');
      const transferMs = (lease.unit.memoryBytes / Math.min(from.plan.bytesPerSecond, to.plan.bytesPerSecond)) * 1000;
      clock.after(DUMP_MS + transferMs + RESTORE_MS, () => {
        const present = from.leases.get(leaseId);
        if (!from.alive || present !== lease || lease.phase !== 'running') return failed('the job has ended');
        from.machine.advance(clock.now());
        if (stoppedArrivals.has(newLeaseId) || !to.alive || connectionOf(to).partitioned || !to.adopt({ ...lease, leaseId: newLeaseId }, lease.task)) {
          from.thaw(leaseId);
          return failed('the target cannot take it');
        }
        accounts.assigned(newLeaseId, lease.jobId, effect.to, lease.unit);
        from.discard(leaseId);
        accounts.moved(leaseId, clock.now());
        feed({ type: 'live-moved', leaseId, newLeaseId });
      });
    });
  };

  const workers = scenario.nodes.map((plan) => {
    const worker = createSimWorker(plan, {
      clock,
      pausesForOwner: policy.ownersFirst,
      send: (from, event) => travel(from, () => feed(event)),
      onBegin: (from, lease) => {
        accounts.began(lease.leaseId, clock.now());
        watcher?.onBegin(from);
      },
      onEnd: (_from, lease, how) => accounts.ended(lease.leaseId, how, lease.task.cpuSeconds, clock.now()),
    });
    connections.set(worker, { epoch: 0, partitioned: false, closed: false, held: [] });
    byName.set(plan.name, worker);
    if (scenario.warmNodes) {
      worker.holdBulk(BULK_KEY, undefined);
      for (const [index] of scenario.users.entries()) worker.holdBulk(BULK_KEY, options.traceOf(scenario, index).name);
    }
    return worker;
  });

  const clients: SimClient[] = scenario.users.map((plan, index) => {
    const client: SimClient = createSimClient(plan, options.traceOf(scenario, index), {
      clock,
      nextJobId: () => `j${++jobs}`,
      bulk: { key: BULK_KEY, bytes: scenario.bulkBytes },
      downloadBytesPerSecond: 110e6,
      submit: (spec, waiter) => clock.after(scenario.latencyMs, () => {
        const unit = client.unitOf(spec.id);
        if (unit === undefined) return;
        openJobs.set(spec.id, { spec, client: index, unit });
        feed({ type: 'submit', job: spec, waiter });
      }),
      leave: (jobId, waiter) => clock.after(scenario.latencyMs, () => {
        if (openJobs.has(jobId)) feed({ type: 'leave', jobId, waiter });
      }),
      onHome: () => void (progressMs = Math.max(progressMs, clock.now())),
      onBuilt: () => {
        open -= 1;
        lastBuildMs = clock.now();
      },
    });
    return client;
  });

  const farm: SimFarm = {
    scenario, clock, random, workers, clients, feed, openJobs,
    crash(worker, noticed) {
      if (!worker.alive) return;
      const { instance } = worker;
      worker.die();
      connectionOf(worker).epoch += 1;
      if (noticed) clock.after(scenario.latencyMs, () => feed({ type: 'stream-broken', node: worker.plan.name, instance }));
    },
    revive(worker) {
      if (worker.alive) return;
      connectionOf(worker).epoch += 1;
      worker.start();
    },
    partition(worker, lengthMs) {
      const connection = connectionOf(worker);
      if (connection.partitioned) return;
      connection.partitioned = true;
      clock.after(lengthMs, () => {
        connection.partitioned = false;
        if (connection.closed) return reconnect(worker);
        const { held } = connection;
        connection.held = [];
        for (const arrive of held) arrive();
      });
    },
    pauseCoordinator(lengthMs) {
      pausedUntilMs = clock.now() + lengthMs;
      clock.at(pausedUntilMs, () => {
        if (clock.now() < pausedUntilMs) return;
        const late = waiting;
        waiting = [];
        for (const event of late) feed(event);
      });
    },
  };

  const tick = (): void => {
    feed({ type: 'tick' });
    clock.after(limits.schedulerTickMs, tick);
  };
  for (const worker of workers) clock.at(0, () => worker.start());
  clock.at(1, tick);
  for (const client of clients) clock.at(Math.max(JOINED_MS, client.plan.startMs), () => client.start());
  for (const fault of scenario.faults) clock.at(fault.atMs, () => injectFault(farm, fault));

  while (open > 0 && clock.now() - Math.max(progressMs, pausedUntilMs) < options.stallMs && clock.advance());
  // Others may still wait for what a cancelled build began.
  progressMs = Math.max(progressMs, clock.now());
  while (open === 0 && openJobs.size > 0 && clock.now() - Math.max(progressMs, pausedUntilMs) < options.stallMs && clock.advance());
  const ended = open === 0 && openJobs.size === 0;
  if (ended && watcher !== undefined) {
    const settledAtMs = Math.max(clock.now(), pausedUntilMs) + SETTLE_MS;
    while (clock.now() < settledAtMs && clock.advance());
    watcher.atEnd(clock.now());
  }
  const startMs = Math.min(lastBuildMs, ...clients.map((client) => client.startedAtMs));
  accounts.close(clock.now());
  return {
    hash: log.hash(), events: log.count(), makespanMs: (ended ? lastBuildMs : clock.now()) - startMs, ended, accounts,
    builds: clients.map((client) => ({ user: client.plan.name, startMs: client.startedAtMs, endMs: client.endedAtMs ?? clock.now() })),
    fellBack: clients.reduce((sum, client) => sum + client.fellBack, 0),
  };
}

/** Builds begin when all nodes have joined. */
export const JOINED_MS = 100;
