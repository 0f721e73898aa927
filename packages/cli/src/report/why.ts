// The life of one object in words: outcome first, then where and why there, then what each step took.

import { formatSize } from '@mosix/config';
import { plain, plural, table, type Paint } from '../terminal.js';

/** As the daemon's journal keeps it; what is not there is not shown. */
export interface WhyRecord {
  readonly path?: string;
  readonly time?: string;
  readonly outcome: 'remote' | 'cache' | 'local' | 'failed';
  readonly exitStatus?: number;
  readonly node?: string;
  readonly reason?: string;
  readonly explanation?: string;
  readonly detail?: string;
  readonly attempts?: number;
  readonly steps?: readonly { readonly name: string; readonly ms: number }[];
  readonly action?: string;
  readonly inputs?: { readonly files: number; readonly bytes: number };
  readonly sent?: { readonly blobs: number; readonly bytes: number };
  readonly cpuSeconds?: number;
  /** Of the compiler on the node. */
  readonly wallSeconds?: number;
  /** The scheduler's sentences: where it was placed, what moved it. */
  readonly story?: readonly string[];
  readonly command?: readonly string[];
  readonly cwd?: string;
  readonly source?: string;
}

const barWidth = 24;

export const whyLines = (path: string, record: WhyRecord, paint: Paint = plain): string[] => [
  paint.bold(path),
  `  ${outcomeOf(record, paint)}${record.time === undefined ? '' : paint.dim(`  (${record.time.slice(0, 19).replace('T', ' ')})`)}`,
  ...becauseOf(record).map((line) => `  ${line}`),
  ...(record.story ?? []).map((line) => `  - ${line}`),
  ...(record.inputs === undefined ? [] : [`  inputs: ${plural(record.inputs.files, 'file')}, ${formatSize(record.inputs.bytes)}${sentOf(record)}`]),
  ...(record.cpuSeconds === undefined ? [] : [`  compiler: ${record.cpuSeconds.toFixed(2)} s CPU${record.wallSeconds === undefined ? '' : ` in ${record.wallSeconds.toFixed(2)} s`}`]),
  ...stepLines(record, paint),
  ...(record.action === undefined ? [] : ['', `  action ${paint.dim(record.action)}`]),
  ...(record.command === undefined ? [] : [`  ${record.cwd === undefined ? 'command' : `in ${record.cwd}`}`, `    ${paint.dim(record.command.map(quote).join(' '))}`]),
];

const outcomeOf = (record: WhyRecord, paint: Paint): string => {
  const status = record.exitStatus !== undefined && record.exitStatus !== 0 ? `, the compiler ended with status ${record.exitStatus}` : '';
  const attempts = (record.attempts ?? 1) > 1 ? ` at attempt ${record.attempts}` : '';
  switch (record.outcome) {
    case 'remote':
      return paint.green(`compiled on ${record.node ?? 'the farm'}${attempts}${status}`);
    case 'cache':
      return paint.green(`taken from the cache${record.node === undefined ? '' : ` (compiled on ${record.node} before)`}${status}`);
    case 'local':
      return paint.yellow(`compiled here${status}`);
    case 'failed':
      return paint.red(`failed${record.node === undefined ? ' here' : ` on ${record.node}`}${status}`);
  }
};

/** Why here; or, for a job of the farm, what the daemon knows about the choice. */
const becauseOf = ({ outcome, reason, explanation, detail }: WhyRecord): string[] => {
  if (reason === undefined && explanation === undefined && detail === undefined) return [];
  const word = outcome === 'local' || outcome === 'failed' ? 'because' : 'why';
  const text = explanation ?? reason ?? '';
  const lines = text === '' ? [] : [`${word}: ${text}${explanation !== undefined && reason !== undefined && reason !== explanation ? ` [${reason}]` : ''}`];
  return detail === undefined ? lines : [...lines, `detail: ${detail}`];
};

const sentOf = ({ sent }: WhyRecord): string => {
  if (sent === undefined) return '';
  return sent.blobs === 0 ? '; the farm had all of them' : `; sent ${plural(sent.blobs, 'blob')}, ${formatSize(sent.bytes)}`;
};

/** Indented steps are parts of the one above them; the daemon's own measure of the whole, if there, is the last. */
const wholeStep = 'in all';

const stepLines = (record: WhyRecord, paint: Paint): string[] => {
  const steps = record.steps ?? [];
  if (steps.length === 0) return [];
  const parts = steps.filter((step) => step.name !== wholeStep && !step.name.startsWith(' '));
  const wholeMs = steps.find((step) => step.name === wholeStep)?.ms ?? parts.reduce((sum, step) => sum + step.ms, 0);
  const milliseconds = (ms: number): string => `${ms.toFixed(1)} ms`.padStart(12);
  const bar = (ms: number): string => '█'.repeat(wholeMs === 0 ? 0 : Math.min(barWidth, Math.round((barWidth * ms) / wholeMs)));
  const rows = steps.filter((step) => step.name !== wholeStep).map((step) => [step.name, milliseconds(step.ms), bar(step.ms)]);
  return ['', ...table([['STEP', 'TIME'.padStart(12), ''], ...rows, [wholeStep, milliseconds(wholeMs), '']], paint).map((line) => `  ${line}`)];
};

/** As one would type it into a shell. */
const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
