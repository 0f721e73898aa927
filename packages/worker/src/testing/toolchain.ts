// Captures this machine's real gcc the way the client does: driver, passes, assembler, their shared libraries, and for one source
// file every header that the compiler opens. Nothing else gets into the tree.
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TreeBuilder } from './tree-builder.js';

const run = (program: string, ...words: string[]): string => execFileSync(program, words, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', MOSIX_DISABLE: '1' } });

const librariesOf = (program: string): string[] => [...run('ldd', program).matchAll(/(\/[^\s)]+)/g)].map((match) => match[1] ?? '').filter(existsSync);

export const GXX = '/usr/bin/g++';
export const haveGxx = existsSync(GXX);

export function captureGxx(tree: TreeBuilder): void {
  const passes = ['cc1plus', 'cc1'].map((name) => run(GXX, `-print-prog-name=${name}`).trim()).filter((path) => path.startsWith('/'));
  const assembler = run(GXX, '-print-prog-name=as').trim();
  const programs = [GXX, ...passes, assembler.startsWith('/') ? assembler : '/usr/bin/as'];
  for (const program of programs) {
    tree.capture(program);
    for (const library of librariesOf(realpathSync(program))) tree.capture(library);
  }
}

/** The files that `g++ -M` names for a source, and the directories that the compiler searches. */
export function captureHeaders(tree: TreeBuilder, source: string, options: readonly string[]): string[] {
  const rule = run(GXX, ...options, '-M', source).replace(/\\\n/g, ' ');
  const files = (rule.slice(rule.indexOf(': ') + 1).match(/(?:\\.|\S)+/g) ?? []).map((word) => word.replace(/\\(.)/g, '$1'));
  for (const file of files) {
    // `a/b/../c`: the compiler walks it as written, so b must be there.
    tree.capture(realpathSync(file));
    const parts = file.split('/');
    parts.forEach((part, index) => {
      if (part === '..') tree.capture(parts.slice(0, index).join('/'));
    });
    tree.directory(realpathSync(dirname(file)));
  }
  return files;
}
