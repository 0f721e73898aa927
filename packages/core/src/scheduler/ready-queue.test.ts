import { describe, expect, test } from 'vitest';
import { BUCKETS_END, bucketOf, createFlows, createReadyQueue, type Flows, type ReadyQueue, type Ticket } from './ready-queue.js';
import type { Job } from './state.js';
import { createRandom, jobSpec } from './testing/farm.js';

let sequence = 0;
/** What a queue looks at. */
function waiting(user: string, cpuSeconds: number, priority = 0, at = (sequence += 1)): Job {
  return { id: `${user}${at}`, sequence: at, spec: jobSpec(`${user}${at}`, { user, priority }), estimate: { cpuSeconds } } as unknown as Job;
}

/** Takes the job that is served next, the longest of its user. */
function take(queue: ReadyQueue, flows: Flows, tickets: Map<Job, Ticket>): Job | undefined {
  const line = queue.next();
  if (line === undefined) return undefined;
  const job = queue.head(line, queue.longestBelow(line, BUCKETS_END));
  if (job !== undefined) {
    queue.remove(tickets.get(job) as Ticket);
    flows.serve(flows.of(job), job.estimate.cpuSeconds);
    return job;
  }
  throw new Error('a line without jobs');
}

function filled(jobs: readonly Job[], flows = createFlows()): { queue: ReadyQueue; next: () => Job | undefined; drain: () => string[]; add: (job: Job) => void } {
  const queue = createReadyQueue(flows);
  const tickets = new Map<Job, Ticket>();
  const add = (job: Job): void => void tickets.set(job, queue.add(job));
  jobs.forEach(add);
  const next = (): Job | undefined => take(queue, flows, tickets);
  const drain = (): string[] => {
    const order: string[] = [];
    for (let job = next(); job !== undefined; job = next()) order.push(job.spec.user);
    return order;
  };
  return { queue, next, drain, add };
}

describe('of one user', () => {
  test('the longest goes first, and of those as long the first that came', () => {
    const jobs = [waiting('ann', 1), waiting('ann', 9), waiting('ann', 1.01), waiting('ann', 30), waiting('ann', 0.1)];
    const { next } = filled(jobs);
    const order = [];
    for (let job = next(); job !== undefined; job = next()) order.push(jobs.indexOf(job));
    expect(order).toEqual([3, 1, 0, 2, 4]);
  });

  test('a retried job has its place by its age', () => {
    const [old, middle, young] = [waiting('ann', 1, 0, 1), waiting('ann', 1, 0, 2), waiting('ann', 1, 0, 3)];
    const { next, add } = filled([middle, young]);
    add(old);
    expect([next(), next(), next()]).toEqual([old, middle, young]);
  });
});

describe('between users', () => {
  test('one with a single job is not behind the thousand of another', () => {
    const { next, add } = filled(Array.from({ length: 1_000 }, () => waiting('ann', 2)));
    for (let served = 0; served < 100; served += 1) next();
    add(waiting('bob', 2));
    const [first, second] = [next(), next()];
    expect([first?.spec.user, second?.spec.user]).toContain('bob');
  });

  test('each gets as much of the farm, whatever the length of the jobs', () => {
    const { next } = filled([...Array.from({ length: 400 }, () => waiting('ann', 1)), ...Array.from({ length: 100 }, () => waiting('bob', 4))]);
    const seconds: Record<string, number> = { ann: 0, bob: 0 };
    for (let served = 0; served < 250; served += 1) {
      const job = next() as Job;
      seconds[job.spec.user] = (seconds[job.spec.user] ?? 0) + job.estimate.cpuSeconds;
    }
    expect(Math.abs((seconds['ann'] ?? 0) - (seconds['bob'] ?? 0))).toBeLessThanOrEqual(4);
  });

  test('nobody saves up while away', () => {
    const flows = createFlows();
    const { next, add } = filled([waiting('bob', 1), ...Array.from({ length: 300 }, () => waiting('ann', 1))], flows);
    for (let served = 0; served < 101; served += 1) next();
    for (let count = 0; count < 100; count += 1) add(waiting('bob', 1));
    const users = Array.from({ length: 40 }, () => next()?.spec.user);
    expect(Math.abs(users.filter((user) => user === 'bob').length - 20)).toBeLessThanOrEqual(1);
  });

  test('a hundred steps of priority are a factor of two', () => {
    const { next } = filled([...Array.from({ length: 300 }, () => waiting('ann', 1)), ...Array.from({ length: 300 }, () => waiting('bob', 1, -100))]);
    const users = Array.from({ length: 90 }, () => next()?.spec.user);
    expect(users.filter((user) => user === 'bob')).toHaveLength(60);
  });

  test('absurd priorities are bounded', () => {
    const { drain } = filled([waiting('ann', 1, 2_147_483_647), waiting('bob', 1, -2_147_483_648), waiting('cy', 1)]);
    expect(drain().sort()).toEqual(['ann', 'bob', 'cy']);
  });

  test('when thousands of users come and go, one that waits all the time is charged for what it gets', () => {
    const flows = createFlows();
    const { next, add } = filled(Array.from({ length: 200 }, () => waiting('ann', 1)), flows);
    // Served, but skipped while the present goes on: no node for it in between.
    const strangers = createReadyQueue(flows);
    for (let count = 0; count < 9_000; count += 1) {
      const job = waiting(`stranger${count}`, 1);
      strangers.remove(strangers.add(job));
      for (let times = 0; times < 2; times += 1) flows.serve(flows.of(job), 1);
    }
    for (let count = 0; count < 100; count += 1) add(waiting('bob', 1));
    const users = Array.from({ length: 60 }, () => next()?.spec.user);
    expect(users.filter((user) => user === 'bob').length).toBeGreaterThan(20);
  });
});

