// The one line at the end of a build: how many compiles, where they ran, how long it took, and a hint when something is wrong.

import { askDaemon } from '../daemon-control.js';
import { plural, seconds } from '../terminal.js';

export interface CompileCounts {
  readonly total: number;
  readonly remote: number;
  readonly cacheHits: number;
  readonly local: number;
  /** The compiler found errors; these are among the three above. */
  readonly failed: number;
}

export interface NodeCounts {
  readonly name: string;
  readonly jobs: number;
  readonly cpuSeconds: number;
}

export interface BuildCounters {
  readonly compiles: CompileCounts;
  readonly nodes: readonly NodeCounts[];
  /** Why compiles stayed here: reason to count. */
  readonly localReasons: Readonly<Record<string, number>>;
  readonly hint?: { readonly code: string; readonly message: string; readonly hint?: string };
}

export const noCounters: BuildCounters = { compiles: { total: 0, remote: 0, cacheHits: 0, local: 0, failed: 0 }, nodes: [], localReasons: {} };

/** The daemon's counters of one build; none when no daemon runs, which means that no launcher ran either. */
export const readBuildCounters = async (socket: string, buildId: string): Promise<BuildCounters> => {
  const reply = await askDaemon(socket, { op: 'build', id: buildId });
  return reply.ok ? countersFrom(reply.value) : noCounters;
};

/** Takes what is there and counts the rest as zero, so that an older daemon does not break a newer tool. */
export const countersFrom = (reply: Record<string, unknown>): BuildCounters => {
  const compiles = { ...noCounters.compiles, ...(reply['compiles'] as Partial<CompileCounts> | undefined) };
  const hint = reply['hint'] as BuildCounters['hint'] | null;
  return {
    compiles,
    nodes: Array.isArray(reply['nodes']) ? (reply['nodes'] as NodeCounts[]) : [],
    localReasons: (reply['localReasons'] as Record<string, number> | undefined) ?? {},
    ...(hint ? { hint } : {}),
  };
};

/** `mosix: 412 compiles: 371 on 6 nodes, 30 from cache, 11 here; 41.2 s`, and under it what the user should know. */
export const summaryLines = (counters: BuildCounters, elapsedMs: number, facts: { intercepting: boolean }): string[] => {
  const { total, remote, cacheHits, local, failed } = counters.compiles;
  if (total === 0) {
    const advice = facts.intercepting ? '' : '; if this build calls its compiler by an absolute path, try --mosix-intercept';
    return [`mosix: not one compile was seen${advice}; ${seconds(elapsedMs)}`];
  }
  const nodes = counters.nodes.filter((node) => node.jobs > 0).length;
  const parts = [
    ...(remote > 0 ? [`${remote} on ${plural(nodes, 'node')}`] : []),
    ...(cacheHits > 0 ? [`${cacheHits} from cache`] : []),
    ...(local > 0 ? [`${local} here`] : []),
  ];
  const lines = [`mosix: ${plural(total, 'compile')}: ${parts.join(', ')}${failed > 0 ? ` (${failed} failed)` : ''}; ${seconds(elapsedMs)}`];
  if (counters.hint !== undefined) lines.push(`mosix: ${counters.hint.message}${counters.hint.hint === undefined ? '' : ` (try: ${counters.hint.hint})`}`);
  else if (local > 0 && remote + cacheHits === 0) lines.push(`mosix: everything was compiled here: ${topReason(counters.localReasons)} (try: mosix doctor)`);
  return lines;
};

const topReason = (reasons: Readonly<Record<string, number>>): string =>
  Object.entries(reasons)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 2)
    .map(([reason, count]) => `${reason} (${count})`)
    .join(', ') || 'reason unknown';
