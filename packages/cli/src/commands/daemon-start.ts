import { runFiles } from '@mosix/config';
import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { startDaemon } from '../daemon-process.js';

export const run: RunCommand = async ({ config }) => {
  const answer = await startDaemon(config.directories);
  if (!answer.ok) return answer;
  const { started, reply } = answer.value;
  const socket = runFiles(config.directories.run).socket;
  return ok({ data: { running: true, started, socket, ...reply }, lines: () => [`daemon ${started ? 'started' : 'already running'}: process ${String(reply['pid'] ?? '?')}, ${socket}`] });
};
