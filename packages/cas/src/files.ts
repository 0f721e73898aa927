// Files of a store: 256 folders named by the first two hex digits, and a `tmp` folder where every file begins its life. A file is
// written there and renamed, so that a process killed at any moment leaves either nothing or the whole file under its final name.
// Nothing is synced to the medium, which would cost more than all the rest: after a power cut the youngest names may stand for
// garbage. The scan after a restart of the machine marks those, and the owner hashes them before use.
import { closeSync, existsSync, fchmodSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, write, writeFileSync, writeSync, fstatSync } from 'node:fs';
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
export const SYNC_BYTES_MAX = 64 * 1024;

export const errorCode = (problem: unknown): string | undefined => (problem as NodeJS.ErrnoException | null)?.code;

export const isNoSpace = (problem: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(problem) ?? '');

export const ioFault = (problem: unknown, directory: string): Fault =>
  isNoSpace(problem)
    ? fault('disk-full', `the disk that holds ${directory} is full`, { hint: 'free some space, or give the store a smaller size', cause: problem })
    : fault('store-io', `${directory}: ${problem instanceof Error ? problem.message : String(problem)}`, { cause: problem });

export interface StoreFiles {
  readonly directory: string;
  /** The machine has started anew since the store was last opened. */
  readonly machineRestarted: boolean;
  pathOf(name: string): string;
  temporaryPath(): string;
  /** Creates a temporary file with the store's mode, whatever the umask. */
  create(path: string): number;
  readonly port: WritePort;
}

const FAN_OUT = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

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

/** Makes the folders where needed and empties `tmp`. */
export function openStoreFiles(directory: string, fileMode: number, port: WritePort): Result<StoreFiles> {
  try {
    const temporary = join(directory, 'tmp');
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    for (const name of FAN_OUT) mkdirSync(join(directory, name), { recursive: true });
    const machineRestarted = restartedSince(join(directory, 'boot'));
    const mustChmod = loses(port, join(temporary, 'probe'), fileMode);
    let serial = 0;
    return ok({
      directory,
      machineRestarted,
      port,
      pathOf: (name) => `${directory}/${name.slice(0, 2)}/${name}`,
      temporaryPath: () => `${temporary}/${process.pid}-${(serial += 1)}`,
      create(path) {
        const descriptor = port.create(path, fileMode);
        if (mustChmod) fchmodSync(descriptor, fileMode);
        return descriptor;
      },
    });
  } catch (problem) {
    return err(ioFault(problem, directory));
  }
}

export interface ScannedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  /** May not have reached the medium before the machine went down. */
  readonly suspect: boolean;
}

/**
 * Every file of the 256 folders, least recently used first by the times that the file system keeps. Yields to others in between.
 * What lay in memory only when power failed was written within write-back time of that moment, and so of the youngest file.
 */
export async function scanFiles(files: StoreFiles): Promise<ScannedFile[]> {
  const found: { name: string; sizeBytes: number; usedMs: number; writtenMs: number }[] = [];
  let youngestMs = 0;
  const nowMs = Date.now();
  for (const folder of FAN_OUT) {
    const path = join(files.directory, folder);
    for (const name of readdirSync(path)) {
      try {
        const stats = statSync(`${path}/${name}`);
        if (!stats.isFile()) continue;
        found.push({ name, sizeBytes: stats.size, usedMs: Math.max(stats.atimeMs, stats.mtimeMs), writtenMs: stats.mtimeMs });
        if (stats.mtimeMs <= nowMs) youngestMs = Math.max(youngestMs, stats.mtimeMs);
      } catch {
        // gone since readdir
      }
    }
    await nextTurn();
  }
  const suspectFromMs = files.machineRestarted ? youngestMs - limits.storeWriteBackMs : Infinity;
  return found
    .sort((a, b) => a.usedMs - b.usedMs)
    .map(({ name, sizeBytes, usedMs, writtenMs }) => ({ name, sizeBytes, usedMs, suspect: writtenMs >= suspectFromMs }));
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
    open = false;
    files.port.close(descriptor);
    files.port.rename(temporary, files.pathOf(name));
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

/** The file's bytes; undefined when it is gone or has not exactly `sizeBytes`. */
export function readWholeSync(path: string, sizeBytes: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes + 1); // one more, to see whether the file is longer
    let done = 0;
    while (done <= sizeBytes) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, done);
      if (count === 0) break;
      done += count;
    }
    return done === sizeBytes ? bytes.subarray(0, sizeBytes) : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

