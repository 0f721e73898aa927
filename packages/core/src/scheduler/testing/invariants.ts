// What must be true of the scheduler's state after every step. All that is counted is counted anew, the slow and simple way.
import { canRun, isAccepting, type Pool } from '../node-index.js';
import type { NodeHeap } from '../node-heap.js';
import type { FarmState, Job, Lease, Node } from '../state.js';

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

export function problemsOf(state: FarmState, now: number): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, what: () => string): void => {
    if (!holds) problems.push(what());
  };
  const finite = (name: string, values: Record<string, number>): void => {
    for (const [key, value] of Object.entries(values)) must(Number.isFinite(value), () => `${name}: ${key} is ${value}`);
  };

  const waiting = new Set(state.index.waiting());
  must(state.index.queued === waiting.size, () => `${state.index.queued} jobs are counted as queued, ${waiting.size} are`);
  for (const job of waiting) must(state.jobs.get(job.id) === job && job.state === 'queued', () => `${job.id} waits and is ${job.state}`);
  for (const job of state.jobs.values()) checkJob(job);
  for (const [key, job] of state.inFlight) must(job.spec.joinable && job.spec.actionKey === key && state.jobs.get(job.id) === job, () => `${job.id} is in flight for ever`);

  let [started, copies, ahead] = [0, 0, 0];
  for (const lease of state.leases.values()) {
    checkLease(lease);
    if (lease.state !== 'cancelling') {
      if (lease.state === 'started') started += 1;
      if (lease.isCopy) copies += 1;
    }
    if (state.ahead.has(lease)) ahead += 1;
  }
  must(state.checks.size === started, () => `${state.checks.size} leases are looked at, ${started} run`);
  must(state.copies.size === copies, () => `${state.copies.size} copies counted, ${copies} run`);
  must(state.ahead.size === ahead, () => 'a lease that is gone counts as sent ahead');
  finite('farm', { useful: state.usefulCpuSeconds, wasted: state.wastedCpuSeconds, retries: state.retries });

  let slots = 0;
  for (const node of state.nodes.values()) {
    checkNode(node);
    slots += node.slots;
  }
  must(state.index.slots === slots, () => `${state.index.slots} slots counted, there are ${slots}`);
  for (const node of state.quarantined) must(state.nodes.get(node.name) === node && node.quarantinedUntilMs !== undefined, () => `${node.name} is among the quarantined`);
  for (const pool of state.index.pools) checkPool(pool);
  return problems;

  function checkJob(job: Job): void {
    const { id } = job;
    must(job.leases.length <= 2, () => `${id} has ${job.leases.length} leases`);
    must(job.leases.filter((lease) => lease.isCopy).length <= Math.max(0, job.leases.length - 1), () => `${id} has copies of nothing`);
    must(job.attempts >= 0 && job.attempts <= 3, () => `${id} has ${job.attempts} attempts`);
    switch (job.state) {
      case 'queued':
        must(waiting.has(job) && job.leases.length === 0, () => `${id} is queued: waits ${waiting.has(job)}, ${job.leases.length} leases`);
        return;
      case 'running':
        must(job.leases.length > 0 && !waiting.has(job), () => `${id} is running: ${job.leases.length} leases, waits ${waiting.has(job)}`);
        return;
      case 'verifying':
        must(job.leases.length === 0 && !waiting.has(job), () => `${id} is verified: ${job.leases.length} leases`);
        return;
      case 'done':
        problems.push(`${id} is done and not gone`);
    }
  }

  function checkLease(lease: Lease): void {
    const { id, job, node } = lease;
    must(state.nodes.get(node.name) === node && node.leases.get(id) === lease, () => `${id} is not with its node ${node.name}`);
    must(job.leases.includes(lease) === (lease.state !== 'cancelling'), () => `${id} is ${lease.state} and its job ${job.id} ${job.leases.includes(lease) ? 'has' : 'lacks'} it`);
    if (lease.state !== 'cancelling') must(state.jobs.get(job.id) === job, () => `${id} runs for ${job.id}, which is gone`);
    must((lease.checkIndex >= 0) === (lease.state === 'started'), () => `${id} is ${lease.state}, place ${lease.checkIndex} among the checks`);
    must(!state.ahead.has(lease) || lease.state === 'assigned', () => `${id} is ${lease.state} and counts as sent ahead`);
    finite(id, { end: lease.expectedEndMs, check: lease.checkAtMs, cpu: lease.cpuSeconds, wall: lease.wallSeconds, share: lease.share ?? 1, memory: lease.memoryBytes });
  }

  function checkNode(node: Node): void {
    const { name } = node;
    for (const lease of node.leases.values()) must(state.leases.get(lease.id) === lease, () => `${name} has ${lease.id}, which is gone`);
    const committed = [...node.leases.values()].reduce((sum, lease) => sum + lease.committedBytes, 0);
    must(near(node.committedBytes, committed), () => `${name} has set aside ${node.committedBytes} bytes for ${committed}`);
    must(node.countedSlots === node.slots, () => `${name}: ${node.countedSlots} slots counted of ${node.slots}`);
    must(node.reservedFor === undefined || (node.reservedFor.reserved === node && waiting.has(node.reservedFor)), () => `${name} is kept for a job that does not wait for it`);
    must(node.lastHeardMs <= now, () => `${name} was heard in the future`);
    finite(name, { rate: node.rate, capacity: node.capacity, speed: node.speed, share: node.observedShare, available: node.availableAtMs, others: node.othersMemoryBytes, cpu: node.cpuSeconds });
    const waitingAhead = [...node.leases.values()].filter((lease) => state.ahead.has(lease)).length;
    must(waitingAhead <= Math.max(0, node.leases.size - node.slots), () => `${name}: ${waitingAhead} jobs sent ahead, ${node.leases.size} leases in ${node.slots} slots`);
    const poolsOf = [...state.index.pools].filter((pool) => canRun(node, pool.requirements));
    must(node.places.length === poolsOf.length && poolsOf.every((pool) => node.places.some((place) => place.pool === pool)), () => `${name} is in ${node.places.length} pools, belongs to ${poolsOf.length}`);
  }

  function checkPool(pool: Pool): void {
    const { key } = pool.requirements;
    const able = [...state.nodes.values()].filter((node) => isAccepting(node) && canRun(node, pool.requirements));
    const free = able.filter((node) => node.leases.size < node.slots);
    must(pool.nodes === able.length, () => `pool ${key}: ${pool.nodes} nodes counted, there are ${able.length}`);
    must(pool.free === free.length, () => `pool ${key}: ${pool.free} free nodes counted, there are ${free.length}`);
    const capacity = able.reduce((sum, node) => sum + node.capacity, 0);
    must(near(pool.capacity, capacity), () => `pool ${key}: capacity ${pool.capacity}, should be ${capacity}`);
    const seconds = [...state.jobs.values()].filter((job) => job.spec.requirements.key === key).reduce((sum, job) => sum + job.leases.length * job.estimate.cpuSeconds, 0);
    must(near(pool.runningSeconds, seconds), () => `pool ${key}: ${pool.runningSeconds} s of work runs, should be ${seconds}`);
    const inFree = pool.buckets.flatMap((bucket) => namesIn(bucket.free));
    const inBusy = pool.buckets.flatMap((bucket) => namesIn(bucket.busy));
    must(sameNames(inFree, free), () => `pool ${key}: free are ${inFree.join(' ')}`);
    must(sameNames(inBusy, able.filter((node) => node.leases.size >= node.slots)), () => `pool ${key}: busy are ${inBusy.join(' ')}`);
    for (const [at, bucket] of pool.buckets.entries()) {
      const above = pool.buckets[at - 1];
      must(above === undefined || above.level > bucket.level, () => `pool ${key}: buckets out of order`);
      for (const { node } of [...bucket.free.entries, ...bucket.busy.entries]) must(node.rate <= bucket.rateMax * (1 + 1e-9), () => `pool ${key}: ${node.name} is too fast for its bucket`);
      // Smaller first: a parent's key is never behind its child's.
      for (const [index, { node }] of bucket.busy.entries.entries()) {
        const parent = index === 0 ? undefined : bucket.busy.entries[(index - 1) >> 1]?.node;
        must(parent === undefined || parent.availableAtMs <= node.availableAtMs, () => `pool ${key}: busy heap out of order`);
      }
      for (const [index, { node }] of bucket.free.entries.entries()) {
        const parent = index === 0 ? undefined : bucket.free.entries[(index - 1) >> 1]?.node;
        must(parent === undefined || parent.rate >= node.rate, () => `pool ${key}: free heap out of order`);
      }
    }
    const queued = [...waiting].filter((job) => job.spec.requirements.key === key && job.spec.requirements.node === undefined);
    const found = [...pool.queue.all(), ...pool.special];
    must(found.length === queued.length && queued.every((job) => found.includes(job)), () => `pool ${key}: ${found.length} jobs wait in it, should be ${queued.length}`);
    const work = pool.queue.all().reduce((sum, job) => sum + job.estimate.cpuSeconds, 0);
    must(near(pool.queue.workSeconds, work) && near(pool.queue.workFrom(0), work), () => `pool ${key}: ${pool.queue.workSeconds} s of work wait, should be ${work}`);
  }
}

const namesIn = (heap: NodeHeap): string[] => heap.entries.map(({ node }) => node.name);

const sameNames = (names: readonly string[], nodes: readonly Node[]): boolean =>
  names.length === nodes.length && nodes.every((node) => names.includes(node.name));
