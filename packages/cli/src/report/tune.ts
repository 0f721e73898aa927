// What `mosix tune` measured, a line a node.

import type { Fault } from '@mosix/core';
import { fitTable } from '../fit-table.js';
import { plain, type Paint } from '../terminal.js';
import type { Tuned } from '../tune/tune-node.js';

export type TuneResult = Tuned | { readonly node: string; readonly error: Pick<Fault, 'code' | 'message' | 'hint'> };

/** Runs further apart than this make the median doubtful, and so does a node that gave less of a core than it has. */
const spreadMost = 0.2;
const shareLeast = 0.85;

export const tuneLines = (results: readonly TuneResult[], paint: Paint = plain, width = Number.POSITIVE_INFINITY): string[] => {
  if (results.length === 0) return [paint.yellow('no nodes: start one with mosix worker')];
  const column = (head: string, cell: (one: Tuned) => string, right = true) => ({ head, right, cells: results.map((one) => ('error' in one ? '' : cell(one))) });
  const doubts = results.map((one) => ('error' in one ? one.error.message : doubtOf(one)));
  return fitTable(
    [
      { head: 'NODE', cells: results.map((one) => one.node), least: 12 },
      column('SPEED', (one) => one.speed.toFixed(2)),
      column('BEFORE', (one) => one.before.toFixed(2)),
      column('MEDIAN', (one) => `${one.medianMs.toFixed(0)} ms`),
      column('P10..P90', (one) => `${one.p10Ms.toFixed(0)}..${one.p90Ms.toFixed(0)}`),
      column('RUNS', (one) => String(one.runs.length)),
      { head: 'NOTE', cells: doubts, least: 16, paint: paint.yellow },
    ],
    width,
    paint,
  );
};

const doubtOf = ({ spread, cpuShare, cores }: Tuned): string => {
  const share = Math.min(1, cores > 0 ? cores : 1);
  if (cpuShare > 0 && cpuShare < share * shareLeast) return `others were at work: it got ${Math.round(cpuShare * 100)} % of a core; tune again when it is quiet`;
  return spread > spreadMost ? `the runs differ by ${Math.round(spread * 100)} %; tune again when it is quiet` : '';
};
