// What `mosix tune` makes of its runs, and the constants that tie a compile's time to the farm's scale of speed.

import { join } from 'node:path';
import { limits } from '@mosix/core';
import { install } from '../install.js';

/** Translated, never run; never changed. */
export const calibrationSource = join(install.root, 'packages', 'cli', 'assets', 'calibrate.c');
export const calibrationSha256 = '5d0b1c621b3a904420c6f3091c031753d996d19759a94ff8c63252b2c3a2be03';

export interface Compiler {
  readonly name: string;
  /** Wall time of `NAME -O2 -c calibrate.c` in the sandbox of an idle node of speed 1.0. */
  readonly referenceMs: number;
}

/**
 * Speed 1.0 is tied to the worker's own benchmark (packages/worker/src/speed.ts). On a core of an AMD EPYC whose benchmark gave 1.34, the source
 * took 575 ms with gcc 12.2 and 485 ms with clang 14.0 (benchmark and compiles in turn, medians of fifteen); a core of speed 1.0 takes 1.34
 * times as long. Another version of a compiler, or one for another processor, takes another time: the ratios between nodes that were
 * tuned from one machine are exact, their common factor is not, and it means nothing to placement.
 */
export const compilers: readonly Compiler[] = [
  { name: 'gcc', referenceMs: 770 },
  { name: 'clang', referenceMs: 650 },
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
