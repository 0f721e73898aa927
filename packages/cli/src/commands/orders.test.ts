// The commands that order something, against an admin service over real gRPC.
import { createServer as createSocketServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientIdentity } from '@mosix/config';
import { err } from '@mosix/core';
import { rpcError } from '@mosix/protocol';
import type { RunCommand } from '../command.js';
import { configFor, decision, job, linesOf, node, startAdminFarm, type AdminFarm } from '../testing/admin-farm.js';
import { block, unblock } from './block.js';
import { run as bring } from './bring.js';
import { drain, undrain } from './drain.js';
import { run as expel } from './expel.js';
import { run as migrate } from './migrate.js';
import { run as nodes } from './nodes.js';
import { run as ps } from './ps.js';
import { run as setspeed } from './setspeed.js';

let farm: AdminFarm;
beforeEach(async () => {
  farm = await startAdminFarm();
  farm.nodes = [node('node1', { running: 2 }), node('node2'), node('node10')];
  farm.jobs = [job('17'), job('18', { user: 'bob@box' }), job('19', { user: 'bob@other', state: 'queued', node: '' })];
});
afterEach(() => farm.close());

const done = async (running: ReturnType<RunCommand>) => {
  const outcome = await running;
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return { data: outcome.value.data, text: linesOf(outcome.value).join('\n') };
};
const refused = async (running: ReturnType<RunCommand>) => {
  const outcome = await running;
  return outcome.ok ? undefined : outcome.error;
};

describe('orders about a node', () => {
  test('drain and undrain', async () => {
    expect(await done(farm.run(drain, ['node1']))).toEqual({ data: { node: 'node1', state: 'draining', running: 2 }, text: 'node1 takes no new jobs; 2 jobs still run there' });
    expect(await done(farm.run(undrain, ['node1']))).toMatchObject({ data: { state: 'ready' }, text: 'node1 takes jobs again' });
    expect(farm.orders).toEqual([{ name: 'setDrain', request: { node: 'node1', enabled: true } }, { name: 'setDrain', request: { node: 'node1', enabled: false } }]);
  });

  test('block, block --off and unblock', async () => {
    expect(await done(farm.run(block, ['node1']))).toEqual({ data: { node: 'node1', blocked: true, state: 'blocked', running: 2 }, text: 'node1 is blocked until mosix unblock node1; 2 jobs still run there (mosix expel node1 moves them away)' });
    expect(await done(farm.run(block, ['node1'], { off: true }))).toMatchObject({ data: { blocked: false, state: 'ready' }, text: 'node1 is not blocked any more' });
    await done(farm.run(unblock, ['node1']));
    expect(farm.orders.map((order) => order.request['enabled'])).toEqual([true, false, false]);
  });

  test('a name that is not there is blocked only on purpose', async () => {
    expect(await refused(farm.run(block, ['node12']))).toMatchObject({ code: 'unknown-node', hint: expect.stringMatching(/did you mean node1.*--ahead node12/) });
    expect(farm.orders).toEqual([]);
    expect(await done(farm.run(block, ['node12'], { ahead: true }))).toMatchObject({ data: { node: 'node12', blocked: true, state: 'absent' } });
    expect(await done(farm.run(unblock, ['node12']))).toMatchObject({ data: { blocked: false, state: 'absent' } });
  });

  test('expel', async () => {
    expect(await done(farm.run(expel, ['node1']))).toEqual({ data: { node: 'node1', moved: 2, queued: 1, stays: 0 }, text: 'node1 is blocked until mosix unblock node1; 2 jobs moved away, 1 waits for another node' });
  });

  test('setspeed', async () => {
    expect(await done(farm.run(setspeed, ['node2', '1.5']))).toEqual({ data: { node: 'node2', speed: 1.5, before: 1, source: 'set' }, text: 'node2: speed 1.50 (was 1.00)' });
    expect(await done(farm.run(setspeed, ['node2', 'auto']))).toMatchObject({ data: { speed: 1.1, source: 'benchmark' }, text: 'node2: speed 1.10, from its benchmark (was 1.00)' });
    expect(farm.orders.map((order) => order.request)).toEqual([{ node: 'node2', speed: 1.5, source: 'set', runs: [] }, { node: 'node2', speed: 0, source: 'set', runs: [] }]);
  });

  test.each(['0', '-1', '101', 'fast', '1e2', '', 'NaN'])('a speed of %j is refused before anybody is asked', async (speed) => {
    expect(await refused(farm.run(setspeed, ['node2', speed]))).toMatchObject({ code: 'usage', message: expect.stringContaining('is not a speed') });
    expect(farm.orders).toEqual([]);
  });

  test.each([['drain', drain, []], ['undrain', undrain, []], ['expel', expel, []], ['setspeed', setspeed, ['2']], ['bring', bring, []]] as const)('%s of an unknown node names those that come near', async (_name, command, more) => {
    expect(await refused(farm.run(command, ['node3', ...more]))).toMatchObject({ code: 'unknown-node', message: 'no node is called node3', hint: 'did you mean node1 or node2? mosix nodes lists all' });
    expect(await refused(farm.run(command, ['zebra', ...more]))).toMatchObject({ hint: 'mosix nodes lists them' });
  });
});

