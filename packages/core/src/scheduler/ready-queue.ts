// Jobs that wait for a node of one pool: fair between flows (a flow is a user at a priority), and within a flow by age or by expected length.
//
// Fairness is start-time fair queueing (Goyal, Vin, Cheng 1996): each flow has a virtual time that grows with the processor seconds it
// was given; the flow that is furthest behind is served next. A flow that comes back starts at the present virtual time, so nobody saves
// up. A flow's priority scales what it is charged, as in Buildbarn: 100 steps of REAPI priority are a factor of two.
// Costs are sorted into buckets a quarter apart, so that nothing is ever searched.
import type { Job } from './state.js';

const BUCKETS = 64;
const BUCKET_FIRST_SECONDS = 0.01;
const BUCKET_RATIO_LOG = Math.log(1.25);
const PRIORITY_STEP = 100;
const PRIORITY_MAX = 1_000;

export const bucketOf = (cpuSeconds: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.floor(Math.log(Math.max(cpuSeconds, BUCKET_FIRST_SECONDS) / BUCKET_FIRST_SECONDS) / BUCKET_RATIO_LOG)));

export interface Flow {
  readonly key: string;
  /** What one processor second costs it. */
  readonly charge: number;
  virtualTime: number;
  /** Lines that serve it now, in all pools. */
  lines: number;
}

/** All flows of a farm: one virtual time for all pools. */
export interface Flows {
  of(job: Job): Flow;
  /** The flow gets this job's worth of the farm. */
  serve(flow: Flow, cpuSeconds: number): void;
}

const FLOWS_KEPT_MAX = 4_096;

export function createFlows(): Flows {
  const flows = new Map<string, Flow>();
  let present = 0;
  let keptMax = FLOWS_KEPT_MAX;
  /** Those that wait for nothing and have no debt would come back as they are. */
  const forgetIdle = (): void => {
    for (const [key, flow] of flows) if (flow.lines === 0 && flow.virtualTime <= present) flows.delete(key);
    keptMax = Math.max(FLOWS_KEPT_MAX, 2 * flows.size);
  };
  return {
    of(job) {
      const priority = Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, job.spec.priority));
      const key = `${job.spec.user}\n${priority}`;
      let flow = flows.get(key);
      if (flow === undefined) {
        if (flows.size >= keptMax) forgetIdle();
        flow = { key, charge: 2 ** (priority / PRIORITY_STEP), virtualTime: present, lines: 0 };
        flows.set(key, flow);
      }
      flow.virtualTime = Math.max(flow.virtualTime, present);
      return flow;
    },
    serve(flow, cpuSeconds) {
      present = Math.max(present, flow.virtualTime);
      flow.virtualTime += cpuSeconds * flow.charge;
    },
  };
}

/** A job's place in a line; a job that left it is skipped when its turn comes. */
export interface Ticket {
  readonly job: Job;
  readonly line: Line;
  readonly bucket: number;
  gone: boolean;
}

interface Bucket {
  tickets: Ticket[];
  head: number;
  /** Tickets that are not gone. */
  living: number;
}

export interface Line {
  readonly flow: Flow;
  readonly buckets: (Bucket | undefined)[];
  /** A bit for each bucket that has jobs: those of the first 32, and of the others. */
  filledLow: number;
  filledHigh: number;
  /** The buckets that were looked at in vain, and the round of the pool in which they were. */
  vainLow: number;
  vainHigh: number;
  vainRound: number;
  count: number;
  /** How often it was served. */
  turns: number;
}

export interface ReadyQueue {
  readonly count: number;
  /** Expected processor seconds of all that wait, at speed 1. */
  readonly workSeconds: number;
  add(job: Job): Ticket;
  remove(ticket: Ticket): void;
  /** The line that is served next; with `round`, of those that have jobs which were not looked at in vain in it. */
  next(round?: number): Line | undefined;
  /** Work of all jobs at least as long as those of this bucket. */
  workFrom(bucket: number): number;
  /** The longest of the line's buckets below this one that has jobs, with `round` such as were not looked at in vain in it; -1: none. */
  longestBelow(line: Line, bucket: number, round?: number): number;
  /** No job of this bucket finds a node in this round. */
  lookedInVain(line: Line, bucket: number, round: number): void;
  /** The first waiting job of a line's bucket, or the one after so many; undefined when there is none. */
  head(line: Line, bucket: number, after?: number): Job | undefined;
  /** Of the first waiting jobs of all its buckets the one that came first. */
  oldest(line: Line): Job | undefined;
  all(): Job[];
}

/** The front of a bucket that was served is cut off when it is this long and half of the whole. */
const SERVED_MIN = 64;

