// The shell around the farm's state machine: carries out its effects on streams, store and operations, and tells it the time.
import { limits, unreachable, type Digest } from '@mosix/core';
import type { ActionCache, DiskStore } from '@mosix/cas';
import type { Logger } from '@mosix/observe';
import { decode, encode, rpcError, rpcErrorToStatus, type farm, type reapi, type RpcError } from '@mosix/protocol';
import { actionOfLease, newLeaseId } from '../execution/lease-id.js';
import type { Operation, Operations } from '../execution/operations.js';
import type { Prepare, Prepared } from '../execution/prepare.js';
import type { ActionResults } from '../store/action-results.js';
import type { InputRoots } from '../store/input-root.js';
import { responseOf, stamp } from './responses.js';
import type { FarmEffect, FarmEvent, FarmState, JobSpec, NodeSpec, Outcome, ReannouncedLease } from './state.js';
import { createFarmState, step } from './step.js';

/** The live stream of one worker. */
export interface Session {
  readonly name: string;
  readonly instance: string;
  /** False when the worker is gone. */
  send(message: farm.CoordinatorMessageInput): boolean;
  close(): void;
}

export interface Counters {
  executions: number;
  cacheHits: number;
  joined: number;
  succeeded: number;
  failedCompiles: number;
  farmFailures: number;
}

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
}

export interface Farm {
  readonly state: FarmState;
  readonly sessions: ReadonlyMap<string, Session>;
  /** Joins an identical action in flight. False: there is none. */
  join(operation: Operation): boolean;
  /** Takes over `prepared`. Undefined: queued. Code of the error: `resource-exhausted`. */
  submit(operation: Operation, prepared: Prepared): RpcError | undefined;
  /** The client does not want it any more. */
  leave(operation: Operation): void;
  /** A worker said hello on a new stream; an older stream of the same name is closed. Sends the welcome. */
  attach(session: Session, node: NodeSpec, runningLeases: readonly string[]): Promise<void>;
  /** The stream ended. */
  detach(session: Session): void;
  update(session: Session, update: farm.LeaseUpdate): Promise<void>;
  send(event: FarmEvent): void;
  /** Once every `limits.schedulerTickMs`. */
  tick(): void;
}

