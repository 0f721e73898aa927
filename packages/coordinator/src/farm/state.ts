// What the coordinator knows of its farm: jobs, leases, nodes, and the words (events in, effects out) of the step function.
//
// Pure data: no clock, no sockets, no randomness. Times are milliseconds of any clock that never goes back.
import type { NodeState, PlaceJob, PlacementNode, Requirements } from '@mosix/core';
import type { ReadyQueue } from './ready-queue.js';

/** One action to run. Identical actions of several clients are one job with several waiters. */
export interface JobSpec {
  readonly id: string;
  /** `hash/size` of the action. */
  readonly actionKey: string;
  /** False for `do_not_cache`: nobody else may share the run or its result. */
  readonly joinable: boolean;
  readonly requirements: Requirements;
  readonly timeoutMs: number;
  readonly label: string;
}

/** `verifying`: a node missed inputs and the store is being looked at. */
export type JobState = 'queued' | 'running' | 'verifying' | 'done';

export interface Job extends JobSpec {
  state: JobState;
  /** Place in the queue; kept over retries, so that a retried job is not put behind the others. */
  sequence: number;
  attempts: number;
  readonly failedOn: Set<string>;
  /** Operations that want the result. */
  readonly waiters: Set<string>;
  lease: Lease | undefined;
  submittedAtMs: number;
}

/** `cancelling`: the slot is taken until the node confirms. */
export type LeaseState = 'assigned' | 'started' | 'cancelling';

export interface Lease {
  readonly id: string;
  readonly job: Job;
  readonly node: Node;
  state: LeaseState;
  /** Start of the present state. */
  sinceMs: number;
  /** The node came back without naming this lease: lost at this time unless its result arrives. */
  reattachByMs: number | undefined;
}

/** What a worker says of itself when it joins. */
export interface NodeSpec {
  readonly name: string;
  readonly instance: string;
  readonly slots: number;
  readonly speed: number;
  readonly instructionSets: ReadonlySet<string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly memoryBytes: number;
  readonly version: string;
}

export interface Node extends PlacementNode {
  name: string;
  instance: string;
  slots: number;
  running: number;
  speed: number;
  load: number;
  state: NodeState;
  instructionSets: ReadonlySet<string>;
  labels: ReadonlyMap<string, string>;
  memoryBytes: number;
  version: string;
  freeMemoryBytes: number;
  freeDiskBytes: number;
  readonly leases: Map<string, Lease>;
  connected: boolean;
  /** The worker asked for no more work, or a person did. */
  drainingItself: boolean;
  drainAsked: boolean;
  lastHeardMs: number;
  /** Since when the node takes no jobs (lost or draining); undefined while it does. */
  unavailableSinceMs: number | undefined;
  /** After the stream broke: leases are lost at this time. */
  leasesLostAtMs: number | undefined;
  /** Grows by one with each failure of the farm's kind, halves with each job that ran to its end. */
  trouble: number;
  quarantines: number;
  quarantinedUntilMs: number | undefined;
  jobs: number;
  cpuSeconds: number;
}

export interface FarmState {
  readonly nodes: Map<string, Node>;
  readonly jobs: Map<string, Job>;
  readonly leases: Map<string, Lease>;
  /** Joinable jobs that are not done, by action key. */
  readonly inFlight: Map<string, Job>;
  readonly queue: ReadyQueue;
  readonly place: PlaceJob;
  /** Names of new leases; the shell gives them, since they must not be guessable nor repeat. */
  readonly newLeaseId: (actionKey: string) => string;
  nextSequence: number;
  lastTickMs: number | undefined;
  /** A farm that had workers before this process started gives them time to come back. */
  workersExpectedSinceMs: number | undefined;
  retries: number;
}

export type Outcome =
  /** The compiler ran to its end; the shell holds the result. */
  | { readonly kind: 'finished'; readonly node: string; readonly leaseId: string }
  /** Inputs are not in the store: the client has to upload again. */
  | { readonly kind: 'missing' }
  /** The farm failed; `code` is that of the last failure. */
  | { readonly kind: 'gave-up'; readonly code: string; readonly message: string }
  | { readonly kind: 'no-worker' }
  | { readonly kind: 'cancelled' };

export type FarmEvent =
  | { readonly type: 'submit'; readonly job: JobSpec; readonly waiter: string }
  | { readonly type: 'join'; readonly jobId: string; readonly waiter: string }
  | { readonly type: 'leave'; readonly jobId: string; readonly waiter: string }
  | { readonly type: 'node-joined'; readonly node: NodeSpec; readonly runningLeases: readonly ReannouncedLease[] }
  | { readonly type: 'node-heartbeat'; readonly node: string; readonly load: number; readonly freeMemoryBytes: number; readonly freeDiskBytes: number }
  | { readonly type: 'node-speed'; readonly node: string; readonly speed: number }
  | { readonly type: 'node-draining'; readonly node: string }
  | { readonly type: 'drain'; readonly node: string; readonly enabled: boolean }
  | { readonly type: 'stream-broken'; readonly node: string; readonly instance: string }
  | { readonly type: 'lease-started'; readonly leaseId: string }
  | { readonly type: 'lease-finished'; readonly leaseId: string; readonly actionKey: string | undefined; readonly node: string; readonly cpuSeconds: number }
  | { readonly type: 'lease-failed'; readonly leaseId: string; readonly code: string; readonly message: string }
  | { readonly type: 'verified'; readonly jobId: string; readonly complete: boolean }
  | { readonly type: 'tick' };

/** A lease that a worker still runs, and the job it can become when this coordinator does not know it. */
export interface ReannouncedLease {
  readonly leaseId: string;
  readonly adopt: JobSpec | undefined;
}

export type FarmEffect =
  /** First of all effects of `node-joined`. */
  | { readonly type: 'welcome'; readonly node: string; readonly unknownLeases: readonly string[] }
  | { readonly type: 'assign'; readonly node: string; readonly leaseId: string; readonly jobId: string }
  | { readonly type: 'cancel-lease'; readonly node: string; readonly leaseId: string; readonly reason: string }
  /** The stage of a job changed; for the clients that watch. */
  | { readonly type: 'stage'; readonly jobId: string; readonly stage: 'queued' | 'executing' }
  /** A worker missed inputs that the store should have: look, then send `verified`. */
  | { readonly type: 'verify-inputs'; readonly jobId: string; readonly leaseId: string }
  | { readonly type: 'done'; readonly jobId: string; readonly waiters: readonly string[]; readonly outcome: Outcome }
  /** The node was silent for too long; its stream is of no use any more. */
  | { readonly type: 'close-stream'; readonly node: string }
  | { readonly type: 'node-state'; readonly node: string; readonly state: NodeState; readonly reason: string };
