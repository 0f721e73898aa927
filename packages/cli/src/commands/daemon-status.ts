import { runFiles } from '@mosix/config';
import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { askDaemon } from '../daemon-control.js';

export const run: RunCommand = async ({ config }) => {
  const socket = runFiles(config.directories.run).socket;
  const ping = await askDaemon(socket, { op: 'ping' });
  if (!ping.ok && ping.error.code !== 'daemon-absent') return ping;
  if (!ping.ok) return ok({ data: { running: false, socket }, lines: () => [`no daemon is running; the first compile starts one (${socket})`] });
  const facts = Object.entries(ping.value).filter(([key, value]) => key !== 'ok' && typeof value !== 'object');
  return ok({ data: { running: true, socket, ...ping.value }, lines: () => [`daemon running at ${socket}`, ...facts.map(([key, value]) => `  ${key}: ${String(value)}`)] });
};
