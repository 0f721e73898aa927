// mosix why PATH: asks the daemon's journal, or reads it when no daemon runs.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cacheFiles, runFiles } from '@mosix/config';
import { err, fault, ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { askDaemon } from '../daemon-control.js';
import { whyLines, type WhyRecord } from '../report/why.js';

export const run: RunCommand = async ({ args, config }) => {
  const path = resolve(args[0] ?? '');
  const asked = await askDaemon(runFiles(config.directories.run).socket, { op: 'why', path });
  if (!asked.ok && asked.error.code !== 'daemon-absent') return asked;
  const found = asked.ok ? recordIn(asked.value) : readJournal(cacheFiles(config.directories.cache).jobs, path);
  if (found === undefined) {
    const known = existsSync(path) ? 'exists, but was not compiled under mosix lately' : 'does not exist, and was not compiled under mosix lately';
    return err(fault('unknown-object', `${path} ${known}`, { hint: 'name an object file that mosix-make built' }));
  }
  return ok({ data: { path, ...found }, lines: (paint) => whyLines(path, found, paint) });
};

const recordIn = (reply: Record<string, unknown>): WhyRecord | undefined => (typeof reply['outcome'] === 'string' ? (reply as unknown as WhyRecord) : undefined);

/** The last line of the journal that made `path`; lines cut short are passed over. */
const readJournal = (journal: string, path: string): WhyRecord | undefined => {
  let text: string;
  try {
    text = readFileSync(journal, 'utf8');
  } catch {
    return undefined;
  }
  const needle = JSON.stringify(path);
  for (const line of text.split('\n').reverse()) {
    if (!line.includes(needle)) continue;
    try {
      const entry = JSON.parse(line) as WhyRecord & { outputs?: readonly string[] };
      if (entry.outputs?.includes(path) === true) return entry;
    } catch {
      continue;
    }
  }
  return undefined;
};
