// The farm's jobs in the manner of MOSIX's `mps`, and the decisions about them.

import { decodeIdentity } from '@mosix/config';
import type { admin } from '@mosix/protocol';
import { fitTable, type Column } from '../fit-table.js';
import { plain, plural, type Paint } from '../terminal.js';
import { compactSize, duration } from './nodes.js';

export interface JobsView {
  readonly paint?: Paint;
  readonly width?: number | undefined;
  /** Each waiting job, not their number alone. */
  readonly all?: boolean;
}

const barWidth = 10;
const usersShown = 5;

export const jobsJson = (status: Pick<admin.Status, 'jobs' | 'queued'>) => ({
  queued: status.queued,
  jobs: sortedJobs(status.jobs).map(({ operation, ...job }) => ({ job: operation, ...job, user: decodeIdentity(job.user) })),
});

export const decisionsJson = (status: Pick<admin.Status, 'decisions'>) => ({ decisions: status.decisions });

/** Running ones first, the oldest first; then those that wait. */
const sortedJobs = (jobs: readonly admin.Job[]): admin.Job[] =>
  [...jobs].sort((a, b) => Number(a.state !== 'running') - Number(b.state !== 'running') || b.ageMs - a.ageMs);

export const jobLines = (status: Pick<admin.Status, 'jobs' | 'queued'>, view: JobsView = {}): string[] => {
  const { paint = plain, width = Number.POSITIVE_INFINITY, all = false } = view;
  const jobs = sortedJobs(status.jobs);
  const running = jobs.filter((job) => job.state === 'running');
  const waiting = jobs.filter((job) => job.state !== 'running');
  const shown = all ? jobs : running;
  const table = shown.length === 0 ? [] : fitTable(columnsOf(shown, paint), width, paint);
  if (running.length === 0 && waiting.length === 0 && status.queued === 0) return ['no jobs'];
  const count = `${running.length} running`;
  return [...table, paint.dim(`${count}, ${waitingOf(waiting, Math.max(status.queued, waiting.length), all)}`)];
};

const columnsOf = (jobs: readonly admin.Job[], paint: Paint): Column[] => {
  const column = (head: string, cell: (job: admin.Job) => string, more: Partial<Column> = {}): Column => ({ head, cells: jobs.map(cell), ...more });
  const number = (head: string, cell: (job: admin.Job) => string, rank = 0): Column => column(head, cell, { right: true, rank });
  return [
    number('JOB', (job) => job.operation),
    column('USER', (job) => decodeIdentity(job.user), { least: 8 }),
    column('NODE', nodesOf, { least: 8 }),
    number('AGE', (job) => duration(job.ageMs / 1000)),
    number('CPU', (job) => (job.state === 'running' ? duration(job.cpuSeconds) : '')),
    number('EXPECTED', (job) => (job.expectedSeconds > 0 ? duration(job.expectedSeconds) : ''), 4),
    column('PROGRESS', progressOf, { rank: 1, paint: (text, row) => ((jobs[row]?.progress ?? 0) > 1 ? paint.yellow(text) : text) }),
    number('MEM', (job) => (job.memoryBytes > 0 ? compactSize(job.memoryBytes) : ''), 5),
    number('MOVES', (job) => (job.moves > 0 ? String(job.moves) : ''), 2),
    number('TRY', (job) => (job.attempts > 1 ? String(job.attempts) : ''), 6),
    number('PRIO', (job) => (job.priority === 0 ? '' : String(job.priority)), 7),
    column('STAYS', (job) => job.immovable, { rank: 3, least: 12 }),
    column('MAKES', (job) => job.label, { least: 10 }),
  ];
};

/** Both nodes of a job and its copy. */
const nodesOf = (job: admin.Job): string => {
  if (job.state !== 'running') return '(waits)';
  const nodes = job.nodes.length > 0 ? job.nodes : [job.node];
  return `${nodes.join('+')}${job.paused ? ' (paused)' : ''}`;
};

/** `█████░░░░░  52 %`; a job bigger than foreseen has a full bar and more than 100 %. */
const progressOf = ({ state, progress, expectedSeconds }: admin.Job): string => {
  if (state !== 'running' || expectedSeconds <= 0) return '';
  const filled = Math.min(barWidth, Math.max(0, Math.floor(progress * barWidth)));
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(Math.min(9999, Math.round(progress * 100))).padStart(3)} %`;
};

const waitingOf = (waiting: readonly admin.Job[], queued: number, all: boolean): string => {
  if (queued === 0) return 'none waiting';
  const users = new Map<string, number>();
  for (const job of waiting) users.set(decodeIdentity(job.user), (users.get(decodeIdentity(job.user)) ?? 0) + 1);
  const most = [...users].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const names = most.slice(0, usersShown).map(([user, count]) => `${user || 'unknown'} ${count}`);
  const whose = names.length === 0 ? '' : ` (${names.join(', ')}${most.length > usersShown ? `, ${plural(most.length - usersShown, 'other user')}` : ''})`;
  const oldest = waiting.reduce((age, job) => Math.max(age, job.ageMs), 0);
  return `${queued} waiting${whose}${oldest > 0 ? `, the oldest for ${duration(oldest / 1000)}` : ''}${all || waiting.length === 0 ? '' : ' (-a lists them)'}`;
};

/** The last ones, the newest last. */
export const decisionLines = (status: Pick<admin.Status, 'decisions'>, view: JobsView & { readonly most?: number } = {}): string[] => {
  const { paint = plain, width = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY } = view;
  const { decisions } = status;
  if (decisions.length === 0) return ['no job was moved'];
  const shown = decisions.slice(-most);
  const column = (head: string, cell: (decision: admin.Decision) => string, more: Partial<Column> = {}): Column => ({ head, cells: shown.map(cell), ...more });
  const table = fitTable(
    [
      column('AGO', (one) => duration(one.ageMs / 1000), { right: true }),
      column('JOB', (one) => one.job, { right: true }),
      column('HOW', (one) => one.method),
      column('CAUSE', (one) => one.cause),
      column('FROM -> TO', (one) => `${one.from || '-'} -> ${one.to || (one.method === 'home' ? 'home' : 'queue')}`, { least: 20 }),
      column('MAKES', (one) => one.label, { rank: 2, least: 10 }),
      column('WHAT AND WHY', (one) => one.text, { rank: 1, least: 16 }),
    ],
    width,
    paint,
  );
  return shown.length === decisions.length ? table : [...table, paint.dim(`${decisions.length - shown.length} older ones (-a lists them)`)];
};
