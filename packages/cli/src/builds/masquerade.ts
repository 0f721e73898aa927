// The masquerade directory: one symlink to the launcher for every compiler name on PATH, so that `gcc`, `g++-12` or
// `x86_64-linux-gnu-cc` in an unmodified Makefile reach us. Only names that PATH really holds: a configure script that looks for
// `clang-19` must go on not finding it. Hence one directory for each set of names, shared by all builds that see the same set.

import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, fault, ok, type Result } from '@mosix/core';

/** The launcher knows the same rule: packages/launcher. */
export const compilerName = /^(.*-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(-[0-9.]+)?$/;

/** Longest set of names we take; a PATH with more compilers than this is a mistake. */
const namesMax = 1_000;

export interface Masquerade {
  readonly directory: string;
  readonly names: readonly string[];
}

/** Makes or finds the directory. `base`: the run directory's `masquerade`. Codes: no-compiler, masquerade-io. */
export const prepareMasquerade = (options: { base: string; path: string; launcher: string; cwd?: string }): Result<Masquerade> => {
  const { base, path, launcher, cwd = process.cwd() } = options;
  try {
    mkdirSync(base, { recursive: true, mode: 0o700 });
    const folders = path.split(':').map((folder) => resolve(cwd, folder === '' ? '.' : folder));
    const remembered = remember(base, { folders, launcher });
    if (remembered.masquerade !== undefined) return ok(remembered.masquerade);
    const names = compilersOn(folders, { base, launcher });
    if (names.length === 0) return err(fault('no-compiler', 'no C or C++ compiler was found on PATH', { hint: 'apt-get install gcc g++' }));
    const masquerade = { directory: linkAll(base, { names, launcher }), names };
    remembered.keep(masquerade);
    return ok(masquerade);
  } catch (cause) {
    return err(fault('masquerade-io', `${base}: ${(cause as Error).message}`, { hint: 'mosix doctor', cause }));
  }
};

/** Compiler names on PATH, sorted; ours are not compilers. */
export const compilersOn = (folders: readonly string[], ours: { base: string; launcher: string }): string[] => {
  const launcher = statSync(ours.launcher);
  const names = new Set<string>();
  for (const folder of folders) {
    if (folder === ours.base || folder.startsWith(`${ours.base}/`)) continue;
    for (const name of listing(folder)) {
      if (names.size < namesMax && compilerName.test(name) && !names.has(name) && isCompiler(join(folder, name), launcher)) names.add(name);
    }
  }
  return [...names].sort();
};

const listing = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const isCompiler = (path: string, launcher: { dev: number; ino: number }): boolean => {
  try {
    const found = statSync(path);
    accessSync(path, constants.X_OK);
    return found.isFile() && !(found.dev === launcher.dev && found.ino === launcher.ino);
  } catch {
    return false;
  }
};

/** A complete directory appears by rename, so that a build that starts meanwhile never sees half of it. */
const linkAll = (base: string, wanted: { names: readonly string[]; launcher: string }): string => {
  const directory = join(base, shortHash(JSON.stringify(wanted)));
  if (isComplete(directory, wanted)) return directory;
  const fresh = `${directory}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  for (const name of wanted.names) symlinkSync(wanted.launcher, join(fresh, name));
  try {
    renameSync(fresh, directory);
  } catch {
    // Somebody else was quicker, or the old one is damaged.
    if (!isComplete(directory, wanted)) {
      rmSync(directory, { recursive: true, force: true });
      renameSync(fresh, directory);
    } else rmSync(fresh, { recursive: true, force: true });
  }
  return directory;
};

const isComplete = (directory: string, wanted: { names: readonly string[]; launcher: string }): boolean => {
  try {
    return wanted.names.every((name) => readlinkSync(join(directory, name)) === wanted.launcher);
  } catch {
    return false;
  }
};

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** What PATH held when we last looked, keyed by the versions of its folders: a warm start costs one stat a folder and a check of our links. */
const remember = (base: string, seen: { folders: readonly string[]; launcher: string }): { masquerade: Masquerade | undefined; keep: (found: Masquerade) => void } => {
  const versions = seen.folders.map((folder) => {
    const entry = statSync(folder, { throwIfNoEntry: false, bigint: true });
    return entry === undefined ? 'none' : `${entry.dev}:${entry.ino}:${entry.mtimeNs}:${entry.ctimeNs}`;
  });
  const key = shortHash(JSON.stringify([seen, versions, launcherVersion(seen.launcher)]));
  const note = join(base, `${key}.json`);
  const keep = (found: Masquerade): void => {
    const draft = `${note}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(found));
    renameSync(draft, note);
  };
  try {
    const found = JSON.parse(readFileSync(note, 'utf8')) as Masquerade;
    const whole = found.directory.startsWith(`${base}/`) && isComplete(found.directory, { names: found.names, launcher: seen.launcher });
    return { masquerade: whole && found.names.length > 0 ? found : undefined, keep };
  } catch {
    return { masquerade: undefined, keep };
  }
};

const launcherVersion = (launcher: string): string => {
  const entry = lstatSync(realpathSync(launcher));
  return `${entry.dev}:${entry.ino}`;
};
