// mosix.map in force: what it caps, sets and adds to the nodes of a running farm.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { admin } from '@mosix/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeAction, runToEnd, upload } from './testing/actions.js';
import { startTestFarm, until, type TestFarm } from './testing/farm.js';

let farm: TestFarm;
let folder: string;
let mapFile: string;
const write = async (text: string): Promise<void> => {
  await writeFile(`${mapFile}.new`, text);
  await rename(`${mapFile}.new`, mapFile);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mosix-map-'));
  mapFile = join(folder, 'mosix.map');
  await write('1 n1 1 slots=2 speed=1.5 labels=rack:a\n2 10.9.9.9\n');
  farm = await startTestFarm({ mapFile });
});
afterEach(async () => {
  await farm.close();
  await rm(folder, { recursive: true, force: true });
});
const status = async (): Promise<admin.Status> => {
  const reply = await farm.channel.admin.getStatus({});
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};
const nodeNamed = async (name: string): Promise<admin.Node | undefined> => (await status()).nodes.find((node) => node.name === name);

it('caps slots, gives speeds and adds labels when a node joins', async () => {
  await farm.worker('n1', { hello: { slots: 8, speed: 4, labels: { rack: 'own', os: 'debian' } } });
  await farm.worker('n2', { hello: { slots: 8, speed: 4 } });
  expect(await nodeNamed('n1')).toMatchObject({ slots: 2, speed: 1.5, speedSource: 'map', labels: { rack: 'a', os: 'debian' } });
  expect(await nodeNamed('n2')).toMatchObject({ slots: 8, speed: 4, speedSource: 'benchmark' });
  expect((await status()).map).toMatchObject({ path: mapFile, nodes: 2, problems: [] });
});

it('knows a node by the address that it connects from', async () => {
  await write('7 127.0.0.1 1 slots=3\n');
  await until(async () => (await status()).map?.nodes === 1);
  await farm.worker('whatever', { hello: { slots: 8 } });
  expect(await nodeNamed('whatever')).toMatchObject({ slots: 3 });
});

it('takes effect on nodes that are here, whose jobs go on', async () => {
  let finish = (): void => undefined;
  const worker = await farm.worker('n1', { hello: { slots: 8, speed: 4 }, runJob: ({ leaseId }) => new Promise((resolve) => (finish = () => resolve({ leaseId, finished: { result: { exitCode: 0 } } }))) });
  const action = makeAction();
  await upload(farm.channel, action.blobs);
  const end = runToEnd(farm.channel, action.digest);
  await until(async () => worker.assigned.length === 1 && (await nodeNamed('n1'))?.running === 1);
  await write('1 n1 1 slots=5 labels=rack:b\n');
  await until(async () => (await nodeNamed('n1'))?.slots === 5);
  expect(await nodeNamed('n1')).toMatchObject({ running: 1, speed: 4, speedSource: 'benchmark', labels: { rack: 'b' } });
  await write('1 n1 1 slots=5 speed=0.5\n');
  await until(async () => (await nodeNamed('n1'))?.speedSource === 'map');
  expect(await nodeNamed('n1')).toMatchObject({ slots: 5, speed: 0.5, labels: {} });
  finish();
  expect(await end).toMatchObject({ error: undefined, response: { result: { executionMetadata: { worker: 'n1' } } } });
  expect(worker.assigned).toHaveLength(1);
  // It was welcomed when it joined, and not again.
  expect(worker.received.filter((message) => message.message === 'welcome')).toHaveLength(1);
});

it('gives way to a speed that a person set, and comes back when it is taken back', async () => {
  await farm.worker('n1', { hello: { speed: 4 } });
  await farm.channel.admin.setSpeed({ node: 'n1', speed: 3, source: 'set' });
  expect(await nodeNamed('n1')).toMatchObject({ speed: 3, speedSource: 'set' });
  await farm.channel.admin.setSpeed({ node: 'n1', speed: 0, source: 'set' });
  expect(await nodeNamed('n1')).toMatchObject({ speed: 1.5, speedSource: 'map' });
});

it('with a mistake is reported, and the one before stays in force', async () => {
  await farm.worker('n1', { hello: { slots: 8 } });
  await write('1 n1 1 slots=many\n');
  await until(async () => (await status()).map?.problems.length === 1);
  expect((await status()).map).toMatchObject({ nodes: 2, problems: [expect.stringMatching(/mosix\.map:1: /)] });
  expect(await nodeNamed('n1')).toMatchObject({ slots: 2 });
  await write('1 n1\n');
  await until(async () => (await nodeNamed('n1'))?.slots === 8);
  expect((await status()).map).toMatchObject({ nodes: 1, problems: [] });
});

it('names nodes that people can give a speed to before they were ever here', async () => {
  expect(await farm.channel.admin.setSpeed({ node: '10.9.9.9', speed: 2, source: 'set' })).toMatchObject({ ok: true, value: { speed: 2 } });
  expect(await farm.channel.admin.setSpeed({ node: '10.9.9.8', speed: 2, source: 'set' })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  await farm.worker('10.9.9.9');
  expect(await nodeNamed('10.9.9.9')).toMatchObject({ speed: 2, speedSource: 'set' });
});
