// How a setting is written by people: sizes ("5 GiB"), durations ("15m"), addresses ("host:port"), choices. A reader gives the value or
// the reason why the text is not one; who wrote it (flag, variable, file) is the caller's to add.

import { err, ok, type Result } from '@mosix/core';

export type Read<T> = (raw: unknown) => Result<T, string>;

const shown = (raw: unknown): string => JSON.stringify(raw) ?? String(raw);

const sizeUnits: Record<string, number> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes: a number, or a number with K, M, G or T (powers of 1024, "KiB" and "KB" mean the same). */
export const readSizeBytes: Read<number> = (raw) => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(raw).trim());
  const bytes = match ? Number(match[1]) * (sizeUnits[(match[2] ?? '').toLowerCase()] ?? 1) : Number.NaN;
  return Number.isSafeInteger(Math.round(bytes)) && bytes > 0
    ? ok(Math.round(bytes))
    : err(`${shown(raw)} is not a size; write a number of bytes, or one with K, M, G or T, such as "5G"`);
};

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds: a number with ms, s, m or h; a bare number is in seconds. */
export const readDurationMs: Read<number> = (raw) => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/i.exec(String(raw).trim());
  const durationMs = match ? Math.round(Number(match[1]) * (durationUnits[(match[2] ?? 's').toLowerCase()] ?? 1)) : Number.NaN;
  // Node's timers take 32 bits.
  return durationMs >= 0 && durationMs < 2 ** 31
    ? ok(durationMs)
    : err(`${shown(raw)} is not a duration; write a number with ms, s, m or h, such as "15m"`);
};

/** A whole number of at least `least`. */
export const readCount =
  (least: number, most: number): Read<number> =>
  (raw) => {
    const count = typeof raw === 'number' ? raw : /^\d+$/.test(String(raw).trim()) ? Number(raw) : Number.NaN;
    return Number.isInteger(count) && count >= least && count <= most
      ? ok(count)
      : err(`${shown(raw)} is not a whole number from ${least} to ${most}`);
  };

/** A whole number, negative ones too. */
export const readInteger =
  (least: number, most: number): Read<number> =>
  (raw) => {
    const value = typeof raw === 'number' ? raw : /^[+-]?\d+$/.test(String(raw).trim()) ? Number(raw) : Number.NaN;
    return Number.isInteger(value) && value >= least && value <= most ? ok(value) : err(`${shown(raw)} is not a whole number from ${least} to ${most}`);
  };

/** A node of the farm by its name, or "any" (undefined). */
export const readNodeName: Read<string | undefined> = (raw) => {
  const text = String(raw).trim();
  if (text === 'any') return ok(undefined);
  if (text.includes('/')) return err(`${shown(raw)} is not the name of a node; MOSIX_NODEJS names the node program of Node.js`);
  return typeof raw === 'string' && /^[\x21-\x7e]{1,255}$/.test(text) ? ok(text) : err(`${shown(raw)} is not the name of a node; mosix nodes lists them`);
};

export const readChoice =
  <const T extends string>(choices: readonly T[]): Read<T> =>
  (raw) => {
    // TOML has real booleans: `cache = false` is what people write first.
    const text = raw === true ? 'on' : raw === false ? 'off' : String(raw).trim().toLowerCase();
    const choice = choices.find((one) => one === text);
    return choice === undefined ? err(`${shown(raw)} is none of ${choices.join(', ')}`) : ok(choice);
  };

export const readSwitch: Read<boolean> = (raw) => {
  const text = String(raw).trim().toLowerCase();
  if (['on', 'true', 'yes', '1'].includes(text)) return ok(true);
  if (['off', 'false', 'no', '0'].includes(text)) return ok(false);
  return err(`${shown(raw)} is none of on, off`);
};

/** `host:port`, `[v6]:port`, or "none" for no farm at all (undefined). */
export const readAddress: Read<string | undefined> = (raw) => {
  const text = String(raw).trim().replace(/^grpc:\/\//, '');
  if (text === 'none') return ok(undefined);
  const match = /^(\[[0-9a-f:.%]+\]|[^\s:/[\]]+):(\d{1,5})$/i.exec(text);
  const port = match ? Number(match[2]) : Number.NaN;
  return typeof raw === 'string' && port >= 1 && port <= 65_535
    ? ok(text)
    : err(`${shown(raw)} is not an address; write HOST:PORT, such as "build.example:8980", or "none"`);
};

const isOff = (raw: unknown): boolean => raw === false || ['off', 'none'].includes(String(raw).trim().toLowerCase());

/** What `read` reads, or "off" (undefined). */
export const readOptional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (raw) =>
    isOff(raw) ? ok(undefined) : read(raw);

/** A number above 0, up to `most`, with or without decimals. */
export const readPositive =
  (most: number): Read<number> =>
  (raw) => {
    const number = typeof raw === 'number' ? raw : /^\d+(\.\d+)?$/.test(String(raw).trim()) ? Number(raw) : Number.NaN;
    return number > 0 && number <= most ? ok(number) : err(`${shown(raw)} is not a number above 0 and up to ${most}`);
  };

/** A duration of at least `leastMs`. */
export const readDurationFrom =
  (leastMs: number): Read<number> =>
  (raw) => {
    const duration = readDurationMs(raw);
    return duration.ok && duration.value < leastMs ? err(`${shown(raw)} is too short; at least ${leastMs / 1000} s make sense`) : duration;
  };

export interface Hours {
  /** Minutes after midnight. */
  readonly fromMinute: number;
  /** Smaller than `fromMinute`: of the next day. */
  readonly toMinute: number;
}

/** "18:00-08:00"; undefined when the text is not of this form, or when both ends are the same. */
export function parseHours(text: string): Hours | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]?\d|2[0-3]):([0-5]\d)|(24):(00))$/.exec(text.trim());
  if (match === null) return undefined;
  const fromMinute = Number(match[1]) * 60 + Number(match[2]);
  const toMinute = (Number(match[3] ?? match[5]) * 60 + Number(match[4] ?? match[6])) % (24 * 60);
  return fromMinute === toMinute ? undefined : { fromMinute, toMinute };
}

/** Hours of the day, kept as they are written. */
export const readHours: Read<string> = (raw) =>
  parseHours(String(raw)) === undefined ? err(`${shown(raw)} are no hours; write HH:MM-HH:MM, such as "18:00-08:00"`) : ok(String(raw).trim());

export const formatSize = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
};
