// What people are told when the farm cannot do what they ask: the error, and where a name is wrong, the names that are meant perhaps.
import { nearestNames, type Fault } from '@mosix/core';
import { rpcError, type RpcError } from '@mosix/protocol';

/** A refusal of the scheduler. Its codes name what is not known; all else cannot be done now. */
export const refusal = (problem: Fault, known: Iterable<string>, name: string): RpcError =>
  problem.code === 'no-such-node' ? noSuchNode(name, known) : rpcError(problem.code === 'no-such-job' ? 'not-found' : 'failed-precondition', problem.message);

export function noSuchNode(name: string, known: Iterable<string>): RpcError {
  const names = [...known];
  const near = nearestNames(name, names);
  const hint = names.length === 0 ? 'no node has joined this farm' : near.length === 0 ? 'no name in the farm is like it' : near.length === 1 ? `the nearest is ${near[0]}` : `the nearest are ${near.join(', ')}`;
  return rpcError('not-found', `no node is called ${JSON.stringify(name.slice(0, NAME_CHARS_MAX))}: ${hint}`);
}

const NAME_CHARS_MAX = 64;