test('random adding, removing and serving: counts and work are those of what waits', () => {
  const random = createRandom(11);
  for (let round = 0; round < 20; round += 1) {
    const flows = createFlows();
    const queue = createReadyQueue(flows);
    const tickets = new Map<Job, Ticket>();
    for (let count = 0; count < 600; count += 1) {
      if (random.chance(0.55)) {
        const job = waiting(random.pick(['ann', 'bob', 'cy']), 0.005 * 2 ** (20 * random.unit()), 100 * random.below(3));
        tickets.set(job, queue.add(job));
      } else if (tickets.size > 0 && random.chance(0.5)) {
        const job = random.pick([...tickets.keys()]);
        queue.remove(tickets.get(job) as Ticket);
        queue.remove(tickets.get(job) as Ticket);
        tickets.delete(job);
      } else {
        const job = take(queue, flows, tickets);
        expect(job === undefined).toBe(tickets.size === 0);
        if (job !== undefined) tickets.delete(job);
      }
      expect(queue.count).toBe(tickets.size);
      const left = [...tickets.keys()];
      const from = random.below(BUCKETS_END);
      const close = (seconds: number, wanted: readonly Job[]): void => expect(seconds).toBeCloseTo(wanted.reduce((sum, job) => sum + job.estimate.cpuSeconds, 0), 4);
      close(queue.workSeconds, left);
      close(queue.workFrom(from), left.filter((job) => bucketOf(job.estimate.cpuSeconds) >= from));
    }
    expect(new Set(queue.all())).toEqual(new Set(tickets.keys()));
  }
});

describe('what was looked at in vain', () => {
  const all = (queue: ReadyQueue, round?: number): number[] => {
    const line = queue.next(round);
    const buckets: number[] = [];
    for (let bucket = line === undefined ? -1 : queue.longestBelow(line, BUCKETS_END, round); line !== undefined && bucket >= 0; bucket = queue.longestBelow(line, bucket, round)) buckets.push(bucket);
    return buckets;
  };

  test('every bucket with jobs, the longest first, on both sides of the middle of the bits', () => {
    const queue = createReadyQueue(createFlows());
    const seconds = [0.001, 0.05, ...Array.from({ length: 60 }, (_, each) => 0.01 * 1.25 ** (each + 0.5)), 1e9];
    for (const each of seconds) queue.add(waiting('ann', each));
    expect(all(queue)).toEqual([...new Set(seconds.map(bucketOf))].sort((a, b) => b - a));
  });

  test('is left alone in its round, until a job comes first', () => {
    const queue = createReadyQueue(createFlows());
    for (const each of [0.02, 0.5, 40, 9_000]) queue.add(waiting('ann', each));
    const line = queue.next(1);
    if (line === undefined) throw new Error('no line');
    queue.lookedInVain(line, bucketOf(40), 1);
    queue.lookedInVain(line, bucketOf(0.02), 1);
    expect(all(queue, 1)).toEqual([bucketOf(9_000), bucketOf(0.5)]);
    expect(all(queue)).toHaveLength(4);
    expect(all(queue, 2)).toHaveLength(4);
    queue.lookedInVain(line, bucketOf(9_000), 1);
    queue.lookedInVain(line, bucketOf(0.5), 1);
    expect(queue.next(1)).toBeUndefined();
    // Behind one that found nothing it finds nothing.
    queue.add(waiting('ann', 40));
    expect(queue.next(1)).toBeUndefined();
    queue.add(waiting('ann', 40, 0, 0));
    expect(all(queue, 1)).toEqual([bucketOf(40)]);
    queue.add(waiting('bob', 1));
    queue.lookedInVain(line, bucketOf(40), 1);
    expect(all(queue, 1)).toEqual([bucketOf(1)]);
  });
});
