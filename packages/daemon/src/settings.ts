// The settings that hold for one request: its environment and its directory decide. Reading them costs some opens of files that are
// mostly not there, so an answer is used again for a moment.
import { loadConfig, type Config } from '@mosix/config';
import type { Fault, Result } from '@mosix/core';
import type { RunRequest } from './frames.js';

const FRESH_MS = 1_000;
const ANSWERS_MAX = 2_000;

export interface SettingsSource {
  for(request: RunRequest): Result<Config, Fault>;
  /** A settings file has changed: every answer is read again. */
  forget(): void;
}

export function createSettings(nowMs: () => number): SettingsSource {
  const answers = new Map<string, { readonly atMs: number; readonly config: Result<Config, Fault> }>();
  const read = ({ cwd, environment }: RunRequest): Result<Config, Fault> => {
    let key = cwd;
    const own: Record<string, string> = {};
    for (const [name, value] of environment) {
      if (!name.startsWith('MOSIX_') && name !== 'HOME' && name !== 'XDG_CONFIG_HOME' && name !== 'XDG_RUNTIME_DIR' && name !== 'XDG_CACHE_HOME') continue;
      own[name] = value;
      if (name !== 'MOSIX_BUILD_ID') key += `\n${name}=${value}`;
    }
    const known = answers.get(key);
    const now = nowMs();
    if (known !== undefined && now - known.atMs < FRESH_MS) return known.config;
    const config = loadConfig({ env: own, cwd });
    if (answers.size >= ANSWERS_MAX) answers.clear();
    answers.set(key, { atMs: now, config });
    return config;
  };
  return { for: read, forget: () => answers.clear() };
}
