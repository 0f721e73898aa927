// The words of the scheduler: what it is told (events) and what it wants done (effects).
//
// `step(state, event, now)` takes one event and gives effects. The coordinator is one shell around it, the simulator another.
import type { Result } from '../result.js';
import type { CostRecord } from './history.js';
import type { JobSpec, NodeSpec, NodeState, SpeedSource } from './state.js';

/** A lease that a worker still runs, and the job it can become when this coordinator does not know it. */
export interface ReannouncedLease {
  readonly leaseId: string;
  readonly adopt: JobSpec | undefined;
}

/** What a node says of one running lease. */
export interface LeaseProgress {
  readonly leaseId: string;
  /** User and system time of the job's processes so far. */
  readonly cpuSeconds: number;
  /** Since the program began, pauses not counted. */
  readonly wallSeconds: number;
  readonly memoryBytes: number;
  readonly paused: boolean;
}

export type FarmEvent =
  | { readonly type: 'submit'; readonly job: JobSpec; readonly waiter: string }
  | { readonly type: 'join'; readonly jobId: string; readonly waiter: string }
  | { readonly type: 'leave'; readonly jobId: string; readonly waiter: string }
  | { readonly type: 'node-joined'; readonly node: NodeSpec; readonly runningLeases: readonly ReannouncedLease[] }
  | {
      readonly type: 'node-heartbeat';
      readonly node: string;
      /** Grows with each heartbeat of one stream; an older one is dropped. 0: the worker does not count. */
      readonly sequence: number;
      /** Runnable tasks of other people on the machine. */
      readonly load: number;
      readonly freeMemoryBytes: number;
      readonly freeDiskBytes: number;
      /** 0 to 1. */
      readonly memoryPressure: number;
      readonly leases: readonly LeaseProgress[];
    }
  /** `speed` undefined: back to the benchmark's. */
  | { readonly type: 'node-speed'; readonly node: string; readonly speed: number | undefined; readonly source: SpeedSource }
  | { readonly type: 'node-labels'; readonly node: string; readonly labels: ReadonlyMap<string, string> }
  /** The worker itself takes no more work. */
  | { readonly type: 'node-draining'; readonly node: string }
  | { readonly type: 'owner'; readonly node: string; readonly active: boolean; readonly reason: string }
  | { readonly type: 'stream-broken'; readonly node: string; readonly instance: string }
  | { readonly type: 'lease-started'; readonly leaseId: string }
  | {
      readonly type: 'lease-finished';
      readonly leaseId: string;
      readonly actionKey: string | undefined;
      readonly node: string;
      readonly exitStatus: number;
      /** The compiler died, which may be the node's fault. */
      readonly crashed?: boolean;
      readonly cpuSeconds: number;
      readonly wallSeconds: number;
      readonly peakMemoryBytes: number;
      readonly outputBytes: number;
    }
  /** `peakMemoryBytes`: as far as the node saw it, 0 when it did not. */
  | { readonly type: 'lease-failed'; readonly leaseId: string; readonly code: string; readonly message: string; readonly peakMemoryBytes: number }
  | { readonly type: 'verified'; readonly jobId: string; readonly complete: boolean }
  /** The provider of live migration says how a `migrate-live` went. */
  | { readonly type: 'live-moved'; readonly leaseId: string; readonly newLeaseId: string }
  | { readonly type: 'live-failed'; readonly leaseId: string; readonly newLeaseId: string; readonly message: string }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'tick' };

/** What a person asks for. The first effect is `answer`. */
export type Command =
  /** Running jobs end, new ones go elsewhere; `block` is a `drain` that survives restarts. */
  | { readonly kind: 'drain' | 'block'; readonly node: string; readonly enabled: boolean }
  /** Block, and move running jobs away. */
  | { readonly kind: 'expel'; readonly node: string }
  /** Jobs go back to those who asked for them. `''`: all nodes, all users. */
  | { readonly kind: 'bring'; readonly node: string; readonly user: string }
  /** `target`: a node, `best` or `home`. */
  | { readonly kind: 'migrate'; readonly jobId: string; readonly target: string }
  /** For `holdMs` the node takes only jobs that name it. 0: no longer. */
  | { readonly kind: 'hold'; readonly node: string; readonly holdMs: number };

