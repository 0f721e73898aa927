// What `mosix tune` makes of its runs, and the constants that tie a compile's time to the farm's scale of speed.

import { join } from 'node:path';
import { limits } from '@mosix/core';
import { install } from '../install.js';

/** Translated, never run; never changed. */
export const calibrationSource = join(install.root, 'packages', 'cli', 'assets', 'calibrate.c');
export const calibrationSha256 = '@@SHA@@';

export interface Compiler {
  readonly name: string;
  /** Wall time of `NAME -O2 -c calibrate.c` in the sandbox of an idle node of speed 1.0. */
  readonly referenceMs: number;
}

/**
 * Speed 1.0 is tied to the worker's own benchmark (packages/worker/src/speed.ts). On a machine whose benchmark gives @@SPEED@@ (median of
 * nine), the source took @@GCC@@ ms with gcc 12.2 and @@CLANG@@ ms with clang 14.0 (medians of nine on a node of a farm); a node of speed 1.0 takes
 * @@SPEED@@ times as long. Another version of a compiler, or one for another processor, takes another time: the ratios between nodes that were
 * tuned from one machine are exact, their common factor is not, and it means nothing to placement.
 */
export const compilers: readonly Compiler[] = [
  { name: 'gcc', referenceMs: 1_000 },
  { name: 'clang', referenceMs: 1_000 },
];

export const runsDefault = 5;
export const runsMax = 50;

/** Of sorted or unsorted values, between neighbours by their distance. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
};

/** Three decimals, within what a node's speed may be. */
export const speedFrom = (ms: number, referenceMs: number): number =>
  Math.round(Math.min(limits.nodeSpeedMax, Math.max(limits.nodeSpeedMin, referenceMs / ms)) * 1000) / 1000;
