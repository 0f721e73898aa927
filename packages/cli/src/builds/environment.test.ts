import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@mosix/config';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { install, launcherBuilt } from '../install.js';
import { prepareBuild, type BuildEnvironment } from './environment.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-environment-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const prepare = (env: NodeJS.ProcessEnv, flags: Record<string, string> = {}): BuildEnvironment => {
  const own = { HOME: folder, MOSIX_DIR: folder, MOSIX_ETC: folder, PATH: '/usr/bin', ...env };
  const config = loadConfig({ env: own, cwd: folder, flags });
  const prepared = config.ok ? prepareBuild(config.value, own) : config;
  if (!prepared.ok) throw new Error(prepared.error.message);
  return prepared.value;
};

describe.skipIf(!launcherBuilt())('the environment of a build', () => {
  test('differs from the user\'s in PATH and the name of the build alone', () => {
    const { env, buildId, nested } = prepare({ CFLAGS: '-O3', LD_PRELOAD: '/x.so' });
    expect(env).toEqual({ HOME: folder, MOSIX_DIR: folder, MOSIX_ETC: folder, CFLAGS: '-O3', LD_PRELOAD: '/x.so', PATH: expect.any(String), MOSIX_BUILD_ID: buildId });
    expect(env['PATH']).toMatch(new RegExp(`^${folder}/run/masquerade/[0-9a-f]+:/usr/bin$`));
    expect(existsSync(join(env['PATH']?.split(':')[0] ?? '', 'gcc'))).toBe(true);
    expect(nested).toBe(false);
  });

  test('two builds have two names; a build inside a build has its name', () => {
    const outer = prepare({});
    expect(prepare({}).buildId).not.toBe(outer.buildId);
    expect(prepare(outer.env)).toMatchObject({ buildId: outer.buildId, nested: true });
  });

  test('the interceptor goes before what is preloaded already', () => {
    const { env } = prepare({ LD_PRELOAD: '/x.so' }, { intercept: 'exec' });
    expect(env).toMatchObject({ LD_PRELOAD: `${install.intercept}:/x.so`, MOSIX_LAUNCHER: install.launcher });
  });

  test('flags reach the jobs as variables, what variables say is left as it is', () => {
    expect(prepare({ MOSIX_CACHE: 'read' }, { coordinator: 'none' }).env).toMatchObject({ MOSIX_COORDINATOR: 'none', MOSIX_CACHE: 'read' });
  });
});