export function createFarm(ports: FarmPorts): Farm {
  const { store, actionCache, results, inputRoots, operations, prepare, isCached, counters, logger, now } = ports;
  const state = createFarmState({ newLeaseId, ...(ports.workersExpected ? { workersExpectedSinceMs: now() } : {}) });
  const sessions = new Map<string, Session>();
  const prepared = new Map<string, Prepared>();
  /** What workers said was missing, then what the store really lacks; by job. */
  const missing = new Map<string, readonly Digest[]>();
  let lastJob = 0;
  /** The result that is being reported in this turn. */
  let reported: reapi.ActionResult | undefined;

  const send = (event: FarmEvent): void => {
    for (const effect of step(state, event, now())) carryOut(effect);
  };

  const carryOut = (effect: FarmEffect): void => {
    switch (effect.type) {
      case 'welcome':
        sessions.get(effect.node)?.send({
          welcome: { nodeId: effect.node, heartbeatIntervalMs: limits.heartbeatIntervalMs, unknownLeases: effect.unknownLeases },
        });
        return;
      case 'assign':
        assign(effect.node, effect.leaseId, effect.jobId);
        return;
      case 'cancel-lease':
        sessions.get(effect.node)?.send({ cancel: { leaseId: effect.leaseId, reason: effect.reason } });
        return;
      case 'stage':
        for (const waiter of state.jobs.get(effect.jobId)?.waiters ?? []) {
          const operation = operations.get(waiter);
          if (operation !== undefined) operations.setStage(operation, effect.stage === 'executing' ? 'EXECUTING' : 'QUEUED');
        }
        return;
      case 'verify-inputs':
        void verifyInputs(effect.jobId);
        return;
      case 'done':
        done(effect.jobId, effect.waiters, effect.outcome);
        return;
      case 'close-stream':
        sessions.get(effect.node)?.close();
        return;
      case 'node-state':
        logger.info({ node: effect.node, state: effect.state, reason: effect.reason }, 'node');
        return;
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

  const done = (jobId: string, waiters: readonly string[], outcome: Outcome): void => {
    const response = responseOf(outcome, reported, missing.get(jobId) ?? []);
    if (outcome.kind === 'finished') {
      if (reported?.exitCode === 0) counters.succeeded++;
      else counters.failedCompiles++;
    } else if (outcome.kind !== 'cancelled') counters.farmFailures++;
    if (outcome.kind === 'gave-up') logger.warn({ job: prepared.get(jobId)?.label, code: outcome.code, reason: outcome.message }, 'gave up a job');
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

  const specOf = (id: string, job: Prepared): JobSpec => ({
    id, actionKey: `${job.actionDigest.hash}/${job.actionDigest.sizeBytes}`, joinable: !job.action.doNotCache,
    requirements: job.requirements, timeoutMs: job.timeoutMs, label: job.label,
  });

  const join = (operation: Operation): boolean => {
    const job = state.inFlight.get(`${operation.actionDigest.hash}/${operation.actionDigest.sizeBytes}`);
    if (job === undefined) return false;
    operation.jobId = job.id;
    if (job.state === 'running' && job.lease?.state === 'started') operations.setStage(operation, 'EXECUTING');
    counters.joined++;
    send({ type: 'join', jobId: job.id, waiter: operation.name });
    return true;
  };

  /** What a lease from before a restart of this process can become. */
  const adoptable = async (leaseId: string): Promise<ReannouncedLease> => {
    const digest = state.leases.has(leaseId) ? undefined : actionOfLease(leaseId);
    const preparation = digest === undefined || (await isCached(digest.hash)) ? undefined : await prepare(digest);
    if (preparation?.kind !== 'ready') return { leaseId, adopt: undefined };
    const id = `${++lastJob}`;
    prepared.set(id, preparation.job);
    return { leaseId, adopt: specOf(id, preparation.job) };
  };

  /** Output bytes that came inside the report go to the store, if they are not there yet; the result then holds digests alone. */
  const storeContents = async (result: reapi.ActionResult): Promise<reapi.ActionResult> => {
    if (result.outputFiles.every((file) => file.contents.length === 0)) return result;
    const outputFiles = await Promise.all(result.outputFiles.map(async (file) => {
      if (file.contents.length > 0 && file.digest !== null && !store.has(file.digest)) await store.write(file.digest, file.contents);
      return { ...file, contents: NOTHING };
    }));
    return { ...result, outputFiles };
  };

  const finished = async (session: Session, leaseId: string, { result: sent, usage }: farm.Finished): Promise<void> => {
    const failed = (code: string, message: string): void => send({ type: 'lease-failed', leaseId, code, message });
    const digest = actionOfLease(leaseId);
    if (sent === null || digest === undefined) return failed('bad-result', 'the worker sent no result');
    const result = await storeContents(sent);
    if (!(await results.complete(result))) return failed('missing-output', 'outputs are not in the store');
    const queuedAtMs = prepared.get(state.leases.get(leaseId)?.job.id ?? '')?.queuedAtMs;
    const stamped = stamp(result, usage, session.name, queuedAtMs);
    if (result.exitCode === 0 && !(await mustNotCache(leaseId, digest))) {
      const put = await actionCache.put(digest.hash, encode('ActionResult', stamped));
      if (!put.ok) logger.warn({ code: put.error.code, reason: put.error.message }, 'cannot write the action cache');
    }
    reported = stamped;
    try {
      const cpuSeconds = ((usage?.userUs ?? 0) + (usage?.systemUs ?? 0)) / 1e6;
      send({ type: 'lease-finished', leaseId, actionKey: `${digest.hash}/${digest.sizeBytes}`, node: session.name, cpuSeconds });
    } finally {
      reported = undefined;
    }
  };

  const mustNotCache = async (leaseId: string, digest: Digest): Promise<boolean> => {
    const known = prepared.get(state.leases.get(leaseId)?.job.id ?? '');
    if (known !== undefined) return known.action.doNotCache;
    const bytes = await store.read(digest);
    const action = bytes === undefined ? undefined : decode('Action', bytes);
    return action?.ok !== true || action.value.doNotCache;
  };

  return {
    state,
    sessions,
    join,
    submit(operation, job) {
      // Another client may have asked for the same while this one was being prepared.
      if (!job.action.doNotCache && join(operation)) {
        job.release();
        return undefined;
      }
      if (state.queue.size() >= limits.queuedJobsMax) {
        job.release();
        return rpcError('resource-exhausted', `${limits.queuedJobsMax} jobs are waiting already`);
      }
      const id = `${++lastJob}`;
      operation.jobId = id;
      prepared.set(id, job);
      send({ type: 'submit', job: specOf(id, job), waiter: operation.name });
      return undefined;
    },
    leave(operation) {
      operations.finish(operation, { result: {}, status: rpcErrorToStatus(rpcError('cancelled', 'cancelled by the client')) });
      if (operation.jobId !== undefined) send({ type: 'leave', jobId: operation.jobId, waiter: operation.name });
    },
    async attach(session, node, runningLeases) {
      sessions.get(session.name)?.close();
      sessions.set(session.name, session);
      const reannounced = await Promise.all(runningLeases.map(adoptable));
      if (sessions.get(session.name) !== session) return;
      send({ type: 'node-joined', node, runningLeases: reannounced });
      for (const { adopt } of reannounced) {
        if (adopt === undefined || state.jobs.has(adopt.id)) continue;
        prepared.get(adopt.id)?.release();
        prepared.delete(adopt.id);
      }
      if (state.nodes.get(session.name)?.drainAsked === true) session.send({ drain: { enabled: true } });
    },
    detach(session) {
      if (sessions.get(session.name) !== session) return;
      sessions.delete(session.name);
      send({ type: 'stream-broken', node: session.name, instance: session.instance });
    },
    async update(session, update) {
      switch (update.state) {
        case 'started':
          return send({ type: 'lease-started', leaseId: update.leaseId });
        case 'finished':
          return finished(session, update.leaseId, update.finished);
        case 'failed': {
          const job = state.leases.get(update.leaseId)?.job;
          if (job !== undefined) missing.set(job.id, update.failed.missing);
          return send({ type: 'lease-failed', leaseId: update.leaseId, code: update.failed.code, message: update.failed.message });
        }
        case undefined:
          return;
        default:
          return unreachable(update, 'update');
      }
    },
    send,
    tick() {
      for (const operation of operations.sweep()) this.leave(operation);
      inputRoots.sweep();
      send({ type: 'tick' });
    },
  };
}

const NOTHING = Buffer.alloc(0);
