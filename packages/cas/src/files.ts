// Files of a store: 256 folders named by the first two hex digits, and a `tmp` folder where every file begins its life. A file is
// written there and renamed, so that a process killed at any moment leaves either nothing or the whole file under its final name.
// Nothing is synced to the medium, which would cost more than all the rest: after a power cut the youngest names may stand for
// garbage. The scan after a restart of the machine marks those, and the owner hashes them before use.
//
// Every finished file carries one and the same modification time. Whoever changes it later, by whatever program, changes that
// time too; so one stat call, and the scan at the next start, tells a file that must be hashed again from one that need not.
import { closeSync, existsSync, fchmodSync, fstatSync, futimesSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, write, writeFileSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { err, fault, limits, ok } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';

/** The calls by which a store writes; tests put failures in. */
export interface WritePort {
  create(path: string, mode: number): number;
  writeSync(descriptor: number, bytes: Uint8Array): number;
  write(descriptor: number, bytes: Uint8Array): Promise<number>;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
}

export const nodeWritePort: WritePort = {
  create: (path, mode) => openSync(path, 'wx', mode),
  writeSync: (descriptor, bytes) => writeSync(descriptor, bytes),
  write: (descriptor, bytes) => new Promise((resolve, reject) => {
    write(descriptor, bytes, (problem, written) => (problem === null ? resolve(written) : reject(problem)));
  }),
  close: closeSync,
  rename: renameSync,
};

/**
 * Files up to this size are written and read by synchronous calls. Measured: 5 KB cost 160 µs so, 360 µs through promises, and of
 * the thread pool's time most is CPU of ours too; at 64 KB the two meet. Larger ones must not hold up the event loop.
 */
export const SYNC_BYTES_MAX = 256 * 1024;

export const errorCode = (problem: unknown): string | undefined => (problem as NodeJS.ErrnoException | null)?.code;

export const isNoSpace = (problem: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(problem) ?? '');

export const ioFault = (problem: unknown, directory: string): Fault =>
  isNoSpace(problem)
    ? fault('disk-full', `the disk that holds ${directory} is full`, { hint: 'free some space, or give the store a smaller size', cause: problem })
    : fault('store-io', `${directory}: ${problem instanceof Error ? problem.message : String(problem)}`, { cause: problem });

/** The modification time of every finished file, in seconds. */
const SEAL_SECONDS = 1_000_000_000;

/** For a file that is complete: sets the modification time, and the access time, by which a later start orders. */
export const seal = (descriptor: number): void => futimesSync(descriptor, Date.now() / 1000, SEAL_SECONDS);

/** For a file that was found to be good though its seal was broken. */
export function sealAgain(path: string): void {
  try {
    utimesSync(path, Date.now() / 1000, SEAL_SECONDS);
  } catch {
    // then it is hashed at its next use too
  }
}

/** Does the file have this size, and has nobody changed it? Undefined when it is gone. */
export function isSealed(path: string, sizeBytes: number): boolean | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : stats.size === sizeBytes && stats.mtimeMs === SEAL_SECONDS * 1000;
}

export interface StoreFiles {
  readonly directory: string;
  /** The machine has started anew since the store was last opened. */
  readonly machineRestarted: boolean;
  pathOf(name: string): string;
  temporaryPath(): string;
  /** Creates a temporary file with the store's mode, whatever the umask. */
  create(path: string): number;
  /** Gives a finished temporary file its name. */
  install(temporary: string, name: string): void;
  readonly port: WritePort;
}

const FOLDER = /^[0-9a-f]{2}$/;

