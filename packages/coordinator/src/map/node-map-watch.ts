// mosix.map as a file that people edit while the coordinator runs: read at the start and whenever it changes. A map that cannot be read is
// reported, and whoever holds the map before keeps it.
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { watch } from 'chokidar';
import { parseNodeMap, type NodeMap } from '@mosix/config';
import { err, limits, ok, type Result } from '@mosix/core';

export interface NodeMapWatch {
  close(): Promise<void>;
}

/** An editor that writes in several pieces is waited for: the size must have been the same for this long. */
const settled = { stabilityThreshold: 100, pollInterval: 20 };

/**
 * Calls one of the two at once, before it returns, and then after every change of the text: `onMap` with a good map (problems reported
 * before are over), `onProblems` with what is wrong, each as `FILE:LINE: reason` (the map before stays in force). A file that is gone or
 * not there yet is a problem too; it is read when it appears, if its folder exists.
 */
export const watchNodeMap = (path: string, onMap: (map: NodeMap) => void, onProblems: (problems: readonly string[]) => void): NodeMapWatch => {
  const file = resolve(path);
  let seen: string | undefined;
  let closed = false;

  const reread = (): void => {
    if (closed) return;
    const text = readText(file);
    const mark = text.ok ? `text ${text.value}` : `problem ${text.error}`;
    if (mark === seen) return;
    seen = mark;
    const map = text.ok ? parseNodeMap(text.value, path) : err([`${path}: ${text.error}`]);
    if (map.ok) onMap(map.value);
    else onProblems(map.error);
  };

  reread();
  // The folder and not the file: a file that is replaced by a rename, deleted or not there yet is then seen all the same.
  const folder = dirname(file);
  const watcher = watch(folder, { depth: 0, ignoreInitial: true, awaitWriteFinish: settled, ignored: (one) => one !== folder && one !== join(folder, basename(file)) });
  // It may have changed between the first look and the moment when changes are told.
  watcher.on('ready', reread).on('all', reread);
  watcher.on('error', (problem) => onProblems([`${path}: changes are not noticed any more (${problem instanceof Error ? problem.message : String(problem)}); restart the coordinator`]));
  return {
    async close() {
      closed = true;
      await watcher.close();
    },
  };
};

const readText = (file: string): Result<string, string> => {
  try {
    const { size } = statSync(file);
    if (size > limits.nodeMapBytesMax) return err(`is larger than ${limits.nodeMapBytesMax} bytes`);
    return ok(readFileSync(file, 'utf8'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return err(code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
};