export type CommandAnswer =
  | { readonly kind: 'drain' | 'block' | 'hold'; readonly running: number }
  | { readonly kind: 'expel'; readonly moved: number; readonly queued: number; readonly stays: number }
  | { readonly kind: 'bring'; readonly jobs: number }
  | { readonly kind: 'migrate'; readonly from: string; readonly to: string; readonly method: MoveMethod; readonly text: string };

/** `race`: a copy, the first result wins. `restart`: killed there, begun anew here. `live`: checkpoint and restore. `home`: given back. */
export type MoveMethod = 'race' | 'restart' | 'live' | 'home';

/**
 * `starved`: the node gives it too little processor time. `slow`: another node would be done much sooner. `sick`: no progress at all.
 * `silent`: no word from the node. `critical`: all else will be done before it. The rest: the owner came back, memory ran short, the node is emptied, or a person asked.
 */
export type MoveCause = 'starved' | 'slow' | 'sick' | 'silent' | 'critical' | 'owner' | 'memory' | 'expel' | 'asked';

/** One move of a running job, as `mosix why` tells it. */
export interface Decision {
  readonly atMs: number;
  readonly jobId: string;
  readonly label: string;
  readonly method: MoveMethod;
  readonly cause: MoveCause;
  readonly from: string;
  /** `''`: no node; it waits in the queue or goes home. */
  readonly to: string;
  /** How long it had run. */
  readonly afterMs: number;
  /** Processor time a second of wall time, of late. */
  readonly share: number;
  /** Expected time to the end: where it was, and where it goes. */
  readonly stayMs: number;
  readonly moveMs: number;
  /** The whole in one sentence. */
  readonly text: string;
}

export type Outcome =
  /** The compiler ran to its end; the shell holds the result. */
  | { readonly kind: 'finished'; readonly node: string; readonly leaseId: string }
  /** Inputs are not in the store: the client has to upload again. */
  | { readonly kind: 'missing' }
  /** The farm failed, or gave the job back; `code` is that of the last failure, or `brought-home`. */
  | { readonly kind: 'gave-up'; readonly code: string; readonly message: string }
  | { readonly kind: 'no-worker' }
  | { readonly kind: 'cancelled' };

export type FarmEffect =
  /** First of all effects of `command`. */
  | { readonly type: 'answer'; readonly answer: Result<CommandAnswer> }
  /** First of all effects of `node-joined`. */
  | { readonly type: 'welcome'; readonly node: string; readonly unknownLeases: readonly string[] }
  | { readonly type: 'assign'; readonly node: string; readonly leaseId: string; readonly jobId: string }
  | { readonly type: 'cancel-lease'; readonly node: string; readonly leaseId: string; readonly reason: string }
  /** Give it back if it has not begun: `lease-failed` with code `recalled`. */
  | { readonly type: 'recall'; readonly node: string; readonly leaseId: string }
  /** Port of live migration: answer with `live-moved` or `live-failed`. Only between nodes that said they can. */
  | { readonly type: 'migrate-live'; readonly jobId: string; readonly from: string; readonly to: string; readonly leaseId: string; readonly newLeaseId: string }
  /** The stage of a job changed; for the clients that watch. */
  | { readonly type: 'stage'; readonly jobId: string; readonly stage: 'queued' | 'executing' }
  /** A worker missed inputs that the store should have: look, then send `verified`. */
  | { readonly type: 'verify-inputs'; readonly jobId: string; readonly leaseId: string }
  /** `story`: sentences on where it ran and why. */
  | { readonly type: 'done'; readonly jobId: string; readonly waiters: readonly string[]; readonly outcome: Outcome; readonly story: readonly string[] }
  /** The node was silent for too long; its stream is of no use any more. */
  | { readonly type: 'close-stream'; readonly node: string }
  | { readonly type: 'node-state'; readonly node: string; readonly state: NodeState; readonly reason: string }
  /** The worker shall know that it takes no more, or takes work again. */
  | { readonly type: 'drain-node'; readonly node: string; readonly enabled: boolean }
  /** To be remembered over restarts. */
  | { readonly type: 'blocked'; readonly node: string; readonly enabled: boolean }
  | { readonly type: 'decision'; readonly decision: Decision }
  /** To be kept on disk. */
  | { readonly type: 'learned'; readonly key: string; readonly record: CostRecord };
