// Nodes and waiting jobs, arranged for placement. All jobs with the same needs form a pool; a pool has its queue, and the nodes that can
// run its jobs by rate: in buckets a tenth apart, each with a heap of nodes with a free slot and one of busy nodes by the time at
// which a slot is expected to be free. A change of one node costs O(log nodes) in each pool that it belongs to, of which there are few.
import { createHoldings, type Holdings } from './holdings.js';
import { createNodeHeap, type NodeHeap, type NodeOrder, type PoolEntry } from './node-heap.js';
import { availableAtMs, capacityOf, rateOf } from './rates.js';
import { createFlows, createReadyQueue, type Flows, type ReadyQueue, type Ticket } from './ready-queue.js';
import type { Job, Node, Requirements } from './state.js';

const RATE_RATIO_LOG = Math.log(1.1);
/** Pools without waiting jobs that are kept. */
const IDLE_POOLS_MAX = 24;
/** Of the work that runs now, this much is left on average. */
const RUNNING_LEFT = 0.5;
/** With so much more work ahead, what waits is looked at again. */
const GROWN = 1.05;

export interface RateBucket {
  readonly level: number;
  /** No node in it is faster. */
  readonly rateMax: number;
  /** With a free slot: the fastest first, then the emptiest. */
  readonly free: NodeHeap;
  /** Without: the one that is free soonest first. */
  readonly busy: NodeHeap;
}

export interface Pool {
  readonly requirements: Requirements;
  readonly queue: ReadyQueue;
  /** The fastest first; those without nodes are left out. */
  readonly buckets: RateBucket[];
  /** Rates of all accepting nodes' slots together. */
  capacity: number;
  /** Accepting nodes, and those of them with a free slot. */
  nodes: number;
  free: number;
  /** Expected processor seconds of the leases that this pool's jobs have now. */
  runningSeconds: number;
  /** Jobs that failed somewhere, or must run on nodes of their own choosing, the oldest first: placed one by one, before the queue. */
  readonly special: Job[];
  /** Of many special jobs, the one that is looked at next. */
  specialFrom: number;
  /** When all its free nodes were last looked at for one job. */
  searchedAtMs: number;
  /** Grows with each use of any pool. */
  usedAt: number;
  /**
   * Free slots and first jobs of lines that came since all that waits was last looked at in vain: with none of them it is not looked at
   * again, until time has passed.
   */
  news: number;
  /** Grows with every free slot, and whatever else makes all that waits worth a look: what was looked at in vain in this round is left alone. */
  round: number;
  /** The work that was ahead when all that waits was last looked at: with more of it, slower nodes are of use. */
  lookedAtWork: number;
  /** One of its nodes changed, or its queue grew, since work was last sent ahead. */
  stirred: boolean;
}

export interface NodeIndex extends Holdings {
  /** Jobs that wait, in all pools and for named nodes. */
  readonly queued: number;
  readonly flows: Flows;
  readonly pools: Iterable<Pool>;
  /** Jobs that wait for one node, by its name. */
  readonly pinned: ReadonlyMap<string, readonly Job[]>;
  readonly slots: number;
  pool(requirements: Requirements): Pool;
  enqueue(job: Job): void;
  dequeue(job: Job): void;
  /** Time has passed: all that waits is worth a look. */
  stir(): void;
  /** All waiting jobs, in no order. */
  waiting(): Job[];
  addNode(node: Node, now: number): void;
  removeNode(node: Node): void;
  /** The node's leases, rate or state changed. */
  refresh(node: Node, now: number): void;
  /** The node's labels or instruction sets changed. */
  reclassify(node: Node, now: number): void;
}

/** With `waitingSeconds` of the queue: what its nodes have to do before they are free for more, processor seconds at speed 1. */
export const workAhead = (pool: Pool, waitingSeconds: number): number => waitingSeconds + RUNNING_LEFT * pool.runningSeconds;

/** Instruction sets and labels are all present on the node. Says nothing of its state. */
export function canRun(node: Pick<Node, 'instructionSets' | 'labels' | 'name'>, requirements: Requirements): boolean {
  if (requirements.node !== undefined && requirements.node !== node.name) return false;
  for (const name of requirements.instructionSets) if (!node.instructionSets.has(name)) return false;
  for (const [name, value] of requirements.labels) if (node.labels.get(name) !== value) return false;
  return true;
}

/** Takes jobs of any kind. */
export const isAccepting = (node: Node): boolean => node.state === 'ready';

