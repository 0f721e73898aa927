// The demo's last words.

import type { BuildCounters } from '../builds/summary.js';
import { percent, plain, plural, seconds, table, type Paint } from '../terminal.js';
import type { Comparison } from './compare.js';

export interface DemoResult {
  readonly nodes: readonly { readonly name: string; readonly speed: number; readonly cores?: number }[];
  readonly cold: BuildCounters;
  readonly warm: BuildCounters;
  readonly wallMs: { readonly cold: number; readonly warm: number; readonly local: number };
  readonly clientCpuMsPerCompile: number;
  /** Farm builds, cold and warm, against the local one. */
  readonly comparison: Comparison;
  readonly leftOut: readonly string[];
  readonly next: string;
}

export const demoSucceeded = (result: DemoResult): boolean => result.comparison.different.length === 0 && result.comparison.identical > 0;

export const demoLines = (result: DemoResult, paint: Paint = plain): string[] => {
  const { cold, warm, wallMs, comparison } = result;
  const rows = result.nodes.map((node) => {
    const did = cold.nodes.find((one) => one.name === node.name);
    return [node.name, node.cores === undefined ? '-' : `${node.cores.toFixed(2)} cores`, node.speed.toFixed(2), did?.jobs ?? 0, `${(did?.cpuSeconds ?? 0).toFixed(1)} s`];
  });
  const differing = comparison.different.length;
  return [
    '',
    ...table([['NODE', 'QUOTA', 'SPEED', 'COMPILES', 'CPU'], ...rows], paint),
    '',
    `cold build    ${seconds(wallMs.cold)}: ${counted(cold)}`,
    `warm build    ${seconds(wallMs.warm)}: ${counted(warm)} (${percent(warm.compiles.cacheHits, warm.compiles.total)} hits)`,
    `local build   ${seconds(wallMs.local)}`,
    ...reasons(cold),
    `client CPU    ${result.clientCpuMsPerCompile.toFixed(1)} ms per compile (launcher and daemon)`,
    ...result.leftOut.map((one) => `left out      ${one}`),
    differing === 0
      ? paint.green(`identical     ${comparison.identical} of ${comparison.identical} objects, archives, executables and dependency files; 0 differ`)
      : paint.red(`DIFFERENT     ${differing} of ${comparison.identical + differing}:`),
    ...comparison.different.map((one) => `  ${one}`),
    '',
    `${paint.bold('next:')} ${result.next}`,
  ];
};

const counted = ({ compiles, nodes }: BuildCounters): string => {
  const used = nodes.filter((node) => node.jobs > 0).length;
  return `${plural(compiles.total, 'compile')}: ${compiles.remote > 0 ? `${compiles.remote} on ${plural(used, 'node')}, ` : ''}${compiles.cacheHits} from cache, ${compiles.local} here`;
};

const reasons = ({ localReasons }: BuildCounters): string[] => {
  const all = Object.entries(localReasons);
  return all.length === 0 ? [] : [`here because  ${all.map(([reason, count]) => `${reason} (${count})`).join(', ')}`];
};
