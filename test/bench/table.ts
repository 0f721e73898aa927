// The table of the benchmark: rows in, lines out.

import type { Cost } from './cpu.js';

export interface Row {
  readonly tool: string;
  readonly cost?: Cost;
  /** Why there is no number. */
  readonly missing?: string;
  /** CPU and wall in milliseconds that the project wants to reach; wall may be relative to the compiler's. */
  readonly target?: { readonly cpuMs: number; readonly wallMs: number };
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

const verdict = (row: Row): string => {
  if (row.cost === undefined || row.target === undefined) return '';
  const cpu = row.cost.launcherMs + row.cost.daemonMs;
  const misses = [
    ...(cpu > row.target.cpuMs ? [`CPU ${number(cpu - row.target.cpuMs)} ms over ${number(row.target.cpuMs)}`] : []),
    ...(row.cost.wallMs > row.target.wallMs ? [`wall ${number(row.cost.wallMs - row.target.wallMs)} ms over ${number(row.target.wallMs)}`] : []),
  ];
  return misses.length === 0 ? 'reached' : misses.join(', ');
};

/** Markdown, so that it can be pasted. The first row is the compiler itself, and the shares are of it. */
export function renderTable(rows: readonly Row[]): string[] {
  const compiler = rows[0]?.cost;
  const cells = rows.map((row) => {
    if (row.cost === undefined) return [row.tool, row.missing ?? '', '', '', '', '', '', ''];
    const { launcherMs, daemonMs, wallMs } = row.cost;
    const cpuMs = launcherMs + daemonMs;
    const share = compiler === undefined ? ['', ''] : [`${number((100 * cpuMs) / compiler.launcherMs)} %`, `${number((100 * wallMs) / compiler.wallMs)} %`];
    return [row.tool, `${number(cpuMs)} ms`, share[0] as string, `${number(launcherMs)} ms`, `${number(daemonMs)} ms`, `${number(wallMs)} ms`, share[1] as string, verdict(row)];
  });
  const all = [['tool', 'CPU / compile', 'of g++', 'launcher', 'daemon', 'wall / compile', 'of g++', 'target'], ...cells];
  const widths = (all[0] as string[]).map((_, column) => Math.max(...all.map((line) => (line[column] as string).length)));
  const line = (words: readonly string[]): string => `| ${words.map((word, column) => word.padEnd(widths[column] as number)).join(' | ')} |`;
  return [line(all[0] as string[]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.map(line)];
}
