// Puts a job's outputs where the compiler would have: under a temporary name beside the target, then renamed, so that nobody ever sees
// half a file; the object last, because its presence tells build tools that the rest is there.
import { accessSync, closeSync, constants, lstatSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { err, fault, ok, type Fault, type Result } from '@mosix/core';
import type { Output } from '@mosix/compiler';

export interface ReadyOutput {
  /** As the command line has it. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly bytes: Uint8Array;
}

/** Not join(): `link/../x` is not `x`. */
export const absolutePath = (cwd: string, path: string): string => (isAbsolute(path) ? path : `${cwd}/${path}`);

/** `path` (absolute, or relative to `cwd`) relative to `cwd`, without `.` and needless `..`. */
export function relativeTo(cwd: string, path: string): string {
  if (!path.startsWith('/')) return path.replace(/^(\.\/+)+/, '');
  if (path.startsWith(`${cwd}/`)) return path.slice(cwd.length + 1);
  const up = cwd.split('/').filter((part) => part !== '').map(() => '..');
  return [...up, path.slice(1)].join('/');
}

export type OutputProblem = 'output-is-special' | 'output-directory';

/** Targets that the compiler treats otherwise than a rename would: those compiles stay here. */
export function checkTargets(cwd: string, outputs: readonly Output[]): { reason: OutputProblem; detail: string } | undefined {
  const directories = new Set<string>();
  for (const output of outputs) {
    const path = absolutePath(cwd, output.path);
    const directory = dirname(path);
    if (!directories.has(directory)) {
      directories.add(directory);
      try {
        accessSync(directory, constants.W_OK | constants.X_OK);
        if (!statSync(directory).isDirectory()) return { reason: 'output-directory', detail: directory };
      } catch {
        return { reason: 'output-directory', detail: directory };
      }
    }
    const present = lstatSync(path, { throwIfNoEntry: false });
    // A file of several names, or one that may not be written, is written in place by some compilers and replaced by others.
    if (present !== undefined && (!present.isFile() || present.nlink > 1 || (present.mode & 0o200) === 0)) return { reason: 'output-is-special', detail: output.path };
  }
  return undefined;
}

let serial = 0;

/** Codes: `output-failed`. On failure nothing new is left behind except outputs that were complete. */
export function writeOutputs(cwd: string, umask: number, outputs: readonly ReadyOutput[]): Result<void, Fault> {
  const staged: { temporary: string; target: string }[] = [];
  try {
    for (const output of outputs) {
      const target = absolutePath(cwd, output.path);
      const mode = (output.isExecutable ? 0o777 : 0o666) & ~umask;
      serial += 1;
      const temporary = `${dirname(target)}/.${basename(target).slice(0, 200)}.mosix-${process.pid}-${serial}`;
      staged.push({ temporary, target });
      const file = openSync(temporary, 'wx', mode);
      try {
        for (let at = 0; at < output.bytes.length; ) at += writeSync(file, output.bytes, at);
      } finally {
        closeSync(file);
      }
    }
    for (const { temporary, target } of staged) {
      // ext4 starts to write out a file that is renamed over another (auto_da_alloc), which costs milliseconds; compilers remove the
      // old object first, too.
      if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) unlinkSync(target);
      renameSync(temporary, target);
    }
    return ok(undefined);
  } catch (cause) {
    for (const { temporary } of staged) {
      try {
        unlinkSync(temporary);
      } catch {
        // already renamed, or never made
      }
    }
    return err(fault('output-failed', `cannot write outputs: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
  }
}

/** Old files that the compiler itself would have removed: stale counts after a success, what clang did not write after a failure. */
export function removeLeftovers(cwd: string, paths: readonly string[], written: ReadonlySet<string>): void {
  for (const given of paths) {
    if (written.has(given)) continue;
    const path = absolutePath(cwd, given);
    try {
      if (lstatSync(path).isFile()) unlinkSync(path);
    } catch {
      // was not there
    }
  }
}

/** Objects come last. */
export const writeOrder = (outputs: readonly Output[]): ReadonlyMap<string, number> =>
  new Map(outputs.map((output) => [output.path, output.kind === 'object' || output.kind === 'assembly' || output.kind === 'pch' || output.kind === 'bitcode' ? 1 : 0]));
