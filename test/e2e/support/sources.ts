// Real projects to build with, from the package registry by `npm pack` (their install scripts never run), kept in the
// repository's .cache between runs. Without a registry the tests that need them are skipped, and say so.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './paths.js';

const packages = {
  re2: '1.27.1',
  'better-sqlite3': '12.11.1',
  'classic-level': '3.0.0',
  lmdb: '3.5.6',
} as const;

export type SourcePackage = keyof typeof packages;

const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network|ERR_SOCKET_TIMEOUT/;

/** Folder of the unpacked package; undefined, with one line on stderr, when the registry cannot be reached. */
export function fetchSource(name: SourcePackage): string | undefined {
  const version = packages[name];
  const archive = join(cacheDirectory, 'npm', `${name}-${version}.tgz`);
  const folder = join(cacheDirectory, 'sources', `${name}-${version}`);
  if (existsSync(folder)) return folder;
  if (!existsSync(archive)) {
    mkdirSync(join(cacheDirectory, 'npm'), { recursive: true });
    try {
      execFileSync('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', '--pack-destination', join(cacheDirectory, 'npm')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: cacheDirectory,
        timeout: 180_000,
      });
    } catch (problem) {
      const said = String((problem as { stderr?: Buffer }).stderr ?? problem);
      if (!unreachable.test(said)) throw new Error(`npm pack ${name}@${version} failed:\n${said}`);
      console.error(`SKIPPED: ${name}@${version} is not in .cache and the registry cannot be reached`);
      return undefined;
    }
  }
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', fresh, '--strip-components=1']);
  try {
    renameSync(fresh, folder);
  } catch {
    // another run was quicker
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Copies with times kept, as a checkout would stand. */
export function copySource(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}
