// mosix nodes: the node table.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';
import { nodeLines, nodesJson } from '../report/nodes.js';

export const run: RunCommand = async ({ config }) =>
  withAdmin(config, async (admin) => {
    const status = await admin.status();
    if (!status.ok) return status;
    const seen = status.value;
    return ok({ data: { nodes: nodesJson(seen), queued: seen.queued }, lines: (paint, width) => nodeLines(seen, { paint, width }) });
  });
