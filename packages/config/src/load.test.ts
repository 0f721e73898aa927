import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig, type Config, type ConfigSources } from './load.js';
import { parseHours } from './values.js';

let root: string;
let cwd: string;
let env: Record<string, string>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mosix-config-'));
  cwd = join(root, 'home', 'project', 'src');
  env = { HOME: join(root, 'home'), XDG_CONFIG_HOME: join(root, 'xdg'), MOSIX_ETC: join(root, 'etc'), MOSIX_DIR: join(root, 'own') };
  for (const folder of [cwd, join(root, 'xdg', 'mosix'), join(root, 'etc'), join(root, 'own', 'run')]) mkdirSync(folder, { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const load = (more: ConfigSources = {}) => loadConfig({ env, cwd, ...more });
const loaded = (more: ConfigSources = {}): Config => {
  const result = load(more);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const write = (path: string, text: string): string => {
  writeFileSync(join(root, path), text);
  return join(root, path);
};

test('nothing set: every value is its default and says so', () => {
  const { settings, origins, files } = loaded();
  expect(settings).toMatchObject({ coordinator: undefined, cache: 'on', cacheSizeBytesMax: 5 * 1024 ** 3, localSlots: 0, intercept: 'off' });
  expect(Object.values(origins).every((origin) => origin.kind === 'default')).toBe(true);
  expect(files).toEqual([]);
});

test('each source outranks the next: flag, environment, project, user, system, farm', () => {
  const sources: [name: string, give: () => void, address: string][] = [
    ['farm', () => write('own/run/farm.json', JSON.stringify({ address: 'farm:1', pids: [] })), 'farm:1'],
    ['system', () => write('etc/config.toml', 'coordinator = "system:1"'), 'system:1'],
    ['user', () => write('xdg/mosix/config.toml', 'coordinator = "user:1"'), 'user:1'],
    ['project', () => write('home/project/mosix.toml', 'coordinator = "project:1"'), 'project:1'],
    ['env', () => (env['MOSIX_COORDINATOR'] = 'env:1'), 'env:1'],
  ];
  for (const [kind, give, address] of sources) {
    give();
    const { settings, origins } = loaded();
    expect([settings.coordinator, origins.coordinator.kind]).toEqual([address, kind]);
  }
  const flagged = loaded({ flags: { coordinator: 'flag:1' } });
  expect([flagged.settings.coordinator, flagged.origins.coordinator]).toEqual(['flag:1', { kind: 'flag', from: '--coordinator' }]);
});

test('only the nearest project file counts', () => {
  write('home/mosix.toml', 'coordinator = "far:1"\ncache = "off"');
  const near = write('home/project/mosix.toml', 'coordinator = "near:1"');
  const { settings, files } = loaded();
  expect(settings).toMatchObject({ coordinator: 'near:1', cache: 'on' });
  expect(files).toEqual([near]);
});

test('values may be written as people write them', () => {
  write('home/project/mosix.toml', 'cache = false\ncache-size = "1.5 GiB"\nlocal-slots = 3\nidle-exit = "2m"\nstore-size = 1000000\nintercept = "exec"\ninsecure = true');
  expect(loaded().settings).toMatchObject({
    cache: 'off',
    cacheSizeBytesMax: 1.5 * 1024 ** 3,
    localSlots: 3,
    daemonIdleExitMs: 120_000,
    storeSizeBytesMax: 1_000_000,
    intercept: 'exec',
    insecure: true,
  });
});

test('"none" turns a farm off that a weaker source names', () => {
  write('home/project/mosix.toml', 'coordinator = "near:1"');
  env['MOSIX_COORDINATOR'] = 'none';
  expect(loaded().settings.coordinator).toBeUndefined();
  expect(loaded().origins.coordinator.kind).toBe('env');
});

test('an empty variable counts as unset', () => {
  env['MOSIX_CACHE'] = '';
  expect(loaded().origins.cache.kind).toBe('default');
});

test.each([
  ['cache = "sometimes"', 'config-value', /mosix\.toml: cache: "sometimes" is none of on, read, off/],
  ['cache-size = "lots"', 'config-value', /cache-size: "lots" is not a size/],
  ['coordinator = 8980', 'config-value', /coordinator: 8980 is not an address/],
  ['coordinator = "host"', 'config-value', /"host" is not an address/],
  ['coordinator = "host:99999"', 'config-value', /"host:99999" is not an address/],
  ['local-slots = -1', 'config-value', /local-slots: -1 is not a whole number from 0 to 4096/],
  ['insecure = "maybe"', 'config-value', /insecure: "maybe" is none of on, off/],
  ['idle-exit = "soon"', 'config-value', /"soon" is not a duration/],
  ['colour = "blue"', 'config-unknown-key', /mosix\.toml: colour: there is no such setting/],
  ['coordinator = \n', 'config-syntax', /mosix\.toml:1: /],
])('%s is refused with file, key and reason', (text, code, message) => {
  write('home/project/mosix.toml', text);
  const result = load();
  expect(result).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message), hint: expect.any(String) } });
});

