import { limits } from '../limits.js';
import { describe, expect, it } from 'vitest';
import { aheadDepth, createFarmState, step, type Command, type FarmEffect, type FarmEvent, type FarmState, type JobSpec, type NodeSpec, type ReannouncedLease, type Requirements } from './index.js';

const needs = (instructionSet: string): Requirements => ({ key: instructionSet, instructionSets: [instructionSet], labels: [] });
const jobSpec = (id: string, more: Partial<JobSpec> = {}): JobSpec => ({
  id, actionKey: `action-${id}`, joinable: true, requirements: needs('x86_64'), timeoutMs: 60_000, label: id, user: 'anna', priority: 0,
  costKeys: [], sourceBytes: 0, bulkKey: '', bulkBytes: 0, movable: true, ...more,
});
const nodeSpec = (name: string, more: Partial<NodeSpec> = {}): NodeSpec => ({
  name, instance: `${name}-1`, slots: 2, cores: more.slots ?? 2, speed: 1, instructionSets: new Set(['x86_64']), labels: new Map(), memoryBytes: 64e9, version: '1',
  live: false, ...more,
});

const finished = (leaseId: string, node: string, actionKey: string): FarmEvent => ({
  type: 'lease-finished', leaseId, actionKey, node, exitStatus: 0, cpuSeconds: 1, wallSeconds: 1, peakMemoryBytes: 1e6, outputBytes: 1e5,
});
/** All is well: each begun job got a whole processor since it began. */
const heartbeat = (state: FarmState, node: string, load = 0): FarmEvent => ({
  type: 'node-heartbeat', node, sequence: 0, load, freeMemoryBytes: 60e9, freeDiskBytes: 1e12, memoryPressure: 0,
  leases: [...(state.nodes.get(node)?.leases.values() ?? [])].filter((lease) => lease.state === 'started').map((lease) => ({
    leaseId: lease.id, cpuSeconds: lease.cpuSeconds + 1, wallSeconds: lease.wallSeconds + 1, memoryBytes: 1e6, paused: false,
  })),
});

/** A farm with a clock of its own, its effects collected. */
function farm(options: { workersExpectedSinceMs?: number } = {}) {
  let leases = 0;
  const state = createFarmState({ newLeaseId: (key) => `L${++leases}:${key}`, ...options });
  const self = {
    state,
    now: 0,
    send: (event: FarmEvent): FarmEffect[] => step(state, event, self.now),
    join: (name: string, more: Partial<NodeSpec> = {}, runningLeases: ReannouncedLease[] = []) =>
      self.send({ type: 'node-joined', node: nodeSpec(name, more), runningLeases }),
    submit: (id: string, more: Partial<JobSpec> = {}) => self.send({ type: 'submit', job: jobSpec(id, more), waiter: `op-${id}` }),
    fail: (leaseId: string, code = 'sandbox') => self.send({ type: 'lease-failed', leaseId, code, message: code, peakMemoryBytes: 0 }),
    finish: (leaseId: string, node: string) => self.send(finished(leaseId, node, leaseId.slice(leaseId.indexOf(':') + 1))),
    order: (command: Command) => self.send({ type: 'command', command }),
    /** Lets time pass in ticks; the named nodes send heartbeats. */
    pass: (ms: number, alive: string[] = []): FarmEffect[] => {
      const effects: FarmEffect[] = [];
      for (const end = self.now + ms; self.now < end; ) {
        self.now += limits.schedulerTickMs;
        for (const node of alive) effects.push(...self.send(heartbeat(state, node)));
        effects.push(...self.send({ type: 'tick' }));
      }
      return effects;
    },
  };
  return self;
}

const of = <T extends FarmEffect['type']>(effects: FarmEffect[], type: T) => effects.filter((each): each is Extract<FarmEffect, { type: T }> => each.type === type);
const assigns = (effects: FarmEffect[]) => of(effects, 'assign');
const outcomes = (effects: FarmEffect[]) => of(effects, 'done').map((each) => [each.jobId, each.outcome.kind]);
const leaseOf = (effects: FarmEffect[]): string => {
  const [assign] = assigns(effects);
  if (assign === undefined) throw new Error('nothing was assigned');
  return assign.leaseId;
};

