// The comparison as tables for a terminal and for docs/scheduling.md.
import type { Cell } from './compare.js';
import type { Row } from './workloads.js';

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? 0 : sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

export const targets: Readonly<Record<Row, { readonly title: string; readonly against: string; readonly most: number }>> = {
  homogeneous: { title: '32 equal nodes', against: 'lower bound', most: 1.03 },
  mixed: { title: '32 nodes, speeds 1:2:4:8', against: 'lower bound', most: 1.05 },
  'degrade-share': { title: 'one of 8 nodes gets 1/5 of its processor time', against: 'node gone', most: 1.1 },
  'degrade-clock': { title: 'one of 8 nodes runs at 1/5 of its clock', against: 'node gone', most: 1.1 },
  owner: { title: 'owners come back to 3 of 30 nodes', against: 'lower bound', most: 1.1 },
};

const WASTE_MOST = 0.05;
const OURS = 'mosix';

const worst = (values: readonly number[]): number => Math.max(...values);
const both = (values: readonly number[]): string => `${median(values).toFixed(3)} (${worst(values).toFixed(3)})`;

/** One line a target: median and worst over recorded builds and seeds, and whether the median meets it. */
export function summary(cells: readonly Cell[]): string {
  const lines = ['| scenario | against | target | second build: median (worst) | first build | met | best rival | wasted CPU, worst |', '|---|---|---|---|---|---|---|---|'];
  for (const row of new Set(cells.map((cell) => cell.row))) {
    const { title, against, most } = targets[row];
    const real = cells.filter((cell) => cell.row === row && cell.recorded);
    const ratios = (policy: string): number[] => real.filter((cell) => cell.policy === policy).flatMap((cell) => cell.ratios);
    const ours = ratios(OURS);
    const rivals = [...new Set(real.map((cell) => cell.policy))].filter((name) => !name.startsWith(OURS));
    const best = rivals.map((name) => ({ name, ratios: ratios(name) })).sort((a, b) => median(a.ratios) - median(b.ratios))[0];
    const waste = worst(real.filter((cell) => cell.policy === OURS).flatMap((cell) => cell.wastes));
    const met = median(ours) > most ? 'no' : worst(ours) > most ? 'median' : 'yes';
    lines.push(`| ${title} | ${against} | ≤ ${most.toFixed(2)} | ${both(ours)} | ${both(ratios('mosix, first build'))} | ${met} | ${best === undefined ? '' : `${best.name} ${both(best.ratios)}`} | ${(waste * 100).toFixed(1)} %${waste > WASTE_MOST ? ' (target 5 %)' : ''} |`);
  }
  return lines.join('\n');
}

/** Never worse than the same scheduler when it moves nothing. */
export function nothingTable(cells: readonly Cell[]): string {
  const lines = ['| scenario | build | makespan / that without moving: median (worst) |', '|---|---|---|'];
  for (const cell of cells) if (cell.policy === OURS && cell.againstNothing.length > 0) lines.push(`| ${targets[cell.row].title} | ${cell.workload} | ${both(cell.againstNothing)} |`);
  return lines.length === 2 ? '' : lines.join('\n');
}

/** All builds and all schedulers of one scenario. */
export function detail(cells: readonly Cell[], row: Row): string {
  const own = cells.filter((cell) => cell.row === row);
  const policies = [...new Set(own.map((cell) => cell.policy))];
  const lines = [`| build | ${policies.join(' | ')} |`, `|---|${policies.map(() => '---|').join('')}`];
  for (const workload of new Set(own.map((cell) => cell.workload))) {
    const texts = policies.map((policy) => {
      const cell = own.find((each) => each.workload === workload && each.policy === policy);
      return cell === undefined ? '' : both(cell.ratios);
    });
    lines.push(`| ${workload}${own.find((cell) => cell.workload === workload)?.recorded === true ? '' : ' (generated)'} | ${texts.join(' | ')} |`);
  }
  return lines.join('\n');
}

export function report(cells: readonly Cell[], seeds: number): string {
  const parts = [`Median and, in brackets, worst of ${seeds} seeds. Targets count for recorded builds, the second time they run.`, summary(cells), nothingTable(cells)];
  for (const row of new Set(cells.map((cell) => cell.row))) parts.push(`### ${targets[row].title}\n\nMakespan / ${targets[row].against}:\n\n${detail(cells, row)}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

export const BEGIN = '<!-- made by npm run sim -- compare: begin -->';
export const END = '<!-- made by npm run sim -- compare: end -->';

/** Puts the report between the marks of a document; the text around stays. Undefined when the marks are not there. */
export function between(document: string, text: string, begin = BEGIN, end = END): string | undefined {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return undefined;
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
