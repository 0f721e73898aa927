// The counters in the manner of `ccache -s`.

import { formatSize } from '@mosix/config';
import { countersFrom } from '../builds/summary.js';
import { percent, plain, type Paint } from '../terminal.js';

/** Lists longer than this are cut unless everything is asked for. */
const rowsShown = 8;

interface Row {
  readonly depth: number;
  readonly label: string;
  readonly value?: string;
  readonly note?: string;
}

const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});

/** `stats`: what the daemon answers, or stats.json holds. `explain`: a reason's words. */
export const statsLines = (stats: Record<string, unknown>, options: { verbose: boolean; paint?: Paint; explain?: (reason: string) => string }): string[] => {
  const prediction = record(stats['prediction']);
  const { compiles, nodes, localReasons, hint } = countersFrom(stats);
  const { paint = plain, explain } = options;
  const { total, remote, cacheHits, local, failed } = compiles;
  const share = (part: number): Pick<Row, 'value' | 'note'> => ({ value: String(part), note: `(${percent(part, total)})` });
  const other = record(stats['otherCalls']);
  const cache = record(stats['localCache']);
  const rows: Row[] = [
    { depth: 0, label: 'Compiles', value: String(total) },
    { depth: 1, label: 'on the farm', ...share(remote) },
    ...cut([...nodes].sort((a, b) => b.jobs - a.jobs).map((node) => ({ depth: 2, label: node.name, value: String(node.jobs), note: `${node.cpuSeconds.toFixed(1)} s CPU` })), options.verbose),
    { depth: 1, label: 'from cache', ...share(cacheHits) },
    { depth: 1, label: 'here', ...share(local) },
    ...cut(reasonRows(localReasons, explain), options.verbose),
    { depth: 1, label: 'with errors of the compiler', value: String(failed) },
    { depth: 0, label: 'Links, probes and the like', value: String(number(other['total'])) },
    ...(options.verbose ? reasonRows(record(other['reasons']) as Record<string, number>, explain).map((row) => ({ ...row, depth: 1 })) : []),
    { depth: 0, label: 'Farm failures', value: String(number(stats['farmErrors'])) },
    ...(options.verbose ? predictionRows(prediction) : []),
    { depth: 0, label: 'Client CPU per compile', value: number(stats['clientCpuMsPerCompile']).toFixed(1), note: 'ms' },
    ...(typeof cache['sizeBytes'] === 'number' ? [sizeRow('Cache on this machine', cache['sizeBytes'], cache['sizeBytesMax'])] : []),
    ...(typeof stats['since'] === 'string' ? [{ depth: 0, label: 'Since', value: '', note: stats['since'].slice(0, 19).replace('T', ' ') }] : []),
  ];
  return [...layOut(rows, paint), ...(hint === undefined ? [] : ['', paint.yellow(hint.message), ...(hint.hint === undefined ? [] : [`try: ${hint.hint}`])])];
};

/** How well the scheduler foresaw processor times; nothing when there is no coordinator to ask. */
const predictionRows = (prediction: Record<string, unknown>): Row[] => {
  const jobs = number(prediction['jobs']);
  if (typeof prediction['jobs'] !== 'number') return [];
  const times = (value: unknown): string => `${number(value).toFixed(2)}x`;
  return [
    { depth: 0, label: 'Jobs with a prediction', value: String(jobs) },
    ...(jobs === 0 ? [] : [
      { depth: 1, label: 'actual / predicted, median', value: times(prediction['median']) },
      { depth: 1, label: 'actual / predicted, p90', value: times(prediction['p90']) },
    ]),
  ];
};

const sizeRow = (label: string, bytes: number, bytesMax: unknown): Row => {
  const [value = '', unit] = formatSize(bytes).split(' ');
  return { depth: 0, label, value, note: `${unit}${typeof bytesMax === 'number' ? ` of ${formatSize(bytesMax)}` : ''}` };
};

const reasonRows = (reasons: Readonly<Record<string, number>>, explain: ((reason: string) => string) | undefined): Row[] =>
  Object.entries(reasons)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => ({ depth: 2, label: reason, value: String(count), ...(explain === undefined || explain(reason) === reason ? {} : { note: explain(reason) }) }));

const cut = (rows: Row[], everything: boolean): Row[] =>
  everything || rows.length <= rowsShown ? rows : [...rows.slice(0, rowsShown), { depth: 2, label: `${rows.length - rowsShown} more (-v shows all)` }];

const layOut = (rows: readonly Row[], paint: Paint): string[] => {
  const labelWidth = Math.max(...rows.map((row) => row.depth * 2 + row.label.length)) + 2;
  const valueWidth = Math.max(...rows.map((row) => (row.value?.length ?? 0)));
  return rows.map((row) => {
    const label = `${'  '.repeat(row.depth)}${row.label}${row.value === undefined ? '' : ':'}`.padEnd(labelWidth);
    const line = `${label}${(row.value ?? '').padStart(valueWidth)}${row.note ? ` ${paint.dim(row.note)}` : ''}`;
    return line.trimEnd();
  });
};
