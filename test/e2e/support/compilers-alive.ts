// Which compiler processes work on files below a folder: how many run at once here, and whether one was left behind.

import { readdirSync, readFileSync } from 'node:fs';

const compilerNames = new Set(['cc1', 'cc1plus', 'clang-14', 'clang', 'as', 'collect2', 'gcc', 'g++', 'x86_64-linux-gnu', 'ld']);

export interface Compiler {
  readonly pid: number;
  readonly name: string;
  /** In a mount namespace of its own, as a job of a worker is. */
  readonly sandboxed: boolean;
}

const namespaceOf = (pid: string): string => {
  try {
    // readlink on a magic link needs the same rights as the environment does
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch {
    return '';
  }
};

/** Compilers whose working folder or command line lies below the folder, as they see it. */
export function compilersBelow(folder: string): Compiler[] {
  const here = namespaceOf('self');
  const found: Compiler[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
      if (!compilerNames.has(name)) continue;
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
      if (words.includes(folder) || environment.includes(`PWD=${folder}`)) found.push({ pid: Number(pid), name, sandboxed: namespaceOf(pid) !== here });
    } catch {
      // gone
    }
  }
  return found;
}