/** All 256 folders. ext4 takes a third of a millisecond to make one, and the first inputs of a compile would need nearly all. */
export function makeFolders(directory: string): void {
  for (let number = 0; number < 256; number += 1) mkdirSync(join(directory, number.toString(16).padStart(2, '0')), { recursive: true });
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** Compares the mark of the last open with this boot of the machine, and renews it. */
function restartedSince(markPath: string): boolean {
  const now = bootId();
  let before = now;
  try {
    before = readFileSync(markPath, 'utf8');
  } catch {
    // new store
  }
  if (before !== now || !existsSync(markPath)) writeFileSync(markPath, now);
  return before !== now;
}

/** Does this umask take bits from files made with `mode`? Asked of the file system: process.umask() cannot be read without setting it. */
function loses(port: WritePort, path: string, mode: number): boolean {
  const descriptor = port.create(path, mode);
  const stats = fstatSync(descriptor);
  closeSync(descriptor);
  unlinkSync(path);
  return (stats.mode & 0o777) !== mode;
}

/** Makes the folder where needed and empties `tmp`. */
export function openStoreFiles(directory: string, fileMode: number, port: WritePort): Result<StoreFiles> {
  try {
    const temporary = join(directory, 'tmp');
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    const machineRestarted = restartedSince(join(directory, 'boot'));
    const mustChmod = loses(port, join(temporary, 'probe'), fileMode);
    const pathOf = (name: string): string => `${directory}/${name.slice(0, 2)}/${name}`;
    let serial = 0;
    return ok({
      directory,
      machineRestarted,
      port,
      pathOf,
      temporaryPath: () => `${temporary}/${process.pid}-${(serial += 1)}`,
      create(path) {
        let descriptor: number;
        try {
          descriptor = port.create(path, fileMode);
        } catch (problem) {
          if (errorCode(problem) !== 'ENOENT') throw problem;
          mkdirSync(temporary, { recursive: true }); // somebody removed the folder of the store under us
          descriptor = port.create(path, fileMode);
        }
        if (mustChmod) fchmodSync(descriptor, fileMode);
        return descriptor;
      },
      install(from, name) {
        try {
          port.rename(from, pathOf(name));
        } catch (problem) {
          if (errorCode(problem) !== 'ENOENT') throw problem;
          mkdirSync(join(directory, name.slice(0, 2)), { recursive: true }); // the first file of its folder
          port.rename(from, pathOf(name));
        }
      },
    });
  } catch (problem) {
    return err(ioFault(problem, directory));
  }
}

export interface ScannedFile {
  readonly name: string;
  /** `pathOf(name)`, unless the file lies where it does not belong. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  /** Its seal is broken, or it may not have reached the medium before the machine went down. */
  readonly suspect: boolean;
}

/**
 * Every file of the 256 folders, least recently used first by the times that the file system keeps. Yields to others in between.
 * What lay in memory only when power failed was written within write-back time of that moment, and so of the youngest change.
 */
export async function scanFiles(files: StoreFiles): Promise<ScannedFile[]> {
  const found: { name: string; path: string; sizeBytes: number; usedMs: number; changedMs: number; sealed: boolean }[] = [];
  let youngestMs = 0;
  const nowMs = Date.now();
  for (const folder of readdirSync(files.directory)) {
    if (!FOLDER.test(folder)) continue;
    for (const name of readdirSync(join(files.directory, folder))) {
      const path = join(files.directory, folder, name);
      try {
        const stats = statSync(path);
        if (!stats.isFile()) continue;
        found.push({ name, path, sizeBytes: stats.size, usedMs: stats.atimeMs, changedMs: stats.ctimeMs, sealed: stats.mtimeMs === SEAL_SECONDS * 1000 });
        if (stats.ctimeMs <= nowMs) youngestMs = Math.max(youngestMs, stats.ctimeMs);
      } catch {
        // gone since readdir
      }
    }
    await nextTurn();
  }
  const suspectFromMs = files.machineRestarted ? youngestMs - limits.storeWriteBackMs : Infinity;
  return found
    .sort((a, b) => a.usedMs - b.usedMs)
    .map(({ changedMs, sealed, ...file }) => ({ ...file, suspect: !sealed || changedMs >= suspectFromMs }));
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone already, which is what was wanted
  }
}

/** Temporary file, write, rename. Throws what the calls throw, and leaves nothing behind then. */
export function placeFile(files: StoreFiles, name: string, parts: readonly Uint8Array[]): void {
  const temporary = files.temporaryPath();
  const descriptor = files.create(temporary);
  let open = true;
  try {
    for (const part of parts) writeAllSync(files.port, descriptor, part);
    seal(descriptor);
    open = false;
    files.port.close(descriptor);
    files.install(temporary, name);
  } catch (problem) {
    if (open) closeSync(descriptor);
    removeFile(temporary);
    throw problem;
  }
}

function writeAllSync(port: WritePort, descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += port.writeSync(descriptor, done === 0 ? bytes : bytes.subarray(done));
}

export async function writeAll(port: WritePort, descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await port.write(descriptor, done === 0 ? bytes : bytes.subarray(done));
}
