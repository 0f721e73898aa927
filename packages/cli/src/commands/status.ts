// mosix status: the farm as its coordinator sees it.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { askCoordinator } from '../farm/ask-coordinator.js';
import { needCoordinator } from '../farm/need-coordinator.js';
import { statusJson, statusLines } from '../report/status.js';

export const run: RunCommand = async ({ config }) => {
  const address = needCoordinator(config);
  if (!address.ok) return address;
  const status = await askCoordinator({ address: address.value, insecure: config.settings.insecure, includeJobs: true });
  if (!status.ok) return status;
  return ok({ data: statusJson(address.value, status.value), lines: (paint, width) => statusLines(address.value, status.value, paint, width) });
};
