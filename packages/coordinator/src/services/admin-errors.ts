// What people are told when the farm cannot do what they ask: the error, and where a name is wrong, the names that are meant perhaps.
import type { Fault } from '@mosix/core';
import { rpcError, type RpcError } from '@mosix/protocol';

/** A refusal of the scheduler. Its codes name what is not known; all else cannot be done now. */
export const refusal = (problem: Fault, known: Iterable<string>, name: string): RpcError =>
  problem.code === 'no-such-node' ? noSuchNode(name, known) : rpcError(problem.code === 'no-such-job' ? 'not-found' : 'failed-precondition', problem.message);

export function noSuchNode(name: string, known: Iterable<string>): RpcError {
  const near = nearest(name, known);
  const hint = near.length === 0 ? 'no node has joined this farm' : near.length === 1 ? `the nearest is ${near[0]}` : `the nearest are ${near.join(', ')}`;
  return rpcError('not-found', `no node is called ${JSON.stringify(name.slice(0, NAME_CHARS_MAX))}: ${hint}`);
}

const NAME_CHARS_MAX = 64;
const NEAREST_MAX = 3;
/** Of a farm of tens of thousands, the first so many are compared. */
const COMPARED_MAX = 5_000;

/** The names that are most like it, the most similar first. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const asked = name.slice(0, NAME_CHARS_MAX).toLowerCase();
  const ranked: { name: string; distance: number }[] = [];
  let compared = 0;
  for (const each of new Set(known)) {
    if (compared++ >= COMPARED_MAX) break;
    ranked.push({ name: each, distance: each.toLowerCase().startsWith(asked) ? 0 : editDistance(asked, each.slice(0, NAME_CHARS_MAX).toLowerCase()) });
  }
  return ranked.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, NEAREST_MAX).map((each) => each.name);
}

/** Insertions, deletions and replacements from one to the other (Levenshtein 1965). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
