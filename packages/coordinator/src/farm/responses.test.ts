import { statusToRpcError } from '@mosix/protocol';
import { expect, it } from 'vitest';
import { responseOf } from './responses.js';

it.each([
  ['disk-full', 'unavailable'],
  ['sandbox', 'unavailable'],
  ['timeout', 'deadline-exceeded'],
])('a job that was given up for %s is told apart from one that no node can run', (reason, code) => {
  const gaveUp = responseOf({ kind: 'gave-up', code: reason, message: 'three nodes failed it' }, undefined, [], []);
  expect(statusToRpcError(gaveUp.status ?? null)).toMatchObject({ code, message: `three nodes failed it [${reason}]` });
  const nowhere = responseOf({ kind: 'no-worker' }, undefined, [], []);
  expect(statusToRpcError(nowhere.status ?? null)).toMatchObject({ code: 'resource-exhausted' });
});
