// mosix nodes: the node table of `mosix status` alone.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { askCoordinator } from '../farm/ask-coordinator.js';
import { needCoordinator } from '../farm/need-coordinator.js';
import { nodeLines, nodesJson } from '../report/status.js';

export const run: RunCommand = async ({ config }) => {
  const address = needCoordinator(config);
  if (!address.ok) return address;
  const status = await askCoordinator({ address: address.value, insecure: config.settings.insecure });
  if (!status.ok) return status;
  return ok({ data: { nodes: nodesJson(status.value) }, lines: (paint) => nodeLines(status.value, paint) });
};
