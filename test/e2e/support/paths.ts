// Where things are, found from this file upward, so that the same code runs from the TypeScript sources (vitest) and
// from the compiled output (the benchmark).

import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRepository(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'vitest.config.ts'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no repository above ${start}`);
  }
}

export const repository = findRepository(dirname(fileURLToPath(import.meta.url)));
export const launcherDirectory = join(repository, 'packages/launcher/build');
export const launcher = join(launcherDirectory, 'mosix-cc');
export const binDirectory = join(repository, 'bin');
export const mosix = join(binDirectory, 'mosix');
export const mosixMake = join(binDirectory, 'mosix-make');
export const fixtures = join(repository, 'test/e2e/projects');
/** Kept between runs, ignored by git. */
export const cacheDirectory = join(repository, '.cache');

export const isRoot = process.getuid?.() === 0;

/** Full path of a program on PATH (and in the sbin folders), or undefined. */
export function which(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** True when the program was built; the farm legs cannot run without it. */
export const isBuilt = (): boolean => existsSync(launcher) && existsSync(mosix);
