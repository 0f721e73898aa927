// mosix block NODE, mosix unblock NODE: as drain, and it outlives restarts of the worker and of the coordinator.

import { err, ok, type Fault, type Result } from '@mosix/core';
import type { Outcome, RunCommand } from '../command.js';
import { unknownNode, withAdmin, type Admin } from '../farm/admin.js';
import { plural } from '../terminal.js';

const setBlock = async (admin: Admin, node: string, enabled: boolean, ahead: boolean): Promise<Result<Outcome>> => {
  if (enabled && !ahead) {
    // The coordinator blocks a name that it does not know, too, since its node may come one day. A slip of the finger must not pass for that.
    const known = await admin.status();
    if (!known.ok) return known;
    if (known.value.nodes.every((one) => one.name !== node)) return err(withAhead(unknownNode(node, known.value), node));
  }
  const done = await admin.ask({ node }, (client, deadline) => client.setBlock({ node, enabled }, deadline));
  if (!done.ok) return done;
  const status = await admin.status();
  if (!status.ok) return status;
  const seen = status.value.nodes.find((one) => one.name === node);
  const running = seen?.running ?? 0;
  const state = seen?.state ?? 'absent';
  const still = running === 0 ? '' : `; ${plural(running, 'job')} still ${running === 1 ? 'runs' : 'run'} there (mosix expel ${node} moves them away)`;
  const line = enabled ? `${node} is blocked until mosix unblock ${node}${still}` : `${node} is not blocked any more${state === 'ready' ? '' : `; it is ${state}`}`;
  return ok({ data: { node, blocked: enabled, state, running }, lines: () => [line] });
};

const withAhead = (problem: Fault, node: string): Fault => ({ ...problem, hint: `${problem.hint ?? ''}; mosix block --ahead ${node} blocks a node that is yet to come` });

export const block: RunCommand = async ({ args, options, config }) =>
  withAdmin(config, (admin) => setBlock(admin, args[0] ?? '', options['off'] !== true, options['ahead'] === true));

export const unblock: RunCommand = async ({ args, config }) => withAdmin(config, (admin) => setBlock(admin, args[0] ?? '', false, false));