describe('jobs', () => {
  it('go to a node, start, finish, and free the slot', () => {
    const f = farm();
    f.join('a');
    const lease = leaseOf(f.submit('1'));
    expect(f.state.nodes.get('a')?.leases.size).toBe(1);
    expect(of(f.send({ type: 'lease-started', leaseId: lease }), 'stage')).toEqual([{ type: 'stage', jobId: '1', stage: 'executing' }]);
    const done = f.finish(lease, 'a');
    expect(of(done, 'done')).toEqual([{ type: 'done', jobId: '1', waiters: ['op-1'], outcome: { kind: 'finished', node: 'a', leaseId: lease }, story: [expect.stringContaining('placed on a')] }]);
    expect(f.state.nodes.get('a')?.leases.size).toBe(0);
    expect(f.state.jobs.size + f.state.leases.size + f.state.inFlight.size).toBe(0);
  });

  it('wait in order of arrival when every slot is taken', () => {
    const f = farm();
    f.join('a', { slots: 1 });
    const first = leaseOf(f.submit('1'));
    expect(assigns(f.submit('2'))).toEqual([]);
    expect(assigns(f.submit('3'))).toEqual([]);
    const second = f.finish(first, 'a');
    expect(assigns(second).map((each) => each.jobId)).toEqual(['2']);
    expect(assigns(f.finish(leaseOf(second), 'a')).map((each) => each.jobId)).toEqual(['3']);
  });

  it('of one instruction set do not hold up those of another', () => {
    const f = farm();
    f.join('x', { slots: 1 });
    f.join('arm', { slots: 1, instructionSets: new Set(['aarch64']) });
    f.submit('1');
    f.submit('2');
    expect(assigns(f.submit('3', { requirements: needs('aarch64') }))).toMatchObject([{ node: 'arm', jobId: '3' }]);
  });

  it('end only for the last waiter; then the lease is cancelled and keeps its slot until the node confirms', () => {
    const f = farm();
    f.join('a', { slots: 1 });
    const lease = leaseOf(f.submit('1'));
    f.send({ type: 'join', jobId: '1', waiter: 'op-other' });
    expect(f.send({ type: 'leave', jobId: '1', waiter: 'op-1' })).toEqual([]);
    const left = f.send({ type: 'leave', jobId: '1', waiter: 'op-other' });
    expect(of(left, 'cancel-lease')).toMatchObject([{ node: 'a', leaseId: lease }]);
    expect(outcomes(left)).toEqual([['1', 'cancelled']]);
    expect(assigns(f.submit('2'))).toEqual([]);
    expect(assigns(f.fail(lease, 'cancelled'))).toMatchObject([{ jobId: '2' }]);
    expect(f.state.nodes.get('a')?.trouble).toBe(0);
  });

  it('get back the slot of a cancelled lease that is never confirmed', () => {
    const f = farm();
    f.join('a', { slots: 1 });
    f.submit('1');
    f.send({ type: 'leave', jobId: '1', waiter: 'op-1' });
    f.submit('2');
    expect(assigns(f.pass(limits.leaseCancelMsMax + 1_000, ['a']))).toMatchObject([{ jobId: '2' }]);
  });

  it('that were cancelled leave the queue', () => {
    const f = farm();
    f.join('a', { slots: 1 });
    // The second may be sent ahead of the free slot; the third and the fourth wait here.
    const given = ['1', '2', '3', '4'].flatMap((id) => assigns(f.submit(id)));
    const waiting = ['2', '3', '4'].filter((id) => !given.some((each) => each.jobId === id));
    expect(waiting).toContain('3');
    expect(outcomes(f.send({ type: 'leave', jobId: '3', waiter: 'op-3' }))).toEqual([['3', 'cancelled']]);
    for (let next = given.shift(); next !== undefined; next = given.shift()) {
      f.send({ type: 'lease-started', leaseId: next.leaseId });
      given.push(...assigns(f.finish(next.leaseId, 'a')));
      if (next.jobId === '4') break;
      expect(next.jobId).not.toBe('3');
    }
    expect([f.state.jobs.size, f.state.index.queued]).toEqual([0, 0]);
  });
});

