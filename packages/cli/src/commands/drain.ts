// mosix drain NODE, mosix undrain NODE.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';
import { plural } from '../terminal.js';

const setDrain =
  (enabled: boolean): RunCommand =>
  async ({ args, config }) =>
    withAdmin(config, async (admin) => {
      const node = args[0] ?? '';
      const done = await admin.ask({ node }, (client, deadline) => client.setDrain({ node, enabled }, deadline));
      if (!done.ok) return done;
      const seen = await admin.node(node);
      if (!seen.ok) return seen;
      const { state, running, reason } = seen.value;
      const still = running === 0 ? 'nothing runs there any more' : `${plural(running, 'job')} still ${running === 1 ? 'runs' : 'run'} there`;
      const back = state === 'ready' ? `${node} takes jobs again` : `${node} is not drained any more, but ${state}${reason === '' ? '' : `: ${reason}`}`;
      return ok({ data: { node, state, running }, lines: () => [enabled ? `${node} takes no new jobs; ${still}` : back] });
    });

export const drain = setDrain(true);
export const undrain = setDrain(false);
