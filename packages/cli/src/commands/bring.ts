// mosix bring [NODE]: jobs go back to those who asked for them, who compile at home. Without more it is about the caller's own.

import { clientIdentity, decodeIdentity, encodeIdentity } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin, type Admin } from '../farm/admin.js';
import { plural } from '../terminal.js';

export const run: RunCommand = async ({ args, options, config }) =>
  withAdmin(config, async (admin) => {
    const node = args[0] ?? '';
    const asked = options['user'];
    if (options['all'] === true && asked !== undefined) return err(fault('usage', '--all and --user exclude each other', { hint: 'mosix bring --help' }));
    const users = options['all'] === true ? ok(['']) : typeof asked === 'string' ? await usersCalled(admin, asked) : ok([clientIdentity()]);
    if (!users.ok) return users;
    let jobs = 0;
    for (const user of users.value) {
      const brought = await admin.ask(node === '' ? {} : { node }, (client, deadline) => client.bring({ node, user }, deadline));
      if (!brought.ok) return brought;
      jobs += brought.value.jobs;
    }
    const names = users.value.filter((user) => user !== '').map(decodeIdentity);
    const whose = names.length === 0 ? '' : ` of ${names.join(', ')}`;
    const where = node === '' ? '' : ` from ${node}`;
    const line = jobs === 0 ? `no job${whose} ${node === '' ? 'is on the farm' : `is on ${node}`}` : `${plural(jobs, 'job')}${whose} brought home${where}`;
    return ok({ data: { node: node === '' ? null : node, users: names, jobs }, lines: () => [line] });
  });

/** `ada@box` is one; `ada` stands for that user on every machine that has jobs on the farm now. */
const usersCalled = async (admin: Admin, name: string): Promise<Result<readonly string[]>> => {
  if (name.includes('@')) return ok([encodeIdentity(name)]);
  const status = await admin.status({ includeJobs: true });
  if (!status.ok) return status;
  const present = [...new Set(status.value.jobs.map((job) => job.user))];
  const found = present.filter((user) => user.slice(0, Math.max(0, user.lastIndexOf('@'))) === encodeIdentity(name));
  if (found.length > 0) return ok(found);
  const others = present.filter((user) => user !== '').map(decodeIdentity).sort().slice(0, 5);
  return err(fault('unknown-user', `no user called ${name} has jobs on the farm`, { hint: others.length === 0 ? 'nobody has any now' : `these have some: ${others.join(', ')}` }));
};
