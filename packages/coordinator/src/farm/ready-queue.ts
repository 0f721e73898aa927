// Jobs that wait for a node: first come, first served, but a job that no node can take now does not hold up others that can run.
//
// Jobs with equal needs (requirements and nodes to avoid) stand in one line; a whole line is skipped when its head finds no node.
import type { Job } from './state.js';

interface Line {
  jobs: Job[];
  head: number;
}

export interface ReadyQueue {
  /** Jobs that wait. */
  size(): number;
  /** Puts a job at the place its sequence number gives it. */
  add(job: Job): void;
  /** Takes out a job wherever it stands. */
  remove(job: Job): void;
  /** Offers the first job of each line, oldest first; a job is taken out when `place` says so, else its line is skipped. */
  offer(place: (job: Job) => boolean): void;
  /** The head of every line. */
  heads(): Job[];
  /** All jobs that need what `head` needs, taken out. */
  takeLine(head: Job): Job[];
}

const lineKey = (job: Job): string =>
  job.failedOn.size === 0 ? job.requirements.key : `${job.requirements.key}\n${[...job.failedOn].sort().join('\n')}`;

/** The front of a line that was served is cut off when it is this long and half of the whole. */
const SERVED_MIN = 64;

export function createReadyQueue(): ReadyQueue {
  const lines = new Map<string, Line>();
  const keys = new Map<Job, string>();

  const oldest = (skipped: ReadonlySet<string>): { key: string; job: Job } | undefined => {
    let best: { key: string; job: Job } | undefined;
    for (const [key, line] of lines) {
      const job = line.jobs[line.head];
      if (job === undefined || skipped.has(key)) continue;
      if (best === undefined || job.sequence < best.job.sequence) best = { key, job };
    }
    return best;
  };

  const add = (job: Job): void => {
    if (keys.has(job)) throw new Error(`job ${job.id} queued twice`);
    const key = lineKey(job);
    const line = lines.get(key) ?? { jobs: [], head: 0 };
    lines.set(key, line);
    keys.set(job, key);
    const at = placeOf(line, job.sequence);
    if (at === line.jobs.length) line.jobs.push(job);
    else line.jobs.splice(at, 0, job);
  };

  const remove = (job: Job): void => {
    const key = keys.get(job);
    if (key === undefined) return;
    const line = lines.get(key);
    if (line === undefined) throw new Error(`job ${job.id} stands in no line`);
    if (line.jobs[line.head] === job) line.head++;
    else line.jobs.splice(line.jobs.indexOf(job, line.head), 1);
    keys.delete(job);
    if (line.head === line.jobs.length) lines.delete(key);
    else if (line.head >= SERVED_MIN && line.head * 2 >= line.jobs.length) {
      line.jobs = line.jobs.slice(line.head);
      line.head = 0;
    }
  };

  return {
    size: () => keys.size,
    add,
    remove,
    offer(place) {
      const skipped = new Set<string>();
      for (let next = oldest(skipped); next !== undefined; next = oldest(skipped)) {
        if (place(next.job)) remove(next.job);
        else skipped.add(next.key);
      }
    },
    heads: () => [...lines.values()].flatMap((line) => line.jobs[line.head] ?? []),
    takeLine(head) {
      const line = lines.get(keys.get(head) ?? '');
      const jobs = line === undefined ? [] : line.jobs.slice(line.head);
      for (const job of jobs) remove(job);
      return jobs;
    },
  };
}

/** Index behind every job of a smaller sequence number; nearly always the end. */
function placeOf(line: Line, sequence: number): number {
  let low = line.head;
  let high = line.jobs.length;
  if ((line.jobs[high - 1]?.sequence ?? -1) < sequence) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line.jobs[middle]?.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
