// Which compiler processes work on files below a folder: how many run at once here, and whether one was left behind.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const compilerNames = new Set(['cc1', 'cc1plus', 'clang-14', 'clang', 'as', 'collect2', 'gcc', 'g++', 'x86_64-linux-gnu', 'ld']);

export interface Compiler {
  readonly pid: number;
  readonly name: string;
  /** In a mount namespace of its own, as a job of a worker is. */
  readonly sandboxed: boolean;
}

const namespaceOf = (pid: string): string => readlinkSync(`/proc/${pid}/ns/mnt`);

/** Compilers whose working folder is the given one; in a sandbox it has the same name, below the sandbox's root. */
export function compilersBelow(folder: string): Compiler[] {
  const here = namespaceOf('self');
  const found: Compiler[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      if (!compilerNames.has(name)) continue;
      if (readlinkSync(`/proc/${pid}/cwd`).endsWith(folder)) found.push({ pid: Number(pid), name, sandboxed: namespaceOf(pid) !== here });
    } catch {
      // gone
    }
  }
  return found;
}
