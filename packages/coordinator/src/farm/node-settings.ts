// What people said of nodes and what must outlive a restart: who is blocked, and speeds that were set or tuned. One small file, written
// whole beside its place and renamed, the last state only.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { limits, type SpeedSource } from '@mosix/core';
import type { Logger } from '@mosix/observe';

export interface GivenSpeed {
  readonly speed: number;
  readonly source: Extract<SpeedSource, 'set' | 'tune'>;
}

export interface NodeSettings {
  readonly blocked: ReadonlySet<string>;
  readonly speeds: ReadonlyMap<string, GivenSpeed>;
  setBlocked(node: string, enabled: boolean): void;
  /** Undefined: no longer given. */
  setSpeed(node: string, given: GivenSpeed | undefined): void;
  /** Resolves when all that was said is on disk, or could not be written. */
  written(): Promise<void>;
}

const isSpeed = (value: unknown): value is number => typeof value === 'number' && value >= limits.nodeSpeedMin && value <= limits.nodeSpeedMax;

/** Undefined: the text is not what this file wrote. */
function parse(text: string): { blocked: Set<string>; speeds: Map<string, GivenSpeed> } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { blocked, speeds } = (value ?? {}) as { blocked?: unknown; speeds?: unknown };
  if (!Array.isArray(blocked) || !blocked.every((name) => typeof name === 'string') || typeof speeds !== 'object' || speeds === null) return undefined;
  const read = new Map<string, GivenSpeed>();
  for (const [name, given] of Object.entries(speeds as Record<string, { speed?: unknown; source?: unknown } | null>)) {
    if (!isSpeed(given?.speed) || (given.source !== 'set' && given.source !== 'tune')) return undefined;
    read.set(name, { speed: given.speed, source: given.source });
  }
  return { blocked: new Set(blocked as string[]), speeds: read };
}

/** Reads the file at `path`; a damaged one is set aside as `path.damaged` with a line in the log. */
export async function openNodeSettings(path: string, logger: Logger): Promise<NodeSettings> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const known = text === undefined ? undefined : parse(text);
  if (text !== undefined && known === undefined) {
    await rename(path, `${path}.damaged`).catch(() => undefined);
    logger.warn({ path }, 'the settings of nodes are damaged: set aside, begun anew');
  }
  const blocked = known?.blocked ?? new Set<string>();
  const speeds = known?.speeds ?? new Map<string, GivenSpeed>();
  let writing: Promise<void> | undefined;
  let again = false;

  const write = async (): Promise<void> => {
    do {
      again = false;
      const state = JSON.stringify({ blocked: [...blocked].sort(), speeds: Object.fromEntries([...speeds].sort(([a], [b]) => (a < b ? -1 : 1))) }, undefined, 1);
      try {
        await writeFile(`${path}.new`, `${state}\n`, { flush: true, mode: 0o600 } as Parameters<typeof writeFile>[2]);
        await rename(`${path}.new`, path);
      } catch (problem) {
        logger.warn({ err: problem, path }, 'cannot write the settings of nodes');
      }
    } while (again);
    writing = undefined;
  };
  const changed = (): void => {
    again = true;
    writing ??= write();
  };

  return {
    blocked,
    speeds,
    setBlocked(node, enabled) {
      if (enabled === blocked.has(node)) return;
      if (enabled) blocked.add(node);
      else blocked.delete(node);
      changed();
    },
    setSpeed(node, given) {
      if (given === undefined) {
        if (!speeds.delete(node)) return;
      } else speeds.set(node, given);
      changed();
    },
    written: async () => writing,
  };
}
