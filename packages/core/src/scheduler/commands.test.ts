import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, assignments, createFarm, decisionsOf, GIB, labelled, oneOf, only, type TestFarm } from './testing/farm.js';

const refusal = (farm: TestFarm, jobId: string, target: string): unknown => {
  const before = farm.log.length;
  const answer = farm.command({ kind: 'migrate', jobId, target });
  // A refusal changes nothing.
  expect(farm.log.slice(before).map((effect) => effect.type)).toEqual(['answer']);
  return answer.ok ? answer.value : `${answer.error.code}: ${answer.error.message}`;
};

function running(id = 'a', seconds = 60): TestFarm {
  const farm = createFarm();
  farm.join('n1');
  farm.submit(id, { seconds });
  farm.start(id);
  farm.join('n2');
  return farm;
}

describe('migrate', () => {
  test('to a named node', () => {
    const farm = running();
    farm.advance(4_100);
    const answer = farm.command({ kind: 'migrate', jobId: 'a', target: 'n2' });
    expect(answer).toMatchObject({ ok: true, value: { kind: 'migrate', from: 'n1', to: 'n2', method: 'restart', text: 'moved from n1 to n2 after 4.1 s: asked by a person' } });
    expect(farm.where('a')).toEqual(['n2']);
    expect([farm.node('n1').movesOut, farm.node('n2').movesIn]).toEqual([1, 1]);
  });

  test('to the best', () => {
    const farm = running();
    farm.join('fast', { speed: 4 });
    expect(farm.command({ kind: 'migrate', jobId: 'a', target: 'best' })).toMatchObject({ ok: true, value: { to: 'fast' } });
  });

  test('a waiting job goes to the node that has room', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('first', { seconds: 60 });
    farm.submit('a', { seconds: 600 });
    farm.join('n2', { speed: 0.01 });
    expect(farm.job('a').state).toBe('queued');
    expect(farm.command({ kind: 'migrate', jobId: 'a', target: 'n2' })).toMatchObject({ ok: true, value: { from: '', to: 'n2', text: 'sent to n2 from the queue' } });
    expect(farm.where('a')).toEqual(['n2']);
    expect(farm.job('a').attempts).toBe(1);
  });

  test('home: it is given back to its client', () => {
    const farm = running();
    const before = farm.log.length;
    expect(farm.command({ kind: 'migrate', jobId: 'a', target: 'home' })).toMatchObject({ ok: true, value: { from: 'n1', to: 'home', method: 'home' } });
    const effects = farm.log.slice(before);
    expect(effects.map((effect) => effect.type)).toEqual(['answer', 'decision', 'cancel-lease', 'done']);
    expect(oneOf(effects, 'done').outcome).toMatchObject({ kind: 'gave-up', code: 'brought-home' });
  });

  test('live, where the other processor has all that the program may have chosen', () => {
    const farm = createFarm();
    farm.join('n1', { live: true, instructionSets: new Set(['x86_64', 'avx2']) });
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    farm.join('same', { live: true, instructionSets: new Set(['x86_64', 'avx2']) });
    farm.join('older', { live: true });
    expect(farm.command({ kind: 'migrate', jobId: 'a', target: 'older' })).toMatchObject({ ok: true, value: { method: 'restart' } });
    farm.start('a');
    expect(farm.command({ kind: 'migrate', jobId: 'a', target: 'same' })).toMatchObject({ ok: true, value: { method: 'live' } });
  });

  test('refuses, and says why', () => {
    const farm = running();
    farm.join('arm', { instructionSets: new Set(['aarch64']) });
    farm.join('full');
    farm.submit('filler', { seconds: 60, requirements: only('full') });
    farm.join('small', { slots: 2, memoryBytes: GIB });
    farm.submit('big', { seconds: 60, requirements: only('small'), memoryBytes: GIB * 0.9 });
    farm.join('blocked');
    farm.command({ kind: 'block', node: 'blocked', enabled: true });
    farm.join('other', { labels: new Map([['os', 'sid']]) });
    farm.submit('stays', { seconds: 60, movable: false, requirements: labelled('os', 'sid') });
    expect(refusal(farm, 'ghost', 'n2')).toBe('no-such-job: job ghost is not here: it has ended, or never was');
    expect(refusal(farm, 'a', 'n9')).toBe('no-such-node: no node is called n9');
    expect(refusal(farm, 'a', 'n1')).toBe('not-movable: it runs on n1 already');
    expect(refusal(farm, 'a', 'arm')).toBe('not-movable: arm cannot run it: it lacks x86_64');
    expect(refusal(farm, 'a', 'full')).toBe('not-movable: all 1 slots of full are taken');
    expect(refusal(farm, 'a', 'small')).toBe('not-movable: small has too little free memory for it');
    expect(refusal(farm, 'a', 'blocked')).toBe('not-movable: blocked takes no jobs: it is blocked (blocked by a person)');
    expect(refusal(farm, 'filler', 'n2')).toBe('not-movable: it asked for full by name');
    expect(refusal(farm, 'stays', 'n2')).toBe('not-movable: it was started with --no-migrate');
  });

  test('best: every other node is full, or there is none', () => {
    const farm = running();
    farm.submit('b', { seconds: 60 });
    expect(refusal(farm, 'a', 'best')).toBe('not-movable: every other node that can run it is full');
    farm.command({ kind: 'drain', node: 'n2', enabled: true });
    expect(refusal(farm, 'a', 'best')).toBe('not-movable: no other node can run it');
  });

  test('a job that runs twice stays, and one whose inputs are looked at', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 10 });
    farm.start('a');
    farm.join('n2');
    farm.join('n3');
    for (let second = 0; second < 5; second += 1) {
      farm.advance(1_000);
      farm.beat('n1', { share: 0.1 });
    }
    expect(refusal(farm, 'a', 'n3')).toBe('not-movable: it runs twice already, on n1 and n2');
    farm.fail('a', 'internal', { node: 'n1' });
    farm.fail('a', 'missing-input');
    expect(refusal(farm, 'a', 'n3')).toBe('not-movable: its inputs are being looked at');
  });
});

