// Programs of this machine as files of a project, at the paths they have here, for build tools whose actions must bring what they run.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { which } from './paths.js';

const ask = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const librariesOf = (program: string): string[] => {
  try {
    return [...ask('ldd', program).matchAll(/(\/[^\s)]+)/g)].map((match) => match[1] as string);
  } catch {
    return []; // a script, or linked statically
  }
};

/** What a linker script names: libc.so is a text that leads to the libraries. */
function namedByScript(path: string): string[] {
  if (!existsSync(path) || statSync(path).size > 4096) return [];
  return [...readFileSync(path, 'latin1').matchAll(/(\/[\w./+-]+\.(?:so[.\d]*|a))/g)].map((match) => match[1] as string);
}

/** Copies bash, g++ with all its passes, and what a C++ program is linked with, below `folder`. */
export function copyToolchain(folder: string): void {
  const passes = ['cc1plus', 'collect2', 'as', 'ld'].map((name) => ask('g++', `-print-prog-name=${name}`)).map((path) => (path.startsWith('/') ? path : (which(path) as string)));
  const programs = ['/bin/bash', '/usr/bin/tr', '/usr/bin/g++', '/usr/bin/ar', ...passes];
  const linked = ['liblto_plugin.so', 'Scrt1.o', 'crt1.o', 'crti.o', 'crtn.o', 'crtbegin.o', 'crtbeginS.o', 'crtend.o', 'crtendS.o', 'libc.so', 'libm.so', 'libgcc.a', 'libgcc_s.so', 'libgcc_s.so.1', 'libstdc++.so']
    .map((name) => ask('g++', `-print-file-name=${name}`))
    .filter((path) => path.startsWith('/'))
    .map((path) => resolve(path));
  const all = new Set([...programs, ...programs.flatMap(librariesOf), ...linked, ...linked.flatMap(namedByScript), '/usr/include/stdc-predef.h']);
  for (const path of all) {
    if (!existsSync(path)) continue;
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
}
