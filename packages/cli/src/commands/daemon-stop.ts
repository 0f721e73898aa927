import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { stopDaemon } from '../daemon-process.js';

export const run: RunCommand = async ({ config }) => {
  const stopped = await stopDaemon(config.directories);
  if (!stopped.ok) return stopped;
  return ok({ data: { stopped: stopped.value }, lines: () => [stopped.value ? 'daemon stopped' : 'no daemon is running'] });
};