test('a bad variable or flag is refused by its own name', () => {
  env['MOSIX_CACHE_SIZE'] = 'big';
  expect(load()).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^MOSIX_CACHE_SIZE: "big"/) } });
  expect(load({ flags: { cacheSizeBytesMax: 'huge' } })).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^--cache-size: "huge"/) } });
});

test('a half-written farm file counts as none', () => {
  write('own/run/farm.json', '{"address": "127.0');
  expect(loaded().settings.coordinator).toBeUndefined();
});

test('a settings file that is a folder is an error, not a default', () => {
  mkdirSync(join(root, 'home', 'project', 'mosix.toml'));
  expect(load()).toMatchObject({ ok: false, error: { code: 'config-unreadable' } });
});

test('v6 addresses keep their brackets', () => {
  env['MOSIX_COORDINATOR'] = '[::1]:8980';
  expect(loaded().settings.coordinator).toBe('[::1]:8980');
});

test('when a worker stands back: what people write, and what is refused with a reason', () => {
  const { settings } = loaded({ env: { ...env, MOSIX_OWNER_LOAD: '1.5', MOSIX_OWNER_IDLE: '10m', MOSIX_HOURS: '18:00-8:30', MOSIX_NICE: '0' } });
  expect(settings).toMatchObject({ ownerLoad: 1.5, ownerIdleMs: 600_000, hours: '18:00-8:30', nice: 0 });
  expect(loaded()).toMatchObject({ settings: { ownerLoad: undefined, ownerIdleMs: undefined, hours: undefined, nice: undefined } });
  expect(loaded({ env: { ...env, MOSIX_OWNER_LOAD: 'off', MOSIX_HOURS: 'off' } }).settings).toMatchObject({ ownerLoad: undefined, hours: undefined });
  for (const [variable, value] of [['MOSIX_OWNER_LOAD', '0'], ['MOSIX_OWNER_LOAD', '-1'], ['MOSIX_OWNER_LOAD', 'much'], ['MOSIX_OWNER_IDLE', '5'], ['MOSIX_HOURS', '8-18'], ['MOSIX_HOURS', '25:00-08:00'], ['MOSIX_HOURS', '08:00-08:00'], ['MOSIX_NICE', '20'], ['MOSIX_NICE', '-5']] as const) {
    const refused = load({ env: { ...env, [variable]: value } });
    expect(refused, `${variable}=${value}`).toMatchObject({ ok: false, error: { code: 'config-value' } });
    expect(!refused.ok && refused.error.message).toContain(variable);
  }
});

test('hours of the day in minutes, over midnight too', () => {
  expect(parseHours('18:00-08:30')).toEqual({ fromMinute: 1080, toMinute: 510 });
  expect(parseHours('9:05 - 24:00')).toEqual({ fromMinute: 545, toMinute: 0 });
  expect(parseHours('00:00-24:00')).toBeUndefined();
  expect(parseHours('24:00-08:00')).toBeUndefined();
});
