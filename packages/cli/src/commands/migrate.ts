// mosix migrate JOB NODE|best|home: moves one job.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';

/** Words that are no nodes. */
const targets = ['best', 'home'];

export const run: RunCommand = async ({ args, config }) =>
  withAdmin(config, async (admin) => {
    const job = (args[0] ?? '').replace(/^#/, '');
    const target = args[1] ?? '';
    const moved = await admin.ask({ job, ...(targets.includes(target) ? {} : { node: target }) }, (client, deadline) => client.migrate({ job, target }, deadline));
    if (!moved.ok) return moved;
    const { from, to, method, text } = moved.value;
    return ok({ data: { job, from, to, method, text }, lines: () => [text === '' ? `job ${job}: ${from || 'queue'} -> ${to} (${method})` : `job ${job} ${text}`] });
  });