describe('retries', () => {
  it('go to another node, three times at most, then the client is told', () => {
    const f = farm();
    for (const name of ['a', 'b', 'c', 'd']) f.join(name);
    const nodes: string[] = [];
    let effects = f.submit('1');
    for (let attempt = 1; attempt <= limits.attemptsMax; attempt++) {
      const [assign] = assigns(effects);
      nodes.push(assign?.node ?? '?');
      effects = f.fail(assign?.leaseId ?? '?');
    }
    expect(new Set(nodes).size).toBe(limits.attemptsMax);
    expect(of(effects, 'done')).toMatchObject([{ outcome: { kind: 'gave-up', code: 'sandbox' } }]);
    expect(f.state.retries).toBe(limits.attemptsMax - 1);
  });

  it('keep their place before later jobs', () => {
    const f = farm();
    f.join('a', { slots: 1 });
    f.join('b', { slots: 1 });
    const first = leaseOf(f.submit('1'));
    const second = leaseOf(f.submit('2'));
    f.submit('3');
    f.fail(first); // a takes 3, since 1 must not go back to a
    expect(assigns(f.finish(second, 'b'))).toMatchObject([{ node: 'b', jobId: '1' }]);
  });

  it('use the same node when there is no other', () => {
    const f = farm();
    f.join('a');
    expect(assigns(f.fail(leaseOf(f.submit('1'))))).toMatchObject([{ node: 'a', jobId: '1' }]);
  });

  it('are not made for a job that ran into its timeout', () => {
    const f = farm();
    f.join('a');
    f.join('b');
    expect(of(f.fail(leaseOf(f.submit('1')), 'timeout'), 'done')).toMatchObject([{ outcome: { kind: 'gave-up', code: 'timeout' } }]);
  });

  it('follow a look into the store when inputs were missing', () => {
    const f = farm();
    f.join('a');
    f.join('b');
    const lease = leaseOf(f.submit('1'));
    const failed = f.fail(lease, 'missing-input');
    expect(failed).toEqual([{ type: 'verify-inputs', jobId: '1', leaseId: lease }]);
    const again = f.send({ type: 'verified', jobId: '1', complete: true });
    expect(assigns(again)).toMatchObject([{ node: 'b', jobId: '1' }]);
    f.fail(leaseOf(again), 'missing-input');
    expect(outcomes(f.send({ type: 'verified', jobId: '1', complete: false }))).toEqual([['1', 'missing']]);
  });

  it('end when a job is cancelled during the look into the store', () => {
    const f = farm();
    f.join('a');
    f.fail(leaseOf(f.submit('1')), 'missing-input');
    expect(outcomes(f.send({ type: 'leave', jobId: '1', waiter: 'op-1' }))).toEqual([['1', 'cancelled']]);
    expect(f.send({ type: 'verified', jobId: '1', complete: true })).toEqual([]);
  });
});

