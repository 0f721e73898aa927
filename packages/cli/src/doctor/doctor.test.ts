import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@mosix/config';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findingLines, broken, good } from './check.js';
import { checkDaemon, checkFarm } from './farm.js';
import { checkDisk, checkEnvironment, checkRunDirectory } from './places.js';
import { checkNode } from './tools.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-doctor-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const configWith = (env: Record<string, string>) => {
  const config = loadConfig({ env: { HOME: folder, MOSIX_DIR: folder, MOSIX_ETC: folder, ...env }, cwd: folder });
  if (!config.ok) throw new Error(config.error.message);
  return config.value;
};

test.each([
  ['20.19.0', 'ok'],
  ['22.1.0', 'ok'],
  ['100.0.0', 'ok'],
  ['20.9.0', 'broken'],
  ['18.20.4', 'broken'],
])('node %s is %s', (version, state) => {
  expect(checkNode(version).state).toBe(state);
});

test('a run directory that others may enter, or that is none, is broken and the mending command given', () => {
  const run = join(folder, 'run');
  expect(checkRunDirectory(run).state).toBe('ok');
  mkdirSync(run, { mode: 0o700 });
  expect(checkRunDirectory(run).state).toBe('ok');
  chmodSync(run, 0o755);
  expect(checkRunDirectory(run)).toMatchObject({ state: 'broken', fix: `chmod 700 ${run}` });
  expect(checkRunDirectory(run, 4711)).toMatchObject({ state: 'broken', message: expect.stringContaining('not to you') });
  writeFileSync(join(folder, 'file'), '');
  expect(checkRunDirectory(join(folder, 'file'))).toMatchObject({ state: 'broken', fix: `rm ${join(folder, 'file')}` });
  symlinkSync(run, join(folder, 'link'));
  expect(checkRunDirectory(join(folder, 'link')).state).toBe('broken');
});

test('disk and clock are looked at where the caches lie', () => {
  expect(checkDisk(join(folder, 'cache')).map((one) => one.name)).toEqual(['disk', 'clock']);
  writeFileSync(join(folder, 'file'), '');
  expect(checkDisk(join(folder, 'file', 'cache'))).toMatchObject([{ name: 'disk', state: 'broken' }]);
});

test('variables that switch mosix off, and compilers by absolute path', () => {
  const places = configWith({}).directories;
  const findings = checkEnvironment(places, { PATH: '/usr/bin', MOSIX_DISABLE: '1', CC: '/usr/bin/gcc -m32', CXX: 'g++' });
  expect(findings).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'warning', fix: 'unset MOSIX_DISABLE' }), expect.objectContaining({ state: 'note', fix: 'mosix-make --mosix-intercept' })]));
  expect(findings.filter((one) => one.message.startsWith('CXX'))).toEqual([]);
});

test('no daemon is no defect', async () => {
  expect(await checkDaemon(configWith({}))).toMatchObject({ state: 'ok' });
});

test('no farm, nobody at its address, a stranger at its address', async () => {
  expect(await checkFarm(configWith({}))).toMatchObject([{ state: 'warning', fix: expect.stringContaining('mosix up') }]);

  const stranger = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    socket.end('220 mail.example ESMTP\r\n');
  });
  const port = await new Promise<number>((resolve) => {
    stranger.listen(0, '127.0.0.1', () => resolve((stranger.address() as { port: number }).port));
  });
  expect(await checkFarm(configWith({ MOSIX_COORDINATOR: `127.0.0.1:${port}` }))).toMatchObject([{ state: 'broken', message: expect.stringMatching(/not a mosix coordinator.*MOSIX_COORDINATOR/s) }]);
  await new Promise((resolve) => stranger.close(resolve));
  expect(await checkFarm(configWith({ MOSIX_COORDINATOR: `127.0.0.1:${port}` }))).toMatchObject([{ state: 'broken', message: expect.stringMatching(/no coordinator can be reached.*ECONNREFUSED/) }]);
});

test('the last line counts, the fix follows its finding', () => {
  expect(findingLines([good('a', 'fine'), broken('b', 'bad', 'mend b')])).toEqual(['ok       fine', 'BROKEN   bad', '         mend it: mend b', '', '1 broken, 0 warnings']);
});
