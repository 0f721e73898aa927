// Many workers that join and leave at once: nothing of them is left. Streams are real in the first test; in the second, which is larger,
// only the farm is.
import { createHistory, limits, type NodeSpec } from '@mosix/core';
import { nullLogger } from '@mosix/observe';
import { connect } from '@mosix/protocol';
import { expect, it } from 'vitest';
import { nullHistoryStore } from '../history/history-store.js';
import { startTestFarm, until } from '../testing/farm.js';
import { newCounters } from './counters.js';
import { createFarm, type FarmPorts } from './farm.js';
import { noLiveMigration } from './live-migration.js';
import type { Session } from './membership.js';

const STREAMS = 1_000;
const SESSIONS = 10_000;

it(`${STREAMS} workers over real streams join at once, leave at once, and come back under the same names`, { timeout: 60_000 }, async () => {
  const farm = await startTestFarm();
  const states = async (): Promise<Record<string, number>> => {
    const reply = await farm.channel.admin.getStatus({});
    if (!reply.ok) throw new Error(reply.error.message);
    const counts: Record<string, number> = {};
    for (const { state } of reply.value.nodes) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  };
  try {
    for (let round = 0; round < 2; round++) {
      const channels = Array.from({ length: 10 }, () => {
        const connected = connect(farm.coordinator.address);
        if (!connected.ok) throw new Error(connected.error.message);
        return connected.value;
      });
      const streams = Array.from({ length: STREAMS }, (_, index) => {
        const stream = (channels[index % channels.length] as (typeof channels)[number]).farm.attach();
        stream.send({ hello: { name: `w${index}`, slots: 4, speed: 1, cores: 4, instructionSets: ['x86_64'], memoryBytes: 1e9, version: '1', instance: `${index}-${round}` } });
        return stream;
      });
      await until(async () => (await states())['ready'] === STREAMS);
      for (const stream of streams) stream.cancel();
      await until(async () => (await states())['lost'] === STREAMS);
      for (const channel of channels) channel.close();
    }
    expect(await states()).toEqual({ lost: STREAMS });
  } finally {
    await farm.close();
  }
});

it(`${SESSIONS} workers that come and go under ever new names leave nothing behind`, async () => {
  let time = 0;
  const unused = (what: string) => () => {
    throw new Error(`${what} is not used`);
  };
  const farm = createFarm({
    store: {} as FarmPorts['store'], actionCache: {} as FarmPorts['actionCache'], results: {} as FarmPorts['results'],
    inputRoots: { sweep: () => undefined } as unknown as FarmPorts['inputRoots'], operations: { sweep: () => [] } as unknown as FarmPorts['operations'],
    prepare: unused('prepare'), isCached: unused('isCached'), counters: newCounters(), logger: nullLogger, now: () => time, workersExpected: false,
    history: createHistory(10), historyStore: nullHistoryStore, live: noLiveMigration,
    settings: { blocked: new Set(), speeds: new Map(), setBlocked: unused('setBlocked'), setSpeed: unused('setSpeed'), written: async () => undefined },
  });
  const welcomed = new Set<string>();
  const sessionOf = (name: string): Session => {
    const node: NodeSpec = {
      name, instance: 'i', slots: 4, cores: 4, speed: 1, instructionSets: new Set(['x86_64']), labels: new Map(), memoryBytes: 1e9, version: '1', live: false,
    };
    return { name, instance: 'i', host: '10.0.0.1', node, close: () => undefined, send: (message) => message.welcome !== undefined && welcomed.add(name).size > 0 };
  };
  for (let round = 0; round < 2; round++) {
    const sessions = Array.from({ length: SESSIONS }, (_, index) => sessionOf(`r${round}-${index}`));
    await Promise.all(sessions.map((session) => farm.attach(session, [])));
    expect([farm.state.nodes.size, farm.members.sessions.size, farm.state.index.slots]).toEqual([SESSIONS, SESSIONS, 4 * SESSIONS]);
    farm.tick();
    for (const session of sessions) farm.detach(session);
    expect(farm.members.sessions.size).toBe(0);
    // Lost nodes are shown for a while, and then forgotten. A step at a time: a long pause would be taken for one of this process.
    for (const end = time + limits.lostNodeMs + 2 * limits.brokenStreamGraceMs; time < end; time += 3 * limits.schedulerTickMs) farm.tick();
    const { nodes, jobs, leases, index, quarantined, ahead, checks } = farm.state;
    expect([nodes.size, jobs.size, leases.size, index.slots, index.queued, quarantined.size, ahead.size, checks.size]).toEqual(new Array<number>(8).fill(0));
    for (const pool of index.pools) expect([pool.nodes, pool.free, pool.buckets.flatMap((bucket) => [...bucket.free.entries, ...bucket.busy.entries])]).toEqual([0, 0, []]);
  }
  expect(welcomed.size).toBe(2 * SESSIONS);
});
