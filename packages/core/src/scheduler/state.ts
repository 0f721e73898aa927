// What the scheduler knows of its farm: jobs, leases, nodes.
//
// Pure data: no clock, no sockets, no randomness. Times are milliseconds of any clock that never goes back.
import type { CostEstimate, History } from './history.js';
import type { CountedEntry, NodeIndex } from './node-index.js';
import type { CheckHeap } from './check-heap.js';
import type { Decision } from './words.js';

/**
 * `ready` takes jobs. `owner`: its owner is there. `held`: only jobs that name it, for a while. `blocked`: a person said so. `draining`
 * ends what it has. `full`: its disk has no room for a job. `quarantined` failed too often lately. `lost` is silent or disconnected.
 */
export type NodeState = 'ready' | 'full' | 'owner' | 'held' | 'blocked' | 'draining' | 'quarantined' | 'lost';

export type SpeedSource = 'benchmark' | 'tune' | 'map' | 'set';

/** What a node must have. Two jobs with the same `key` can run on the same nodes. */
export interface Requirements {
  readonly key: string;
  readonly instructionSets: readonly string[];
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** This node and no other. */
  readonly node?: string;
}

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
  /** Shares of the farm are fair between users. */
  readonly user: string;
  /** REAPI's: smaller is sooner, 0 is normal. */
  readonly priority: number;
  /** Keys under which the costs of such jobs are remembered, the most specific first (`costKeys`). */
  readonly costKeys: readonly string[];
  /** Size of the source file; 0: unknown. */
  readonly sourceBytes: number;
  /** The large part of the inputs that many jobs share (the toolchain): its name and size. `''`: none. */
  readonly bulkKey: string;
  readonly bulkBytes: number;
  /** False: it is not moved once it runs, save when its node fails. */
  readonly movable: boolean;
}

/** `verifying`: a node missed inputs and the store is being looked at. */
export type JobState = 'queued' | 'running' | 'verifying' | 'done';

export interface Job {
  readonly spec: JobSpec;
  readonly id: string;
  state: JobState;
  /** Order of arrival; kept over retries. */
  readonly sequence: number;
  attempts: number;
  /** Nodes where it failed, or that failed it. */
  failedOn: ReadonlySet<string>;
  /** Operations that want the result. */
  readonly waiters: Set<string>;
  /** At most two: a job and its copy. */
  readonly leases: Lease[];
  estimate: CostEstimate;
  readonly submittedAtMs: number;
  /** Since when it waits in the queue. */
  queuedAtMs: number;
  /** Since when free nodes are passed over, because a busy one was expected to be done sooner. */
  passedSinceMs: number | undefined;
  /** Its user's share of the farm was charged for it: once, however often it is placed. */
  charged: boolean;
  /** The node that is kept free for it. */
  reserved: Node | undefined;
  /** Memory a node must have free for it, learnt from a kill; 0: nothing learnt. */
  memoryBytesMin: number;
  moves: number;
  /** The node on which its compiler died, until another one has tried it. */
  crashedOn: string | undefined;
  /** Why it went where it went first. */
  placement: Placement | undefined;
  readonly decisions: Decision[];
}

/** What was expected when a node was chosen. */
export interface Placement {
  readonly node: string;
  readonly expectedMs: number;
  /** The second choice; undefined when there was none. */
  readonly nextNode: string | undefined;
  readonly nextMs: number;
}

/** `assigned`: sent, not begun. `arriving`: the new half of a live migration. `cancelling`: the slot is taken until the node confirms. */
export type LeaseState = 'assigned' | 'started' | 'arriving' | 'cancelling';

export interface Lease {
  readonly id: string;
  readonly job: Job;
  readonly node: Node;
  state: LeaseState;
  /** Start of the present state. */
  sinceMs: number;
  readonly assignedAtMs: number;
  startedAtMs: number | undefined;
  /** Memory set aside for it. */
  readonly committedBytes: number;
  /** When it should be done. */
  expectedEndMs: number;
  /** The node came back without naming this lease: lost at this time unless its result arrives. */
  reattachByMs: number | undefined;
  /** Set while the node is asked to give it back. */
  recalled: boolean;
  /** A copy made to race a straggler, while the straggler runs. */
  isCopy: boolean;
  /** As last reported. */
  cpuSeconds: number;
  wallSeconds: number;
  memoryBytes: number;
  paused: boolean;
  /** Processor time a second of wall time, smoothed over heartbeats; undefined before two of them. */
  share: number | undefined;
  /** What it should have got in the same time, smoothed alike: as one of those that run there, and less what others take there. */
  due: number;
  expected: number;
  /** The last word of it, and the last that said that it had run. */
  progressAtMs: number;
  advancedAtMs: number;
  /** When the migration policy looks at it next. */
  checkAtMs: number;
  checkIndex: number;
}

