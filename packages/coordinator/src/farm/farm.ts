// The shell around the scheduler: carries out its effects on streams, store and operations, and tells it the time.
import { createFarmState, limits, step, unreachable, type Command, type CommandAnswer, type Digest, type FarmEffect, type FarmEvent, type FarmState, type History, type JobSpec, type Outcome, type ReannouncedLease, type Result } from '@mosix/core';
import type { ActionCache, DiskStore } from '@mosix/cas';
import type { Logger } from '@mosix/observe';
import { rpcError, rpcErrorToStatus, type farm, type reapi, type RpcError } from '@mosix/protocol';
import { actionOfLease, newLeaseId } from '../execution/lease-id.js';
import type { Operation, Operations } from '../execution/operations.js';
import type { Prepare, Prepared } from '../execution/prepare.js';
import type { HistoryStore } from '../history/history-store.js';
import type { ActionResults } from '../store/action-results.js';
import type { InputRoots } from '../store/input-root.js';
import type { Counters } from './counters.js';
import { createLeaseReports } from './lease-reports.js';
import type { LiveMigration, LiveMove } from './live-migration.js';
import { createMembership, type Membership, type Session } from './membership.js';
import type { NodeSettings } from './node-settings.js';
import { isGivenBack, responseOf } from './responses.js';

export interface FarmPorts {
  readonly store: DiskStore;
  readonly actionCache: ActionCache;
  readonly results: ActionResults;
  readonly inputRoots: InputRoots;
  readonly operations: Operations;
  readonly prepare: Prepare;
  /** The action cache has a complete result. */
  readonly isCached: (actionHash: string) => Promise<boolean>;
  readonly counters: Counters;
  readonly logger: Logger;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** This data directory had workers before. */
  readonly workersExpected: boolean;
  readonly history: History;
  readonly historyStore: HistoryStore;
  readonly settings: NodeSettings;
  readonly live: LiveMigration;
}

/** Who asks, and how urgent it is. */
export interface Asker {
  readonly user: string;
  readonly priority: number;
}

export interface Farm {
  readonly state: FarmState;
  readonly members: Membership;
  /** Joins an identical action in flight. False: there is none. */
  join(operation: Operation): boolean;
  /** Takes over `prepared`. Undefined: queued. Code of the error: `resource-exhausted`. */
  submit(operation: Operation, prepared: Prepared, asker: Asker): RpcError | undefined;
  /** The client does not want it any more. */
  leave(operation: Operation): void;
  /** A worker said hello on a new stream; an older stream of the same name is closed. Sends the welcome. */
  attach(session: Session, runningLeases: readonly string[]): Promise<void>;
  /** The stream ended. */
  detach(session: Session): void;
  update(node: string, update: farm.LeaseUpdate): Promise<void>;
  send(event: FarmEvent): void;
  /** What a person asks for. */
  command(command: Command): Result<CommandAnswer>;
  /** Once every `limits.schedulerTickMs`. */
  tick(): void;
}

