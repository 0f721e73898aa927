// What `mosix why` tells of a job: sentences made of what was expected and what was decided.
import type { Job } from './state.js';
import type { Decision, MoveCause, Outcome } from './words.js';

export const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(ms < 9_950 ? 1 : 0)} s` : 'no end');

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export function storyOf(job: Job, outcome: Outcome): string[] {
  const lines: string[] = [];
  const { placement } = job;
  if (placement !== undefined) {
    const other = placement.nextNode === undefined ? '' : `; next best ${placement.nextNode}, ${seconds(placement.nextMs)}`;
    lines.push(`placed on ${placement.node}: expected ${seconds(placement.expectedMs)} there${other}`);
  }
  for (const decision of job.decisions) lines.push(decision.text);
  const races = job.decisions.filter((decision) => decision.method === 'race');
  if (races.length > 0 && outcome.kind === 'finished') lines.push(`${outcome.node} was done first`);
  return lines;
}

/** Why it could not stay: the first half of a decision's sentence. */
function because(cause: MoveCause, from: string, share: number, detail: string): string {
  switch (cause) {
    case 'starved':
      return `${from} gave it ${percent(share)} of a core`;
    case 'slow':
      return `${from} is slower`;
    case 'sick':
      return `it made no progress on ${from}`;
    case 'silent':
      return `no word from ${from}`;
    case 'critical':
      return 'all else will be done before it';
    case 'owner':
      return `the owner of ${from} is back${detail === '' ? '' : ` (${detail})`}`;
    case 'memory':
      return `${from} ran short of memory`;
    case 'expel':
      return `${from} was emptied`;
    case 'asked':
      return 'asked by a person';
  }
}

/** The decision with its sentence: "moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s". */
export function withText(decision: Omit<Decision, 'text'>, detail = ''): Decision {
  const { method, from, to, afterMs, cause, share, stayMs, moveMs } = decision;
  const verb = method === 'race' ? `copied from ${from} to ${to}` : method === 'live' ? `moved live from ${from} to ${to}` : method === 'home' ? `sent home from ${from}` : to === '' ? `taken from ${from}` : `moved from ${from} to ${to}`;
  const expected = to === '' || cause === 'asked' ? '' : `; expected there ${seconds(moveMs)}, here ${seconds(stayMs)}`;
  return { ...decision, text: `${verb} after ${seconds(afterMs)}: ${because(cause, from, share, detail)}${expected}` };
}