describe('orders about jobs', () => {
  test('migrate to a node, to the best one, home', async () => {
    expect(await done(farm.run(migrate, ['17', 'node2']))).toEqual({ data: { job: '17', from: 'node1', to: 'node2', method: 'race', text: 'copied from node1 to node2 after 2.0 s' }, text: 'job 17 copied from node1 to node2 after 2.0 s' });
    await done(farm.run(migrate, ['#17', 'best']));
    await done(farm.run(migrate, ['17', 'home']));
    expect(farm.orders.map((order) => order.request)).toEqual([{ job: '17', target: 'node2' }, { job: '17', target: 'best' }, { job: '17', target: 'home' }]);
  });

  test('bring: the own ones, a user by name on all machines, one on one machine, all', async () => {
    const own = clientIdentity();
    farm.jobs.push(job('20', { user: own }));
    expect(await done(farm.run(bring))).toMatchObject({ data: { node: null, jobs: 1 }, text: expect.stringMatching(/^1 job of .+@.+ brought home$/) });
    expect(await done(farm.run(bring, [], { user: 'bob' }))).toMatchObject({ data: { users: ['bob@box', 'bob@other'], jobs: 2 } });
    expect(await done(farm.run(bring, ['node1'], { user: 'bob@other' }))).toMatchObject({ data: { node: 'node1', jobs: 1 }, text: '1 job of bob@other brought home from node1' });
    expect(await done(farm.run(bring, [], { all: true }))).toMatchObject({ data: { users: [], jobs: 4 }, text: '4 jobs brought home' });
    expect(farm.orders.map((order) => order.request)).toEqual([{ node: '', user: own }, { node: '', user: 'bob@box' }, { node: '', user: 'bob@other' }, { node: 'node1', user: 'bob@other' }, { node: '', user: '' }]);
  });

  test('bring: nothing to bring, a user who has nothing, options that exclude each other', async () => {
    expect(await done(farm.run(bring, [], { user: 'eve@box' }))).toMatchObject({ data: { jobs: 0 }, text: 'no job of eve@box is on the farm' });
    expect(await refused(farm.run(bring, [], { user: 'eve' }))).toMatchObject({ code: 'unknown-user', hint: 'these have some: ada@box, bob@box, bob@other' });
    expect(await refused(farm.run(bring, [], { user: 'bob', all: true }))).toMatchObject({ code: 'usage' });
  });
});

