// The environment of a build under mosix: the masquerade first on PATH, a build's name, and on request the exec interceptor. Nothing else
// is changed, or a Makefile that looks at its environment would build something else.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { err, fault, ok, type Result } from '@mosix/core';
import { runFiles, schema, type Config, type SettingKey } from '@mosix/config';
import { install, launcherBuilt } from '../install.js';
import { prepareMasquerade } from './masquerade.js';

export interface BuildEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly buildId: string;
  /** We run inside another mosix build, which will report for both. */
  readonly nested: boolean;
}

/** Settings given as flags reach the jobs as variables; those in files the daemon reads for itself, for each job's folder. */
const handedOn: readonly SettingKey[] = ['coordinator', 'insecure', 'cache', 'cacheSizeBytesMax', 'localSlots', 'logLevel'];

export const prepareBuild = (config: Config, env: NodeJS.ProcessEnv = process.env): Result<BuildEnvironment> => {
  if (!launcherBuilt()) return err(fault('not-built', 'the compiler launcher is not built', { hint: `make -C ${install.root} build` }));
  const path = env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const masquerade = prepareMasquerade({ base: runFiles(config.directories.run).masquerade, path, launcher: install.launcher });
  if (!masquerade.ok) return masquerade;

  const outer = env['MOSIX_BUILD_ID'];
  const buildId = outer || `${process.pid}-${randomBytes(6).toString('hex')}`;
  const prepared: NodeJS.ProcessEnv = { ...env, PATH: `${masquerade.value.directory}:${path}`, MOSIX_BUILD_ID: buildId };
  for (const key of handedOn) {
    if (config.origins[key].kind === 'flag') prepared[schema[key].env] = String(config.settings[key] ?? 'none');
  }
  if (config.settings.intercept === 'exec') {
    const library = preloadable(install.intercept, config.directories.run);
    if (!library.ok) return library;
    prepared['LD_PRELOAD'] = env['LD_PRELOAD'] ? `${library.value}:${env['LD_PRELOAD']}` : library.value;
    prepared['MOSIX_LAUNCHER'] = install.launcher;
  }
  return ok({ env: prepared, buildId, nested: Boolean(outer) });
};

/** LD_PRELOAD splits at spaces and colons: an installation below such a folder is reached by a link in the run directory. */
const preloadable = (library: string, run: string): Result<string> => {
  if (!existsSync(library)) return err(fault('not-built', `${library} is missing`, { hint: `make -C ${install.root} build` }));
  if (!/[\s:]/.test(library)) return ok(library);
  const link = join(run, 'libmosix-intercept.so');
  if (/[\s:]/.test(link)) return err(fault('preload-path', `the dynamic linker takes no path with spaces or colons: ${link}`, { hint: 'set MOSIX_DIR to a plain path' }));
  mkdirSync(run, { recursive: true, mode: 0o700 });
  rmSync(link, { force: true });
  symlinkSync(library, link);
  return ok(link);
};