/** What a worker says of itself when it joins. */
export interface NodeSpec {
  readonly name: string;
  readonly instance: string;
  readonly slots: number;
  /** Processors' worth of time for all jobs together. */
  readonly cores: number;
  /** Of one job alone; 1.0 is the reference node. */
  readonly speed: number;
  readonly instructionSets: ReadonlySet<string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly memoryBytes: number;
  readonly version: string;
  readonly live: boolean;
}

export interface Node {
  readonly name: string;
  /** Order of joining: decides between equals. */
  readonly order: number;
  instance: string;
  slots: number;
  cores: number;
  /** The benchmark's, and what placement uses: measured or set, times drift. */
  benchmarkSpeed: number;
  givenSpeed: number | undefined;
  speedSource: SpeedSource;
  speed: number;
  /** Predicted over actual speed of the last jobs, a ring; undefined before the first. */
  drift: DriftRing | undefined;
  load: number;
  /** What its jobs got of the processor time that they should get, of late: 1 is all of it. */
  observedShare: number;
  /** Leases that ran at the last heartbeat. */
  ranAtBeat: number;
  /** How often jobs were taken off it for what it gave them, since it last gave them all that they should get. */
  desertions: number;
  state: NodeState;
  stateReason: string;
  instructionSets: ReadonlySet<string>;
  labels: ReadonlyMap<string, string>;
  memoryBytes: number;
  version: string;
  live: boolean;
  freeMemoryBytes: number;
  freeDiskBytes: number;
  memoryPressure: number;
  /** Too little room on its disk for a job. */
  diskFull: boolean;
  heartbeatSequence: number;
  /** Every lease, cancelling ones too. */
  readonly leases: Map<string, Lease>;
  /** Predicted peak memory of all leases. */
  committedBytes: number;
  /** Names of bulk inputs that it holds, oldest first. */
  readonly holds: string[];
  connected: boolean;
  /** The worker asked for no more work, or a person did. */
  drainingItself: boolean;
  drainAsked: boolean;
  blocked: boolean;
  ownerActive: boolean;
  ownerReason: string;
  ownerSinceMs: number;
  heldUntilMs: number | undefined;
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
  movesIn: number;
  movesOut: number;
  /** A job that waited long for its memory: what becomes free here is kept for it. */
  reservedFor: Job | undefined;
  /** Memory that others than our jobs used at the last heartbeat. */
  othersMemoryBytes: number;
  memoryMovedAtMs: number;
  /** Rate of one more job, capacity of all slots, and when a slot is free: kept by the index. */
  rate: number;
  capacity: number;
  availableAtMs: number;
  countedSlots: number;
  readonly places: CountedEntry[];
}

export interface DriftRing {
  readonly ratios: number[];
  next: number;
}

/** Actual over predicted processor time of the last jobs, a ring. */
export interface PredictionRing {
  readonly ratios: number[];
  next: number;
  jobs: number;
}

export interface FarmState {
  readonly nodes: Map<string, Node>;
  readonly jobs: Map<string, Job>;
  readonly leases: Map<string, Lease>;
  /** Joinable jobs that are not done, by action key. */
  readonly inFlight: Map<string, Job>;
  /** Nodes and waiting jobs, arranged for placement. */
  readonly index: NodeIndex;
  /** Running leases in the order in which the migration policy looks at them. */
  readonly checks: CheckHeap;
  /** Long leases that began of late: one of them may be worth a second run. */
  longRuns: Lease[];
  /** Leases that were sent ahead of a free slot and have not begun. */
  readonly ahead: Set<Lease>;
  readonly quarantined: Set<Node>;
  readonly history: History;
  /** Names of new leases; the shell gives them, since they must not be guessable nor repeat. */
  readonly newLeaseId: (actionKey: string) => string;
  /** Nodes that a person blocked, also those that are not here now. */
  readonly blockedNames: Set<string>;
  nextSequence: number;
  nextOrder: number;
  lastTickMs: number | undefined;
  /** A farm that had workers before this process started gives them time to come back. */
  workersExpectedSinceMs: number | undefined;
  retries: number;
  /** Copies that run now. */
  readonly copies: Set<Lease>;
  /** Of jobs that ended; and what the migration policy threw away: copies that lost, and what jobs had done before it moved them. */
  usefulCpuSeconds: number;
  wastedCpuSeconds: number;
  /** What the races that run are expected to throw away, as of the last tick. */
  pledgedCpuSeconds: number;
  readonly predictions: PredictionRing;
  /** The last `limits.decisionsMax`, oldest first. */
  readonly decisions: Decision[];
}
