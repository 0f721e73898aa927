// mosix expel NODE: blocks it and moves its jobs away.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';
import { plural } from '../terminal.js';

export const run: RunCommand = async ({ args, config }) =>
  withAdmin(config, async (admin) => {
    const node = args[0] ?? '';
    const done = await admin.ask({ node }, (client, deadline) => client.expel({ node }, deadline));
    if (!done.ok) return done;
    const { moved, queued, stays } = done.value;
    const waits = queued === 0 ? '' : `, ${queued} ${queued === 1 ? 'waits' : 'wait'} for another node`;
    const ends = stays === 0 ? '' : `; ${plural(stays, 'job')} cannot be moved and ${stays === 1 ? 'runs' : 'run'} to the end there (mosix ps says why)`;
    return ok({ data: { node, moved, queued, stays }, lines: () => [`${node} is blocked until mosix unblock ${node}; ${plural(moved, 'job')} moved away${waits}${ends}`] });
  });