const fastest: NodeOrder = {
  key: (node) => -node.rate,
  before: (a, b) => (a.leases.size !== b.leases.size ? a.leases.size < b.leases.size : a.order < b.order),
};
const soonest: NodeOrder = {
  key: (node) => node.availableAtMs,
  before: (a, b) => (a.rate !== b.rate ? a.rate > b.rate : a.order < b.order),
};

export function createNodeIndex(allNodes: ReadonlyMap<string, Node>): NodeIndex {
  const flows = createFlows();
  const pools = new Map<string, Pool>();
  const pinned = new Map<string, Job[]>();
  const tickets = new Map<Job, Ticket | 'special' | 'pinned'>();
  let queued = 0;
  let slots = 0;
  let uses = 0;

  const bucketIn = (pool: Pool, rate: number): RateBucket => {
    const level = Math.floor(Math.log(rate) / RATE_RATIO_LOG);
    const at = pool.buckets.findIndex((bucket) => bucket.level <= level);
    const found = pool.buckets[at];
    if (found?.level === level) return found;
    const bucket: RateBucket = { level, rateMax: Math.exp((level + 1) * RATE_RATIO_LOG), free: createNodeHeap(fastest), busy: createNodeHeap(soonest) };
    pool.buckets.splice(at < 0 ? pool.buckets.length : at, 0, bucket);
    return bucket;
  };

  /** Puts the node where it belongs in this pool. Its counted share of the pool is in the entry. */
  const settle = (pool: Pool, entry: CountedEntry): void => {
    const { node } = entry;
    const accepting = isAccepting(node);
    const open = accepting ? Math.max(0, node.slots - node.leases.size) : 0;
    const capacity = accepting ? node.capacity : 0;
    pool.capacity = Math.max(0, pool.capacity + capacity - entry.capacity);
    pool.nodes += Number(accepting) - Number(entry.accepting);
    pool.free += Number(open > 0) - Number(entry.open > 0);
    // With a node the reason to wait for it may be gone.
    pool.news = entry.accepting && !accepting ? Infinity : Math.max(0, pool.news + open - entry.open);
    if (open > entry.open || (entry.accepting && !accepting)) pool.round += 1;
    pool.stirred = true;
    entry.capacity = capacity;
    entry.accepting = accepting;
    entry.open = open;
    const bucket = !accepting ? undefined : entry.heap !== undefined && entry.rate === node.rate ? entry.bucket : bucketIn(pool, node.rate);
    const target = bucket === undefined ? undefined : open > 0 ? bucket.free : bucket.busy;
    entry.rate = node.rate;
    entry.bucket = bucket;
    if (target !== undefined && entry.heap === target) return target.update(entry);
    const left = entry.heap;
    left?.remove(entry);
    target?.push(entry);
    if (left?.entries.length === 0) dropEmpty(pool);
  };

  const addToPool = (pool: Pool, node: Node): void => {
    const entry: CountedEntry = { node, pool, heap: undefined, index: -1, bucket: undefined, rate: 0, capacity: 0, accepting: false, open: 0 };
    node.places.push(entry);
    settle(pool, entry);
  };
  const leavePool = (entry: CountedEntry): void => {
    entry.heap?.remove(entry);
    entry.pool.capacity = Math.max(0, entry.pool.capacity - entry.capacity);
    entry.pool.nodes -= Number(entry.accepting);
    entry.pool.free -= Number(entry.open > 0);
    entry.pool.news = Infinity;
    entry.pool.round += 1;
  };

  const measure = (node: Node, now: number): void => {
    node.rate = rateOf(node, Math.min(node.slots, node.leases.size + 1));
    node.capacity = capacityOf(node);
    node.availableAtMs = availableAtMs(node, now);
  };

  /** Drops the idle pools that were not used for the longest, many at a time: all nodes are walked over for it. */
  const dropIdlePools = (): void => {
    const idle = [...pools.values()].filter((pool) => pool.queue.count === 0 && pool.special.length === 0 && pool.runningSeconds < 1e-6);
    if (idle.length < IDLE_POOLS_MAX) return;
    idle.sort((a, b) => a.usedAt - b.usedAt);
    const dropped = new Set(idle.slice(0, idle.length - IDLE_POOLS_MAX / 2));
    for (const pool of dropped) pools.delete(pool.requirements.key);
    for (const node of allNodes.values()) {
      const kept = node.places.filter((entry) => !dropped.has(entry.pool));
      node.places.splice(0, node.places.length, ...kept);
    }
  };

  const poolOf = (requirements: Requirements): Pool => {
    const known = pools.get(requirements.key);
    uses += 1;
    if (known !== undefined) {
      known.usedAt = uses;
      return known;
    }
    if (pools.size >= IDLE_POOLS_MAX) dropIdlePools();
    const pool: Pool = { requirements, queue: createReadyQueue(flows), buckets: [], capacity: 0, nodes: 0, free: 0, runningSeconds: 0, special: [], specialFrom: 0, searchedAtMs: -Infinity, usedAt: uses, news: 0, round: 0, lookedAtWork: 0, stirred: true };
    pools.set(requirements.key, pool);
    for (const node of allNodes.values()) if (canRun(node, requirements)) addToPool(pool, node);
    return pool;
  };

  const index: NodeIndex = {
    ...createHoldings(),
    get queued() {
      return queued;
    },
    flows,
    get pools() {
      return pools.values();
    },
    pinned,
    get slots() {
      return slots;
    },
    pool: poolOf,
    enqueue(job) {
      if (tickets.has(job)) throw new Error(`job ${job.id} queued twice`);
      queued += 1;
      const { node } = job.spec.requirements;
      if (node !== undefined) {
        tickets.set(job, 'pinned');
        const line = pinned.get(node);
        if (line === undefined) pinned.set(node, [job]);
        else line.push(job);
        return;
      }
      const pool = poolOf(job.spec.requirements);
      if (job.failedOn.size > 0 || job.memoryBytesMin > 0 || job.moves > 0) {
        tickets.set(job, 'special');
        pool.special.splice(placeIn(pool.special, job), 0, job);
        pool.news += 1;
        return;
      }
      const ticket = pool.queue.add(job);
      tickets.set(job, ticket);
      pool.stirred = true;
      if (workAhead(pool, pool.queue.workSeconds) > GROWN * pool.lookedAtWork) {
        if (pool.news !== Infinity) pool.round += 1;
        pool.news = Infinity;
      } else if (pool.queue.head(ticket.line, ticket.bucket) === job) pool.news += 1;
    },
    dequeue(job) {
      const ticket = tickets.get(job);
      if (ticket === undefined) return;
      tickets.delete(job);
      queued -= 1;
      if (job.reserved !== undefined) job.reserved.reservedFor = undefined;
      job.reserved = undefined;
      const { requirements } = job.spec;
      if (ticket === 'pinned') {
        const line = pinned.get(requirements.node ?? '') ?? [];
        line.splice(line.indexOf(job), 1);
        if (line.length === 0) pinned.delete(requirements.node ?? '');
        return;
      }
      const pool = poolOf(requirements);
      if (ticket === 'special') pool.special.splice(placeIn(pool.special, job), 1);
      else pool.queue.remove(ticket);
    },
    stir() {
      for (const pool of pools.values()) {
        pool.news = Infinity;
        pool.round += 1;
        pool.stirred = true;
      }
    },
    waiting: () => [...tickets.keys()],
    addNode(node, now) {
      slots += node.slots;
      node.countedSlots = node.slots;
      measure(node, now);
      for (const pool of pools.values()) if (canRun(node, pool.requirements)) addToPool(pool, node);
    },
    removeNode(node) {
      slots -= node.countedSlots;
      for (const entry of node.places) leavePool(entry);
      node.places.length = 0;
    },
    refresh(node, now) {
      measure(node, now);
      for (const entry of node.places) settle(entry.pool, entry);
    },
    reclassify(node, now) {
      index.removeNode(node);
      index.addNode(node, now);
    },
  };
  return index;
}

/** What the pool has counted of the node, so that a change is a difference. */
export interface CountedEntry extends PoolEntry {
  readonly pool: Pool;
  /** Where it lies, and the rate that put it there. */
  bucket: RateBucket | undefined;
  rate: number;
  capacity: number;
  accepting: boolean;
  /** Free slots. */
  open: number;
}

/** Where the job is, or belongs, in a list by order of arrival. */
function placeIn(jobs: readonly Job[], job: Job): number {
  let [low, high] = [0, jobs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((jobs[middle] as Job).sequence < job.sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dropEmpty(pool: Pool): void {
  for (let at = pool.buckets.length - 1; at >= 0; at -= 1) {
    const bucket = pool.buckets[at] as RateBucket;
    if (bucket.free.entries.length === 0 && bucket.busy.entries.length === 0) pool.buckets.splice(at, 1);
  }
}