export function createReadyQueue(flows: Flows): ReadyQueue {
  const lines = new Map<string, Line>();
  const work = new Float64Array(BUCKETS);
  let count = 0;
  let workSeconds = 0;

  /** Cuts off what is gone at the front. */
  const settle = (bucket: Bucket): void => {
    while (bucket.head < bucket.tickets.length && bucket.tickets[bucket.head]?.gone === true) bucket.head += 1;
    if (bucket.head >= SERVED_MIN && bucket.head * 2 >= bucket.tickets.length) {
      bucket.tickets = bucket.tickets.slice(bucket.head);
      bucket.head = 0;
    }
  };

  const queue: ReadyQueue = {
    get count() {
      return count;
    },
    get workSeconds() {
      return workSeconds;
    },
    add(job) {
      const flow = flows.of(job);
      let line = lines.get(flow.key);
      if (line === undefined) {
        line = { flow, buckets: new Array<Bucket | undefined>(BUCKETS), filledLow: 0, filledHigh: 0, vainLow: 0, vainHigh: 0, vainRound: -1, count: 0, turns: 0 };
        lines.set(flow.key, line);
        flow.lines += 1;
      }
      const index = bucketOf(job.estimate.cpuSeconds);
      const bucket = (line.buckets[index] ??= { tickets: [], head: 0, living: 0 });
      const ticket: Ticket = { job, line, bucket: index, gone: false };
      const last = bucket.tickets[bucket.tickets.length - 1];
      // Retried jobs keep their place; nearly all others go to the end.
      if (last === undefined || last.job.sequence < job.sequence || bucket.head === bucket.tickets.length) bucket.tickets.push(ticket);
      else bucket.tickets.splice(placeOf(bucket, job.sequence), 0, ticket);
      bucket.living += 1;
      if (bucket.living === 1) mark(line, index, true);
      if (queue.head(line, index) === job) clearVain(line, index);
      line.count += 1;
      count += 1;
      work[index] = (work[index] ?? 0) + job.estimate.cpuSeconds;
      workSeconds += job.estimate.cpuSeconds;
      return ticket;
    },
    remove(ticket) {
      if (ticket.gone) return;
      ticket.gone = true;
      const { line, bucket: index } = ticket;
      const bucket = line.buckets[index] as Bucket;
      bucket.living -= 1;
      if (bucket.living === 0) mark(line, index, false);
      line.count -= 1;
      count -= 1;
      const cost = ticket.job.estimate.cpuSeconds;
      // Sums of floats drift; an empty queue has no work.
      work[index] = bucket.living === 0 && lines.size === 1 ? 0 : Math.max(0, (work[index] ?? 0) - cost);
      workSeconds = count === 0 ? 0 : Math.max(0, workSeconds - cost);
      settle(bucket);
      if (line.count === 0) {
        lines.delete(line.flow.key);
        line.flow.lines -= 1;
      }
      if (count === 0) work.fill(0);
    },
    next(round) {
      let best: Line | undefined;
      for (const line of lines.values()) {
        if (round === line.vainRound && (line.filledLow & ~line.vainLow) === 0 && (line.filledHigh & ~line.vainHigh) === 0) continue;
        if (best === undefined || line.flow.virtualTime < best.flow.virtualTime) best = line;
      }
      return best;
    },
    workFrom(bucket) {
      let sum = 0;
      for (let index = bucket; index < BUCKETS; index += 1) sum += work[index] ?? 0;
      return sum;
    },
    longestBelow(line, bucket, round) {
      const known = round === line.vainRound;
      const high = known ? line.filledHigh & ~line.vainHigh : line.filledHigh;
      const low = known ? line.filledLow & ~line.vainLow : line.filledLow;
      const highBelow = bucket <= 32 ? 0 : high & below(bucket - 32);
      return highBelow !== 0 ? 63 - Math.clz32(highBelow) : 31 - Math.clz32(low & below(bucket));
    },
    lookedInVain(line, bucket, round) {
      if (line.vainRound !== round) [line.vainRound, line.vainLow, line.vainHigh] = [round, 0, 0];
      if (bucket < 32) line.vainLow |= 1 << bucket;
      else line.vainHigh |= 1 << (bucket & 31);
    },
    head(line, index, after = 0) {
      const bucket = line.buckets[index];
      if (bucket === undefined || bucket.living <= after) return undefined;
      settle(bucket);
      let at = bucket.head;
      for (let left = after; left > 0; left -= 1) {
        at += 1;
        while (bucket.tickets[at]?.gone === true) at += 1;
      }
      return bucket.tickets[at]?.job;
    },
    oldest(line) {
      let oldest: Job | undefined;
      for (let index = queue.longestBelow(line, BUCKETS); index >= 0; index = queue.longestBelow(line, index)) {
        const job = queue.head(line, index);
        if (job !== undefined && (oldest === undefined || job.sequence < oldest.sequence)) oldest = job;
      }
      return oldest;
    },
    all: () =>
      [...lines.values()].flatMap((line) => line.buckets.flatMap((bucket) => (bucket?.tickets ?? []).filter((ticket) => !ticket.gone).map((ticket) => ticket.job))),
  };
  return queue;
}

/** Above the longest bucket that can have jobs. */
export const BUCKETS_END = BUCKETS;

/** Bits of all buckets below this one; all of them from the 32nd on. */
const below = (bucket: number): number => (bucket >= 32 ? -1 : (1 << bucket) - 1);

function mark(line: Line, bucket: number, filled: boolean): void {
  const bit = 1 << (bucket & 31);
  if (bucket < 32) line.filledLow = filled ? line.filledLow | bit : line.filledLow & ~bit;
  else line.filledHigh = filled ? line.filledHigh | bit : line.filledHigh & ~bit;
}

/** It has a first job that nobody looked at. */
function clearVain(line: Line, bucket: number): void {
  if (bucket < 32) line.vainLow &= ~(1 << bucket);
  else line.vainHigh &= ~(1 << (bucket & 31));
}

/** Index behind every ticket of a smaller sequence number. */
function placeOf(bucket: Bucket, sequence: number): number {
  let low = bucket.head;
  let high = bucket.tickets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bucket.tickets[middle]?.job.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
