// Reads back what mosix-init says: its record of a job, and the error line of a stage that failed. Both come from files or pipes
// that a job could have written to, so nothing in them is trusted beyond its form.
import { constants, closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';

/** How the compiler ended and what it used; times in microseconds. */
export interface JobRecord {
  readonly exit: { readonly kind: 'exit' | 'signal'; readonly value: number };
  readonly userUs: number;
  readonly systemUs: number;
  readonly peakMemoryBytes: number;
  readonly wallUs: number;
}

/** mosix-init got as far as `step` (chdir, exec) and no further. `errno` as the kernel's number. */
export interface StartFailure {
  readonly step: string;
  readonly errno: number;
}

const RECORD_BYTES_MAX = 4096;

/** Undefined when there is no whole record: the sandbox ended before the job did. */
export function parseRecord(text: string): JobRecord | StartFailure | undefined {
  const failed = /^failed (\w+) (\d+)\n$/.exec(text);
  if (failed !== null) return { step: failed[1] ?? '', errno: Number(failed[2]) };
  const whole = /^(exit|signal) (\d{1,3})\nuser_us (\d{1,15})\nsystem_us (\d{1,15})\nmaxrss_kb (\d{1,15})\nwall_us (\d{1,15})\n$/.exec(text);
  if (whole === null) return undefined;
  const [, kind, value, user, system, memory, wall] = whole;
  return {
    exit: { kind: kind === 'signal' ? 'signal' : 'exit', value: Number(value) },
    userUs: Number(user),
    systemUs: Number(system),
    peakMemoryBytes: Number(memory) * 1024,
    wallUs: Number(wall),
  };
}

/** A regular file of at most `bytesMax` bytes, links not followed. The job must be dead. Undefined for anything else. */
export function readPlainFile(path: string, bytesMax: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() && stat.size <= bytesMax ? readFileSync(descriptor) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

export const readRecord = (path: string): JobRecord | StartFailure | undefined =>
  parseRecord(readPlainFile(path, RECORD_BYTES_MAX)?.toString('latin1') ?? '');

export interface InitError {
  readonly step: string;
  readonly errno: number;
  readonly subject: string;
}

/** The line that `fail()` of init-common.h writes to standard error. */
export function parseInitError(text: string): InitError | undefined {
  const line = /^mosix-init\t([^\t]*)\t(\d+)\t(.*)$/m.exec(text);
  return line === null ? undefined : { step: line[1] ?? '', errno: Number(line[2]), subject: line[3] ?? '' };
}

/** `ENOENT` for 2. */
export const errnoName = (errno: number): string => (errno > 0 ? getSystemErrorName(-errno) : 'no error');
