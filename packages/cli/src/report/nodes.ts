// The farm's nodes as JSON and as lines. Each node's name, slots, speed and state are a contract with scripts.

import { formatSize } from '@mosix/config';
import type { admin } from '@mosix/protocol';
import { fitTable, type Column } from '../fit-table.js';
import { plain, plural, seconds, type Paint } from '../terminal.js';

const byName = new Intl.Collator('en', { numeric: true });

/** As people count: node2 before node10. */
export const sortedNodes = (status: Pick<admin.Status, 'nodes'>): admin.Node[] => [...status.nodes].sort((a, b) => byName.compare(a.name, b.name));

export const nodesJson = (status: Pick<admin.Status, 'nodes'>) =>
  sortedNodes(status).map((node) => ({
    name: node.name,
    slots: node.slots,
    cores: node.cores,
    speed: node.speed,
    measuredSpeed: node.measuredSpeed,
    speedSource: node.speedSource,
    drift: node.drift,
    state: node.state,
    reason: node.reason,
    running: node.running,
    waiting: node.waiting,
    load: node.load,
    jobs: node.jobs,
    cpuSeconds: node.cpuSeconds,
    freeMemoryBytes: node.freeMemoryBytes,
    memoryBytes: node.memoryBytes,
    predictedMemoryBytes: node.predictedMemoryBytes,
    movesIn: node.movesIn,
    movesOut: node.movesOut,
    silentMs: node.silentMs,
    labels: node.labels,
    instructionSets: node.instructionSets,
  }));

/** `width`: columns of the terminal. */
export const nodeLines = (status: Pick<admin.Status, 'nodes' | 'queued'>, options: { readonly paint?: Paint; readonly width?: number | undefined } = {}): string[] => {
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const nodes = sortedNodes(status);
  if (nodes.length === 0) return [paint.yellow('no nodes: start one with mosix worker')];
  return [...fitTable(columnsOf(nodes, paint), width, paint), ...wrapped(totals(nodes, status.queued), width).map(paint.dim)];
};

const columnsOf = (nodes: readonly admin.Node[], paint: Paint): Column[] => {
  const column = (head: string, cell: (node: admin.Node) => string, more: Partial<Column> = {}): Column => ({ head, cells: nodes.map(cell), ...more });
  const number = (head: string, cell: (node: admin.Node) => string, rank = 0): Column => column(head, cell, { right: true, rank });
  return [
    column('NODE', (node) => node.name, { least: 12 }),
    column('STATE', (node) => node.state, { paint: (text) => paintState(text, paint) }),
    number('SPEED', (node) => node.speed.toFixed(2)),
    column('FROM', (node) => sourceOf(node), { rank: 3 }),
    number('DRIFT', (node) => (node.drift > 0 && node.drift !== 1 ? node.drift.toFixed(2) : ''), 4),
    number('CORES', (node) => (node.cores > 0 ? shortNumber(node.cores) : ''), 5),
    number('RUN', (node) => `${node.running}/${node.slots}`),
    number('WAIT', (node) => String(node.waiting)),
    number('LOAD', (node) => node.load.toFixed(1)),
    number('FREE MEM', (node) => memory(node)),
    number('PLANNED', (node) => (node.predictedMemoryBytes > 0 ? compactSize(node.predictedMemoryBytes) : ''), 6),
    number('JOBS', (node) => String(node.jobs)),
    number('CPU', (node) => duration(node.cpuSeconds), 2),
    number('IN/OUT', (node) => (node.movesIn + node.movesOut > 0 ? `${node.movesIn}/${node.movesOut}` : ''), 7),
    column('RUNS', (node) => node.instructionSets.join(','), { rank: 9 }),
    column('LABELS', (node) => Object.entries(node.labels).map(([name, value]) => `${name}:${value}`).sort().join(','), { rank: 8, least: 12 }),
    column('WHY', reasonOf, { rank: 1, least: 10 }),
  ];
};

export const paintState = (state: string, paint: Paint): string => (state === 'ready' ? paint.green(state) : state === 'lost' || state === 'quarantined' ? paint.red(state) : paint.yellow(state));

/** "tune 1.24": who measured, and what, when real jobs have corrected it since. */
const sourceOf = ({ speedSource, measuredSpeed, speed }: admin.Node): string =>
  speedSource === '' ? '' : measuredSpeed > 0 && measuredSpeed.toFixed(2) !== speed.toFixed(2) ? `${speedSource} ${measuredSpeed.toFixed(2)}` : speedSource;

const reasonOf = (node: admin.Node): string => {
  if (node.state === 'ready') return '';
  const silent = node.state === 'lost' && node.silentMs > 0 ? `silent for ${seconds(node.silentMs)}` : '';
  return [node.reason, silent].filter((part) => part !== '').join(', ');
};

const memory = ({ freeMemoryBytes, memoryBytes }: admin.Node): string => (memoryBytes > 0 ? `${compactSize(freeMemoryBytes)}/${compactSize(memoryBytes)}` : compactSize(freeMemoryBytes));

/** "11.5G", "512M". */
export const compactSize = (bytes: number): string => {
  const [number = '0', unit = 'B'] = formatSize(bytes).split(' ');
  return `${shortNumber(Number(number))}${unit === 'B' ? 'B' : unit.slice(0, 1)}`;
};

const shortNumber = (value: number): string => (Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(1));

export const duration = (secondsInAll: number): string => {
  if (secondsInAll < 100) return `${secondsInAll.toFixed(1)}s`;
  if (secondsInAll < 6_000) return `${Math.round(secondsInAll / 60)}m`;
  return `${(secondsInAll / 3600).toFixed(1)}h`;
};

/** Ready nodes' worth in cores of the reference node: what a job list would be divided by. */
const worth = (nodes: readonly admin.Node[]): number => nodes.reduce((sum, node) => sum + node.speed * Math.min(node.slots, node.cores > 0 ? node.cores : node.slots), 0);

const totals = (nodes: readonly admin.Node[], queued: number): string[] => {
  const sum = (value: (node: admin.Node) => number): number => nodes.reduce((all, node) => all + value(node), 0);
  const ready = nodes.filter((node) => node.state === 'ready');
  return [
    `${plural(nodes.length, 'node')}${ready.length === nodes.length ? '' : `, ${ready.length} ready`}, worth ${shortNumber(Math.round(worth(ready) * 10) / 10)} cores`,
    `${sum((node) => node.running)} running on ${plural(sum((node) => node.slots), 'slot')}, ${sum((node) => node.waiting) + queued} waiting`,
    `${plural(sum((node) => node.jobs), 'job')} done, ${duration(sum((node) => node.cpuSeconds))} CPU`,
  ];
};

/** Parts of a sentence on as few lines as hold them. */
const wrapped = (parts: readonly string[], width: number): string[] =>
  parts.reduce<string[]>((lines, part) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + part.length + 2 <= width ? [...lines.slice(0, -1), `${last}; ${part}`] : [...lines, part];
  }, []);