describe('drain and block', () => {
  test('running jobs end, new ones go elsewhere, and undrain takes it back', () => {
    const farm = running();
    expect(farm.command({ kind: 'drain', node: 'n1', enabled: true })).toEqual({ ok: true, value: { kind: 'drain', running: 1 } });
    expect(farm.node('n1').state).toBe('draining');
    farm.submit('b', { seconds: 1 });
    expect(farm.where('b')).toEqual(['n2']);
    farm.finish('a');
    farm.submit('c', { seconds: 1 });
    expect(farm.job('c').state).toBe('queued');
    expect(farm.command({ kind: 'drain', node: 'n1', enabled: false })).toMatchObject({ ok: true });
    expect(farm.where('c')).toEqual(['n1']);
    expect(allOf(farm.log, 'drain-node').map((effect) => effect.enabled)).toEqual([true, false]);
  });

  test.each(['drain', 'block'] as const)('%s: what was sent ahead of a free slot is asked back', (kind) => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 1 });
    farm.start('a');
    for (const id of ['b', 'c', 'd', 'e']) farm.submit(id, { seconds: 1 });
    expect(farm.where('b')).toEqual(['n1']);
    const before = farm.log.length;
    farm.command({ kind, node: 'n1', enabled: true });
    expect(oneOf(farm.log.slice(before), 'recall').leaseId).toBe(farm.lease('b').id);
    expect(farm.where('a')).toEqual(['n1']);
    farm.fail('b', 'recalled');
    farm.join('n2');
    expect(farm.where('b')).toEqual(['n2']);
  });

  test('undrain also ends a drain that the worker asked for', () => {
    const farm = running();
    farm.send({ type: 'node-draining', node: 'n2' });
    expect(farm.node('n2').state).toBe('draining');
    farm.command({ kind: 'drain', node: 'n2', enabled: false });
    expect(farm.node('n2').state).toBe('ready');
  });

  test('a block holds when the node comes back, and even before it comes', () => {
    const farm = createFarm({ blocked: ['n3'] });
    farm.join('n3');
    expect(farm.node('n3').state).toBe('blocked');
    farm.command({ kind: 'block', node: 'n4', enabled: true });
    farm.join('n4');
    expect(farm.node('n4').state).toBe('blocked');
    farm.join('n4', { instance: 'n4-2' });
    expect(farm.node('n4').state).toBe('blocked');
    farm.command({ kind: 'block', node: 'n4', enabled: false });
    expect(farm.node('n4').state).toBe('ready');
    expect(allOf(farm.log, 'blocked').map(({ node, enabled }) => [node, enabled])).toEqual([['n4', true], ['n4', false]]);
  });

  test('unknown nodes', () => {
    const farm = running();
    for (const command of [{ kind: 'drain', node: 'x', enabled: true }, { kind: 'block', node: 'x', enabled: false }, { kind: 'expel', node: 'x' }, { kind: 'bring', node: 'x', user: '' }, { kind: 'hold', node: 'x', holdMs: 1 }] as const) {
      expect(farm.command(command)).toMatchObject({ ok: false, error: { code: 'no-such-node' } });
    }
  });

  test('drained, owned, blocked at once: it takes jobs when the last of them is over', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.command({ kind: 'drain', node: 'n1', enabled: true });
    farm.send({ type: 'owner', node: 'n1', active: true, reason: 'keyboard' });
    farm.command({ kind: 'block', node: 'n1', enabled: true });
    farm.submit('a', { seconds: 1 });
    const states = [farm.node('n1').state];
    farm.command({ kind: 'drain', node: 'n1', enabled: false });
    states.push(farm.node('n1').state);
    farm.command({ kind: 'block', node: 'n1', enabled: false });
    states.push(farm.node('n1').state);
    expect(farm.job('a').state).toBe('queued');
    farm.send({ type: 'owner', node: 'n1', active: false, reason: '' });
    states.push(farm.node('n1').state);
    expect(states).toEqual(['draining', 'blocked', 'owner', 'ready']);
    expect(farm.where('a')).toEqual(['n1']);
  });
});

