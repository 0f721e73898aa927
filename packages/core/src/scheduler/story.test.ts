import { expect, test } from 'vitest';
import { storyOf, withText } from './story.js';
import type { Job } from './state.js';
import type { Decision, MoveCause } from './words.js';

const decision = (more: Partial<Decision> = {}): Decision =>
  withText({ atMs: 0, jobId: 'j', label: 'a.o', method: 'restart', cause: 'starved', from: 'node3', to: 'node7', afterMs: 4_120, share: 0.31, stayMs: 9_800, moveMs: 2_000, ...more });

test('a move is one sentence with its reason and what was expected', () => {
  expect(decision().text).toBe('moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s');
  expect(decision({ method: 'race' }).text).toBe('copied from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s');
  expect(decision({ to: '', stayMs: 61_000 }).text).toBe('taken from node3 after 4.1 s: node3 gave it 31 % of a core');
  expect(decision({ method: 'home', cause: 'asked', to: '' }).text).toBe('sent home from node3 after 4.1 s: asked by a person');
});

test.each<[MoveCause, string]>([
  ['slow', 'node3 is slower'],
  ['sick', 'it made no progress on node3'],
  ['silent', 'no word from node3'],
  ['owner', 'the owner of node3 is back'],
  ['memory', 'node3 ran short of memory'],
  ['expel', 'node3 was emptied'],
  ['asked', 'asked by a person'],
])('because %s', (cause, words) => {
  expect(decision({ cause }).text).toContain(`: ${words}`);
});

test('times: tenths below ten seconds', () => {
  expect(decision({ afterMs: 9_949 }).text).toContain('after 9.9 s');
  expect(decision({ afterMs: 9_950 }).text).toContain('after 10 s');
  expect(decision({ moveMs: Infinity }).text).toContain('there no end');
});

test('the story of a job: where it was put, what was decided, who was first', () => {
  const job = {
    placement: { node: 'node3', expectedMs: 2_020, nextNode: 'node7', nextMs: 2_500 }, decisions: [decision({ method: 'race' })],
  } as unknown as Job;
  expect(storyOf(job, { kind: 'finished', node: 'node7', leaseId: 'l' })).toEqual([
    'placed on node3: expected 2.0 s there; next best node7, 2.5 s',
    'copied from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s',
    'node7 was done first',
  ]);
  expect(storyOf({ ...job, placement: { node: 'node3', expectedMs: 20_000, nextNode: undefined, nextMs: 0 }, decisions: [] } as Job, { kind: 'cancelled' })).toEqual(['placed on node3: expected 20 s there']);
});
