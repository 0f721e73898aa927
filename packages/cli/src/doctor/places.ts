// This user's folders, disk, clock and environment.

import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatSize, runFiles, type Directories } from '@mosix/config';
import { compilerName, prepareMasquerade } from '../builds/masquerade.js';
import { install, launcherBuilt } from '../install.js';
import { broken, good, note, warning, type Finding } from './check.js';
import { onPath } from './tools.js';

const freeBytesLow = 2 * 1024 ** 3;
const freeBytesNone = 128 * 1024 ** 2;
const clockSkewMsMax = 2_000;

/** The launcher refuses a run directory that others could meddle with, and then compiles everything here. */
export const checkRunDirectory = (run: string, uid: number = process.getuid?.() ?? 0): Finding => {
  const name = 'run-directory';
  try {
    const entry = lstatSync(run);
    if (!entry.isDirectory()) return broken(name, `${run} is not a folder`, `rm ${run}`);
    if (entry.uid !== uid) return broken(name, `${run} belongs to user ${entry.uid}, not to you`, 'set MOSIX_DIR to a folder of your own');
    if ((entry.mode & 0o077) !== 0) return broken(name, `others may enter ${run} (mode ${(entry.mode & 0o777).toString(8)})`, `chmod 700 ${run}`);
    accessSync(run, constants.W_OK | constants.X_OK);
    return good(name, `run directory ${run}`);
  } catch (problem) {
    const { code, message } = problem as NodeJS.ErrnoException;
    return code === 'ENOENT' ? checkMissing(run) : broken(name, `run directory: ${message}`, 'set MOSIX_DIR to a folder of your own');
  }
};

const checkMissing = (run: string): Finding => {
  let parent = dirname(run);
  while (statSync(parent, { throwIfNoEntry: false }) === undefined && parent !== dirname(parent)) parent = dirname(parent);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
    return good('run-directory', `run directory ${run} (made when needed)`);
  } catch {
    return broken('run-directory', `${run} cannot be made in ${parent}`, 'set MOSIX_DIR to a folder of your own');
  }
};

export const checkDisk = (cache: string): Finding[] => {
  try {
    mkdirSync(cache, { recursive: true });
    const { bavail, bsize } = statfsSync(cache);
    const free = bavail * bsize;
    const message = `${formatSize(Math.floor(free / 1024 ** 2) * 1024 ** 2)} free at ${cache}`;
    const fix = 'free some space, or set XDG_CACHE_HOME to a roomier disk';
    const disk = free < freeBytesNone ? broken('disk', message, fix) : free < freeBytesLow ? warning('disk', message, fix) : good('disk', message);
    return [disk, checkClock(cache)];
  } catch (problem) {
    return [broken('disk', `cache directory: ${(problem as Error).message}`, `chown -R "$(id -u)" ${cache}`)];
  }
};

/** Build tools compare file times: a disk with a clock of its own (NFS), or a clock behind the installation, makes them build too much or too little. */
const checkClock = (cache: string): Finding => {
  const probe = mkdtempSync(join(cache, 'clock-'));
  try {
    writeFileSync(join(probe, 'file'), '');
    const skewMs = statSync(join(probe, 'file')).mtimeMs - Date.now();
    if (Math.abs(skewMs) > clockSkewMsMax) return warning('clock', `the disk at ${cache} is ${(skewMs / 1000).toFixed(1)} s ahead of this machine's clock`, 'timedatectl set-ntp true (on both machines)');
    const installed = statSync(install.cli, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (installed - Date.now() > clockSkewMsMax) return warning('clock', "this machine's clock is behind the installation of mosix", 'timedatectl set-ntp true');
    return good('clock', 'clock and file times agree');
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
};

export const checkEnvironment = (places: Directories, env: NodeJS.ProcessEnv = process.env): Finding[] => {
  const findings: Finding[] = [];
  for (const name of ['MOSIX_DISABLE', 'MOSIX_NESTED'] as const) {
    if (env[name]) findings.push(warning('environment', `${name} is set: the launcher runs every compiler directly`, `unset ${name}`));
  }
  for (const name of ['CC', 'CXX'] as const) {
    const compiler = env[name]?.split(' ')[0] ?? '';
    if (compiler.startsWith('/') && compilerName.test(compiler.slice(compiler.lastIndexOf('/') + 1))) findings.push(note('environment', `${name}=${compiler} is an absolute path, which the masquerade cannot catch`, 'mosix-make --mosix-intercept'));
  }
  const found = onPath('mosix-make', env['PATH']);
  findings.push(found === undefined ? note('path', 'mosix-make is not on PATH', `export PATH=${install.bin}:$PATH`) : good('path', `mosix-make: ${found}`));
  return launcherBuilt() ? [...findings, checkMasquerade(places, env)] : findings;
};

const checkMasquerade = (places: Directories, env: NodeJS.ProcessEnv): Finding => {
  const prepared = prepareMasquerade({ base: runFiles(places.run).masquerade, path: env['PATH'] ?? '', launcher: install.launcher });
  return prepared.ok ? good('masquerade', `caught by name: ${prepared.value.names.join(', ')}`) : broken('masquerade', prepared.error.message, prepared.error.hint);
};