describe('nodes that go', () => {
  it('silent: the leases move, the stream is closed', () => {
    const f = farm();
    f.join('a');
    f.submit('1');
    f.join('b', { speed: 0.5 });
    const effects = f.pass(limits.leaseExpiryMs + 500, ['b']);
    expect(of(effects, 'close-stream')).toEqual([{ type: 'close-stream', node: 'a' }]);
    expect(assigns(effects)).toMatchObject([{ node: 'b', jobId: '1' }]);
    expect(f.state.nodes.get('a')?.state).toBe('lost');
  });

  it('with a broken stream: a short grace, in which the same instance can take up its leases', () => {
    const f = farm();
    f.join('a');
    f.join('b', { speed: 0.5 });
    const lease = leaseOf(f.submit('1'));
    f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' });
    expect(assigns(f.pass(1_000, ['b']))).toEqual([]);
    expect(of(f.join('a', {}, [{ leaseId: lease, adopt: undefined }]), 'welcome')).toEqual([{ type: 'welcome', node: 'a', unknownLeases: [] }]);
    expect(assigns(f.pass(limits.leaseStartMsMax / 2, ['a', 'b']))).toEqual([]);
    expect(outcomes(f.finish(lease, 'a'))).toEqual([['1', 'finished']]);
  });

  it('and do not return in time: the leases move', () => {
    const f = farm();
    f.join('a');
    f.join('b', { speed: 0.5 });
    f.submit('1');
    f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' });
    expect(assigns(f.pass(limits.brokenStreamGraceMs + 500, ['b']))).toMatchObject([{ node: 'b', jobId: '1' }]);
  });

  it('and restart: the leases of the old process move at once', () => {
    const f = farm();
    f.join('a');
    f.join('b', { speed: 0.5 });
    f.submit('1');
    f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' });
    expect(assigns(f.join('a', { instance: 'a-2' }))).toMatchObject([{ node: 'b', jobId: '1' }]);
  });

  it('and come back without a lease they had: it is retried unless the result arrives soon', () => {
    const f = farm();
    f.join('a');
    f.join('b', { speed: 0.5 });
    const one = leaseOf(f.submit('1'));
    f.submit('2');
    f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' });
    f.join('a');
    expect(outcomes(f.finish(one, 'a'))).toEqual([['1', 'finished']]);
    expect(assigns(f.pass(limits.leaseReattachMs + 500, ['a', 'b']))).toMatchObject([{ node: 'b', jobId: '2' }]);
  });

  it('first result wins: that of a lease given up as lost counts, the second run is cancelled', () => {
    const f = farm();
    f.join('a');
    f.join('b', { speed: 0.5 });
    const lost = leaseOf(f.submit('1'));
    const moved = leaseOf(f.pass(limits.leaseExpiryMs + 500, ['b']));
    const effects = f.finish(lost, 'a');
    expect(of(effects, 'cancel-lease')).toMatchObject([{ node: 'b', leaseId: moved }]);
    expect(outcomes(effects)).toEqual([['1', 'finished']]);
  });

  it('are not thought silent when it was this process that stood still', () => {
    const f = farm();
    f.join('a');
    const lease = leaseOf(f.submit('1'));
    f.pass(1_000, ['a']);
    f.now += 60_000;
    expect(f.send({ type: 'tick' })).toEqual([]);
    expect(outcomes(f.finish(lease, 'a'))).toEqual([['1', 'finished']]);
  });

  it('drain: no new job, running ones end; and take work again', () => {
    const f = farm();
    f.join('a', { slots: 2 });
    const lease = leaseOf(f.submit('1'));
    f.order({ kind: 'drain', node: 'a', enabled: true });
    expect(assigns(f.submit('2'))).toEqual([]);
    expect(outcomes(f.finish(lease, 'a'))).toEqual([['1', 'finished']]);
    expect(assigns(f.order({ kind: 'drain', node: 'a', enabled: false }))).toMatchObject([{ jobId: '2' }]);
  });

  it('leave after draining: what they still had moves at once', () => {
    const f = farm();
    f.join('a');
    f.submit('1');
    f.join('b', { speed: 0.5 });
    f.send({ type: 'node-draining', node: 'a' });
    expect(assigns(f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' }))).toMatchObject([{ node: 'b', jobId: '1' }]);
  });
});

describe('no worker', () => {
  it('was ever there: told at once', () => {
    expect(outcomes(farm().submit('1'))).toEqual([['1', 'no-worker']]);
  });

  it('of that instruction set: told at once', () => {
    const f = farm();
    f.join('a');
    expect(outcomes(f.submit('1', { requirements: needs('aarch64') }))).toEqual([['1', 'no-worker']]);
  });

  it('is left: told after the grace, unless one returns', () => {
    const f = farm();
    f.join('a');
    f.send({ type: 'stream-broken', node: 'a', instance: 'a-1' });
    expect(outcomes(f.submit('1'))).toEqual([]);
    expect(outcomes(f.pass(limits.noWorkerGraceMs - 1_000))).toEqual([]);
    expect(outcomes(f.pass(2_000))).toEqual([['1', 'no-worker']]);
    expect(outcomes(f.submit('2'))).toEqual([['2', 'no-worker']]);
    f.join('a', { instance: 'a-2' });
    expect(assigns(f.submit('3'))).toHaveLength(1);
  });

  it('is here yet after a restart of the coordinator: jobs wait for the grace', () => {
    const f = farm({ workersExpectedSinceMs: 0 });
    expect(outcomes(f.submit('1'))).toEqual([]);
    expect(assigns(f.join('a'))).toMatchObject([{ jobId: '1' }]);
  });
});

describe('a coordinator that restarted', () => {
  it('adopts running leases; clients that ask again join them', () => {
    const f = farm();
    const welcome = f.join('a', {}, [{ leaseId: 'old', adopt: jobSpec('1') }, { leaseId: 'strange', adopt: undefined }]);
    expect(welcome[0]).toEqual({ type: 'welcome', node: 'a', unknownLeases: ['strange'] });
    expect(f.state.nodes.get('a')?.leases.size).toBe(1);
    expect(f.state.inFlight.get('action-1')?.id).toBe('1');
    f.send({ type: 'join', jobId: '1', waiter: 'op-again' });
    expect(of(f.finish('old', 'a'), 'done')).toMatchObject([{ waiters: ['op-again'], outcome: { kind: 'finished' } }]);
  });

  it('gives a queued job its old lease back instead of running it twice', () => {
    const f = farm({ workersExpectedSinceMs: 0 });
    f.submit('new', { actionKey: 'same' });
    const effects = f.join('a', {}, [{ leaseId: 'old', adopt: jobSpec('old', { actionKey: 'same' }) }]);
    expect(assigns(effects)).toEqual([]);
    expect(of(f.send(finished('old', 'a', 'same')), 'done')).toMatchObject([{ jobId: 'new', waiters: ['op-new'] }]);
  });

  it('stops runs that nobody may share', () => {
    const f = farm();
    expect(f.join('a', {}, [{ leaseId: 'old', adopt: jobSpec('1', { joinable: false }) }])[0]).toMatchObject({ unknownLeases: ['old'] });
  });

  it('forgets an adopted job that fails and that nobody asked for again', () => {
    const f = farm();
    f.join('a', {}, [{ leaseId: 'old', adopt: jobSpec('1') }]);
    expect(assigns(f.fail('old'))).toEqual([]);
    expect(f.state.jobs.size).toBe(0);
  });
});

describe('quarantine', () => {
  const breakNode = (f: ReturnType<typeof farm>, bad: string): FarmEffect[] => {
    const all: FarmEffect[] = [];
    for (let index = 0; index < limits.quarantineTrouble; index++) {
      const effects = f.submit(`${bad}-${f.now}-${index}`);
      const assign = assigns(effects).find((each) => each.node === bad);
      if (assign === undefined) throw new Error(`${bad} got no job`);
      const failed = f.fail(assign.leaseId);
      all.push(...failed);
      for (const moved of assigns(failed)) f.finish(moved.leaseId, moved.node);
    }
    return all;
  };

  it('comes after failures in a row, expires, and grows', () => {
    const f = farm();
    f.join('bad', { speed: 10 });
    f.join('good');
    expect(of(breakNode(f, 'bad'), 'node-state')).toMatchObject([{ node: 'bad', state: 'quarantined' }]);
    expect(assigns(f.submit('x'))).toMatchObject([{ node: 'good' }]);
    f.pass(limits.quarantineMsFirst - 1_000, ['bad', 'good']);
    expect(f.state.nodes.get('bad')?.state).toBe('quarantined');
    f.pass(1_500, ['bad', 'good']);
    expect(f.state.nodes.get('bad')?.state).toBe('ready');
    f.fail(leaseOf(f.submit('y')));
    expect(f.state.nodes.get('bad')?.state).toBe('quarantined');
    f.pass(limits.quarantineMsFirst + 1_000, ['bad', 'good']);
    expect(f.state.nodes.get('bad')?.state).toBe('quarantined');
    f.pass(limits.quarantineMsFirst, ['bad', 'good']);
    expect(f.state.nodes.get('bad')?.state).toBe('ready');
  });

  it('never takes the last node, and lets one out when the others go', () => {
    const f = farm();
    f.join('bad', { speed: 10 });
    for (let index = 0; index < 10; index++) {
      let effects = f.submit(`${index}`);
      while (assigns(effects).length > 0) effects = f.fail(leaseOf(effects));
    }
    expect(f.state.nodes.get('bad')?.state).toBe('ready');

    const g = farm();
    g.join('bad', { speed: 10 });
    g.join('good');
    breakNode(g, 'bad');
    expect(g.state.nodes.get('bad')?.state).toBe('quarantined');
    g.send({ type: 'stream-broken', node: 'good', instance: 'good-1' });
    expect(g.state.nodes.get('bad')?.state).toBe('ready');
  });
});

describe('whatever happens', () => {
  const check = (state: FarmState, effects: FarmEffect[], ended: Set<string>, seed: string): void => {
    for (const node of state.nodes.values()) {
      let committed = 0;
      for (const lease of node.leases.values()) committed += lease.committedBytes;
      if (Math.abs(committed - node.committedBytes) > 1) throw new Error(`${seed}: ${node.name} counts the memory of its leases wrong`);
      if (node.leases.size > node.slots + aheadDepth(node)) throw new Error(`${seed}: ${node.name} over its slots`);
    }
    const connected = [...state.nodes.values()].filter((node) => node.connected && !node.drainAsked && !node.drainingItself);
    if (connected.length > 0 && connected.every((node) => node.state === 'quarantined')) throw new Error(`${seed}: whole farm in quarantine`);
    for (const done of of(effects, 'done')) {
      if (ended.has(done.jobId)) throw new Error(`${seed}: ${done.jobId} answered twice`);
      ended.add(done.jobId);
    }
    for (const job of state.jobs.values()) {
      if (job.state === 'running' && job.leases.length === 0) throw new Error(`${seed}: ${job.id} runs nowhere`);
      if (job.leases.some((lease) => state.leases.get(lease.id) !== lease)) throw new Error(`${seed}: ${job.id} has a lease that is not there`);
      if (job.leases.length > 2) throw new Error(`${seed}: ${job.id} runs too often`);
      if (job.attempts > limits.attemptsMax) throw new Error(`${seed}: ${job.id} tried too often`);
    }
    for (const lease of state.leases.values()) {
      if (lease.state !== 'cancelling' && !lease.job.leases.includes(lease)) throw new Error(`${seed}: lease ${lease.id} of nobody`);
    }
  };

  it('no job is lost or answered twice, no slot exceeded, and everything ends', () => {
    for (let seed = 1; seed <= 60; seed++) {
      let a = seed * 2654435761;
      const random = (below: number): number => {
        a = (Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
        return ((a ^ (a >>> 13)) >>> 0) % below;
      };
      const pick = <T>(from: Iterable<T>): T | undefined => { const all = [...from]; return all[random(Math.max(1, all.length))]; };
      const f = farm();
      const ended = new Set<string>();
      const submitted: string[] = [];
      const run = (event: FarmEvent): void => check(f.state, f.send(event), ended, `seed ${seed}`);
      for (let turn = 0; turn < 400; turn++) {
        const node = pick(['a', 'b', 'c', 'd']) ?? 'a';
        const lease = pick(f.state.leases.values());
        switch (random(14)) {
          case 0: case 1:
            if (f.state.nodes.get(node)?.connected !== true) {
              const mine = [...(f.state.nodes.get(node)?.leases.keys() ?? [])].filter(() => random(2) === 0);
              run({ type: 'node-joined', node: nodeSpec(node, { instance: `${node}-${random(3)}`, slots: 2 }), runningLeases: mine.map((leaseId) => ({ leaseId, adopt: undefined })) });
            }
            break;
          case 2: case 3: case 4: case 5: {
            const id = `j${turn}`;
            submitted.push(id);
            run({ type: 'submit', job: jobSpec(id), waiter: `w${turn}` });
            break;
          }
          case 6: case 7: if (lease !== undefined) run({ type: 'lease-started', leaseId: lease.id }); break;
          case 8: if (lease !== undefined) run(finished(lease.id, lease.node.name, lease.job.spec.actionKey)); break;
          case 9: if (lease !== undefined) run({ type: 'lease-failed', leaseId: lease.id, code: pick(['sandbox', 'timeout', 'cancelled', 'missing-input']) ?? '', message: '', peakMemoryBytes: 0 }); break;
          case 10: { const known = f.state.nodes.get(node); if (known !== undefined) run({ type: 'stream-broken', node, instance: known.instance }); break; }
          case 11: { const job = pick(f.state.jobs.values()); const waiter = job === undefined ? undefined : pick(job.waiters); if (job !== undefined && waiter !== undefined) run({ type: 'leave', jobId: job.id, waiter }); break; }
          case 12: run({ type: 'command', command: { kind: 'drain', node, enabled: random(2) === 0 } }); break;
          default: {
            const job = pick([...f.state.jobs.values()].filter((each) => each.state === 'verifying'));
            if (job !== undefined) run({ type: 'verified', jobId: job.id, complete: random(2) === 0 });
            for (const each of f.state.nodes.values()) if (each.connected && random(4) > 0) run(heartbeat(f.state, each.name, random(3)));
            f.now += limits.schedulerTickMs;
            run({ type: 'tick' });
          }
        }
      }
      for (const job of [...f.state.jobs.values()]) if (job.state === 'verifying') run({ type: 'verified', jobId: job.id, complete: true });
      // Nobody reports anything any more: time alone must end every job.
      for (const end = f.now + 400_000; f.now < end; ) { f.now += 900; run({ type: 'tick' }); }
      expect(submitted.filter((id) => !ended.has(id)), `seed ${seed}`).toEqual([]);
      expect([f.state.jobs.size, f.state.leases.size, f.state.index.queued], `seed ${seed}`).toEqual([0, 0, 0]);
    }
  });
});