describe('expel', () => {
  test('moves what it can, queues the rest, and blocks the node', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4 });
    for (const id of ['a', 'b']) {
      farm.submit(id, { seconds: 60 });
      farm.start(id);
    }
    farm.submit('pinned', { seconds: 60, requirements: only('n1') });
    farm.start('pinned');
    farm.join('n2');
    const before = farm.log.length;
    expect(farm.command({ kind: 'expel', node: 'n1' })).toEqual({ ok: true, value: { kind: 'expel', moved: 1, queued: 1, stays: 1 } });
    expect(decisionsOf(farm.log.slice(before)).map(({ cause, to }) => [cause, to])).toEqual([['expel', 'n2'], ['expel', '']]);
    expect(farm.node('n1').state).toBe('blocked');
    expect(farm.where('pinned')).toEqual(['n1']);
    expect(assignments(farm.finish('a'))).toEqual(['b>n2']);
  });

  test('a job that must not move runs to its end', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2 });
    farm.submit('stays', { seconds: 60, movable: false });
    farm.start('stays');
    // Not begun: nothing is moved.
    farm.submit('waits', { seconds: 60, movable: false });
    farm.join('n2');
    expect(farm.command({ kind: 'expel', node: 'n1' })).toEqual({ ok: true, value: { kind: 'expel', moved: 1, queued: 0, stays: 1 } });
    expect(farm.where('stays')).toEqual(['n1']);
    expect(farm.where('waits')).toEqual(['n2']);
  });
});

describe('bring', () => {
  test('of one node, of one user, of all', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a1', { user: 'ann' });
    farm.join('n2');
    farm.submit('b1', { user: 'bob' });
    farm.submit('a2', { user: 'ann' });
    farm.submit('b2', { user: 'bob' });
    expect(farm.command({ kind: 'bring', node: 'n1', user: 'bob' })).toEqual({ ok: true, value: { kind: 'bring', jobs: 0 } });
    expect(farm.command({ kind: 'bring', node: '', user: 'bob' })).toEqual({ ok: true, value: { kind: 'bring', jobs: 2 } });
    expect([...farm.state.jobs.keys()]).toEqual(['a1', 'a2']);
    expect(farm.command({ kind: 'bring', node: 'n1', user: '' })).toEqual({ ok: true, value: { kind: 'bring', jobs: 1 } });
    expect(farm.command({ kind: 'bring', node: '', user: '' })).toEqual({ ok: true, value: { kind: 'bring', jobs: 1 } });
    expect(allOf(farm.log, 'done').map(({ jobId, outcome }) => [jobId, outcome.kind === 'gave-up' ? outcome.code : ''])).toEqual(
      ['b1', 'b2', 'a1', 'a2'].map((id) => [id, 'brought-home']),
    );
  });
});

describe('hold', () => {
  test('for its time the node takes only jobs that name it', () => {
    const farm = createFarm();
    farm.join('n1');
    expect(farm.command({ kind: 'hold', node: 'n1', holdMs: 3_000 })).toEqual({ ok: true, value: { kind: 'hold', running: 0 } });
    farm.submit('a', { seconds: 1 });
    farm.submit('measure', { seconds: 1, requirements: only('n1') });
    expect([farm.where('a'), farm.where('measure')]).toEqual([[], ['n1']]);
    farm.finish('measure');
    expect(farm.job('a').state).toBe('queued');
    farm.advance(3_250);
    expect(farm.where('a')).toEqual(['n1']);
  });

  test('is bounded, and can be ended', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.command({ kind: 'hold', node: 'n1', holdMs: 1e9 });
    expect(farm.node('n1').heldUntilMs).toBe(limits.holdMsMax);
    farm.command({ kind: 'hold', node: 'n1', holdMs: 0 });
    expect(farm.node('n1').state).toBe('ready');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    expect(farm.command({ kind: 'hold', node: 'n1', holdMs: 1 })).toMatchObject({ ok: false, error: { code: 'node-away' } });
  });
});