describe('what a coordinator may refuse', () => {
  const refusing = async (problem: ReturnType<typeof rpcError>): Promise<AdminFarm> => {
    const other = await startAdminFarm(() => ({ migrate: () => err(problem), setDrain: () => err(problem) }));
    other.nodes = farm.nodes;
    other.jobs = farm.jobs;
    return other;
  };

  test.each([
    ['a job that has ended', 'not-found', '99', 'node2', { code: 'unknown-job', message: 'there is no job 99: it has ended, or never was' }],
    ['a target that is no node', 'not-found', '17', 'nod2', { code: 'unknown-node', message: 'no node is called nod2', hint: expect.stringContaining('node2') }],
    ['a job that stays, and why', 'failed-precondition', '17', 'best', { code: 'not-movable', message: 'job 17 (obj/17.o) cannot be moved: it asked for node1 by name' }],
  ] as const)('%s', async (_what, code, id, target, expected) => {
    const other = await refusing(rpcError(code, 'it asked for node1 by name'));
    expect(await refused(other.run(migrate, [id, target]))).toMatchObject(expected);
    await other.close();
  });

  test('something about a node, in its own words', async () => {
    const other = await refusing(rpcError('failed-precondition', 'node1 is not connected'));
    expect(await refused(other.run(drain, ['node1']))).toMatchObject({ code: 'not-now', message: 'node1 is not connected' });
    await other.close();
  });

  test('an order that an older coordinator does not know', async () => {
    const other = await startAdminFarm(() => ({ expel: undefined } as never));
    other.nodes = farm.nodes;
    expect(await refused(other.run(expel, ['node1']))).toMatchObject({ code: 'coordinator-old', hint: 'mosix status shows its version' });
    await other.close();
  });
});

describe('no coordinator', () => {
  test.each([['nodes', nodes], ['ps', ps], ['drain', drain], ['migrate', migrate], ['bring', bring], ['expel', expel], ['block', block]] as const)('%s says that nobody listens', async (_name, command) => {
    expect(await refused(command({ args: ['node1', 'best'], options: {}, config: configFor('127.0.0.1:1') }))).toMatchObject({ code: 'coordinator-unreachable', hint: expect.stringContaining('mosix up') });
    expect(await refused(command({ args: ['node1', 'best'], options: {}, config: configFor('none') }))).toMatchObject({ code: 'no-coordinator' });
  });

  test('something else listens there', async () => {
    const web = createSocketServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await new Promise<number>((resolve) => web.listen(0, '127.0.0.1', () => resolve((web.address() as { port: number }).port)));
    expect(await refused(expel({ args: ['node1'], options: {}, config: configFor(`127.0.0.1:${port}`) }))).toMatchObject({ code: 'coordinator-stranger' });
    web.close();
  });
});

describe('reading', () => {
  test('nodes and ps, for people and for scripts', async () => {
    const seen = await done(farm.run(nodes));
    expect(seen.text).toMatch(/^NODE .*\nnode1 .*\nnode2 .*\nnode10 .*\n3 nodes/s);
    expect(seen.data).toMatchObject({ nodes: [{ name: 'node1', slots: 4, speed: 1, state: 'ready' }, { name: 'node2' }, { name: 'node10' }], queued: 1 });
    const jobs = await done(farm.run(ps));
    expect(jobs.text).toMatch(/obj\/17\.o[\s\S]*2 running, 1 waiting \(bob@other 1\).*-a lists them/);
    expect(jobs.data).toMatchObject({ queued: 1, jobs: [{ job: '17', user: 'ada@box' }, { job: '18' }, { job: '19', state: 'queued' }] });
    expect((await done(farm.run(ps, [], { all: true }))).text).toMatch(/obj\/19\.o/);
  });

  test('decisions', async () => {
    farm.decisions = [decision('moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core')];
    const seen = await done(farm.run(ps, [], { decisions: true }));
    expect(seen.text).toContain('node3 -> node7');
    expect(seen.data).toMatchObject({ decisions: [{ job: '17', method: 'race', cause: 'starved', from: 'node3', to: 'node7' }] });
  });
});
