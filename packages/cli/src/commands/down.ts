// mosix down: see farm/down.ts. A daemon that was sent to this farm by farm.json ends with it; one that serves another farm stays.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { stopDaemon } from '../daemon-process.js';
import { takeDown } from '../farm/down.js';

export const run: RunCommand = async ({ config }) => {
  const servesThisFarm = config.origins.coordinator.kind === 'farm';
  const down = await takeDown(config.directories);
  if (!down.ok) return down;
  const daemon = servesThisFarm ? await stopDaemon(config.directories) : ok(false);
  const { found, ended, deadBefore, killed } = down.value;
  return ok({
    data: { ...down.value, daemonStopped: daemon.ok && daemon.value },
    lines: () => [
      found ? `down: ended ${[...ended, ...(daemon.ok && daemon.value ? ['daemon'] : [])].join(', ') || 'nothing'}` : 'no farm is up',
      ...(deadBefore.length > 0 ? [`had ended before: ${deadBefore.join(', ')}`] : []),
      ...(killed.length > 0 ? [`had to be killed: ${killed.join(', ')}`] : []),
    ],
  });
};