export function createFarm(ports: FarmPorts): Farm {
  const { store, actionCache, results, inputRoots, operations, prepare, isCached, counters, logger, now, settings, history, historyStore, live } = ports;
  const state = createFarmState({ newLeaseId, history, blocked: settings.blocked, ...(ports.workersExpected ? { workersExpectedSinceMs: now() } : {}) });
  const prepared = new Map<string, Prepared>();
  /** What workers said was missing, then what the store really lacks; by job. */
  const missing = new Map<string, readonly Digest[]>();
  let lastJob = 0;
  /** The result that is being reported in this turn. */
  let reported: reapi.ActionResult | undefined;

  const send = (event: FarmEvent): void => {
    for (const effect of step(state, event, now())) carryOut(effect);
  };
  const members = createMembership({ state, settings, logger, send });
  const { sessions } = members;

  const carryOut = (effect: FarmEffect): void => {
    switch (effect.type) {
      case 'answer':
        return; // `command` gave it to the person
      case 'welcome':
        return members.welcome(effect.node, effect.unknownLeases);
      case 'assign':
        return assign(effect.node, effect.leaseId, effect.jobId);
      case 'cancel-lease':
        return void sessions.get(effect.node)?.send({ cancel: { leaseId: effect.leaseId, reason: effect.reason } });
      case 'recall':
        return void sessions.get(effect.node)?.send({ recall: { leaseId: effect.leaseId } });
      case 'migrate-live':
        return void moveLive(effect);
      case 'stage':
        for (const waiter of state.jobs.get(effect.jobId)?.waiters ?? []) {
          const operation = operations.get(waiter);
          if (operation !== undefined) operations.setStage(operation, effect.stage === 'executing' ? 'EXECUTING' : 'QUEUED');
        }
        return;
      case 'verify-inputs':
        return void verifyInputs(effect.jobId);
      case 'done':
        return done(effect.jobId, effect.waiters, effect.outcome, effect.story);
      case 'close-stream':
        return sessions.get(effect.node)?.close();
      case 'node-state':
        return logger.info({ node: effect.node, state: effect.state, reason: effect.reason }, 'node');
      case 'drain-node':
        return void sessions.get(effect.node)?.send({ drain: { enabled: effect.enabled } });
      case 'blocked':
        return settings.setBlocked(effect.node, effect.enabled);
      case 'decision': {
        const { jobId, label, method, cause, from, to, text } = effect.decision;
        counters.moves++;
        return logger.info({ job: jobId, label, method, cause, from, to }, text);
      }
      case 'learned':
        return historyStore.put(effect.key, effect.record);
      default:
        unreachable(effect, 'carryOut');
    }
  };

  const assign = (node: string, leaseId: string, jobId: string): void => {
    const job = prepared.get(jobId);
    if (job === undefined) throw new Error(`job ${jobId} was assigned and never prepared`);
    const { actionDigest, action, command, directories, timeoutMs, label } = job;
    sessions.get(node)?.send({ assign: { leaseId, actionDigest, action, command, directories, timeoutMs, label } });
  };

  const moveLive = async ({ jobId, from, to, leaseId, newLeaseId: next }: LiveMove): Promise<void> => {
    let problem: string | undefined;
    try {
      const moved = await live.move({ jobId, from, to, leaseId, newLeaseId: next });
      if (!moved.ok) problem = moved.error.message;
    } catch (bug) {
      logger.error({ err: bug }, 'bug in the provider of live migration');
      problem = 'the provider of live migration failed';
    }
    send(problem === undefined ? { type: 'live-moved', leaseId, newLeaseId: next } : { type: 'live-failed', leaseId, newLeaseId: next, message: problem });
  };

  const done = (jobId: string, waiters: readonly string[], outcome: Outcome, story: readonly string[]): void => {
    const response = responseOf(outcome, reported, missing.get(jobId) ?? [], story);
    if (outcome.kind === 'finished') {
      if (reported?.exitCode === 0) counters.succeeded++;
      else counters.failedCompiles++;
    } else if (outcome.kind === 'gave-up' && isGivenBack(outcome.code)) {
      logger.info({ job: prepared.get(jobId)?.label, code: outcome.code, reason: outcome.message }, 'gave a job back');
    } else if (outcome.kind !== 'cancelled') counters.farmFailures++;
    if (outcome.kind === 'gave-up' && !isGivenBack(outcome.code)) {
      logger.warn({ job: prepared.get(jobId)?.label, code: outcome.code, reason: outcome.message }, 'gave up a job');
    }
    for (const waiter of waiters) {
      const operation = operations.get(waiter);
      if (operation !== undefined) operations.finish(operation, response);
    }
    missing.delete(jobId);
    prepared.get(jobId)?.release();
    prepared.delete(jobId);
  };

  /** A worker could not get inputs that were there: damaged or deleted files of the store show now. */
  const verifyInputs = async (jobId: string): Promise<void> => {
    const named = missing.get(jobId) ?? [];
    try {
      const inputs = (await prepared.get(jobId)?.inputs()) ?? [];
      const ofThisJob = new Set(inputs.map((digest) => digest.hash));
      const doubtful = named.filter((digest) => ofThisJob.has(digest.hash));
      for (const digest of doubtful.length > 0 ? doubtful : inputs) await store.verify(digest);
      missing.set(jobId, await store.findMissing(inputs));
    } catch (problem) {
      logger.error({ err: problem }, 'cannot look at the store');
      missing.set(jobId, named);
    }
    inputRoots.suspect();
    const lost = missing.get(jobId) ?? [];
    if (lost.length > 0) logger.warn({ blobs: lost.length, first: lost[0]?.hash }, 'input blobs were damaged or deleted in the store');
    if (!state.jobs.has(jobId)) missing.delete(jobId);
    send({ type: 'verified', jobId, complete: lost.length === 0 });
  };

  const specOf = (id: string, job: Prepared, { user, priority }: Asker): JobSpec => ({
    id, actionKey: `${job.actionDigest.hash}/${job.actionDigest.sizeBytes}`, joinable: !job.action.doNotCache, user, priority,
    requirements: job.requirements, timeoutMs: job.timeoutMs, label: job.label, costKeys: job.costKeys, sourceBytes: job.sourceBytes,
    bulkKey: job.bulkKey, bulkBytes: job.bulkBytes, movable: job.movable,
  });

  const join = (operation: Operation): boolean => {
    const job = state.inFlight.get(`${operation.actionDigest.hash}/${operation.actionDigest.sizeBytes}`);
    if (job === undefined) return false;
    operation.jobId = job.id;
    if (job.leases.some((lease) => lease.state === 'started')) operations.setStage(operation, 'EXECUTING');
    counters.joined++;
    send({ type: 'join', jobId: job.id, waiter: operation.name });
    return true;
  };

  /** What a lease from before a restart of this process can become. Who asked for it is not known any more. */
  const adoptable = async (leaseId: string): Promise<ReannouncedLease> => {
    const digest = state.leases.has(leaseId) ? undefined : actionOfLease(leaseId);
    if (digest === undefined || (await isCached(digest.hash))) return { leaseId, adopt: undefined };
    const preparation = await prepare(digest);
    if (preparation.kind !== 'ready') return { leaseId, adopt: undefined };
    const id = `${++lastJob}`;
    prepared.set(id, preparation.job);
    return { leaseId, adopt: specOf(id, preparation.job, { user: '', priority: 0 }) };
  };

  const update = createLeaseReports({
    state, store, actionCache, results, logger, send, preparedOf: (jobId) => prepared.get(jobId), noteMissing: (jobId, digests) => void missing.set(jobId, digests),
    withResult(result, report) {
      reported = result;
      try {
        report();
      } finally {
        reported = undefined;
      }
    },
  });

  return {
    state,
    members,
    join,
    submit(operation, job, asker) {
      // Another client may have asked for the same while this one was being prepared.
      if (!job.action.doNotCache && join(operation)) {
        job.release();
        return undefined;
      }
      if (state.index.queued >= limits.queuedJobsMax) {
        job.release();
        return rpcError('resource-exhausted', `${limits.queuedJobsMax} jobs are waiting already`);
      }
      const id = `${++lastJob}`;
      operation.jobId = id;
      prepared.set(id, job);
      send({ type: 'submit', job: specOf(id, job, asker), waiter: operation.name });
      return undefined;
    },
    leave(operation) {
      operations.finish(operation, { result: {}, status: rpcErrorToStatus(rpcError('cancelled', 'cancelled by the client')) });
      if (operation.jobId !== undefined) send({ type: 'leave', jobId: operation.jobId, waiter: operation.name });
    },
    async attach(session, runningLeases) {
      members.open(session);
      const reannounced = await Promise.all(runningLeases.map(adoptable));
      if (sessions.get(session.name) === session) members.admit(session, reannounced);
      for (const { adopt } of reannounced) {
        if (adopt === undefined || state.jobs.has(adopt.id)) continue;
        prepared.get(adopt.id)?.release();
        prepared.delete(adopt.id);
      }
    },
    detach(session) {
      if (members.end(session)) send({ type: 'stream-broken', node: session.name, instance: session.instance });
    },
    update,
    send,
    command(command) {
      const [first, ...effects] = step(state, { type: 'command', command }, now());
      for (const effect of effects) carryOut(effect);
      if (first?.type !== 'answer') throw new Error(`${command.kind} was not answered`);
      return first.answer;
    },
    tick() {
      for (const operation of operations.sweep()) this.leave(operation);
      inputRoots.sweep();
      send({ type: 'tick' });
    },
  };
}
