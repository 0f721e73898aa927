// What has been begun is undone in reverse order, whatever happens in between; and a folder is only deleted when nothing is mounted in it.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

export interface CleanUp {
  /** `undo` runs when `run` does; later ones first. */
  add(what: string, undo: () => Promise<unknown>): void;
  /** Problems, in words; empty when all is undone. The second call does nothing. */
  run(): Promise<readonly string[]>;
}

export const createCleanUp = (): CleanUp => {
  const steps: { what: string; undo: () => Promise<unknown> }[] = [];
  return {
    add: (what, undo) => {
      steps.push({ what, undo });
    },
    async run() {
      const problems: string[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step.undo();
        } catch (problem) {
          problems.push(`${step.what}: ${(problem as Error).message}`);
        }
      }
      return problems;
    },
  };
};

/** Mount points at or below the folder, innermost first. */
export const mountsBelow = (folder: string, mountinfo: string = readFileSync('/proc/self/mountinfo', 'utf8')): string[] =>
  mountinfo
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();

/** Throws rather than delete through a mount. */
export const removeFolder = (folder: string): void => {
  for (const point of mountsBelow(folder)) execFileSync('umount', [point], { stdio: 'ignore' });
  const left = mountsBelow(folder);
  if (left.length > 0) throw new Error(`${left.join(', ')} is still mounted`);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
};
