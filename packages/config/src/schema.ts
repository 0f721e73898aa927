// The one table of settings. The loader, `mosix config show`, the flags of the command line and the documentation are made from it, so
// a setting that is not here does not exist.

import { limits } from '@mosix/core';
import {
  readAddress, readChoice, readCount, readDurationFrom, readDurationMs, readHours, readInteger, readNodeName, readOptional, readPositive, readSizeBytes, readSwitch, type Read,
} from './values.js';

export type CacheMode = 'on' | 'read' | 'off';
export type InterceptMode = 'off' | 'exec';
export type LogLevelSetting = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface Settings {
  /** Address of the coordinator; undefined: there is no farm, everything is compiled here. */
  readonly coordinator: string | undefined;
  /** Talk to a coordinator on another machine without encryption and without asking who it is: only in a network that one trusts. */
  readonly insecure: boolean;
  /** on: read and fill; read: read only; off: neither. */
  readonly cache: CacheMode;
  /** Bound of the daemon's own caches on this machine. */
  readonly cacheSizeBytesMax: number;
  /** Run on this node or not on the farm at all; undefined: wherever it is done first. */
  readonly node: string | undefined;
  /** False: jobs stay on the node where they began, save when it fails. */
  readonly migrate: boolean;
  /** Of the Remote Execution API: smaller is sooner, 0 is normal. */
  readonly priority: number;
  /** Heavy local jobs (links, compiles that stay here) at a time; 0: one a core. */
  readonly localSlots: number;
  /** exec: also catch compilers that are called by absolute path. */
  readonly intercept: InterceptMode;
  readonly logLevel: LogLevelSetting;
  /** The daemon ends after this long without a job; 0: never. */
  readonly daemonIdleExitMs: number;
  /** Bound of a coordinator's or worker's store. */
  readonly storeSizeBytesMax: number;
  /** Of a worker's jobs, 0 to 19; undefined: 5, or only idle time where an owner comes first. */
  readonly nice: number | undefined;
  /** A worker's owner is there when others keep more processors busy than this. */
  readonly ownerLoad: number | undefined;
  /** A worker's owner is there when a terminal or the desktop was used within this time. */
  readonly ownerIdleMs: number | undefined;
  /** A worker takes jobs at these hours only: "18:00-08:00". */
  readonly hours: string | undefined;
}

export type SettingKey = keyof Settings;

export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Key in mosix.toml and config.toml; the command-line flag of the commands that take one is `--` and this. */
  readonly file: string;
  readonly fallback: T;
  readonly read: Read<T>;
  /** For help and documentation: one line. */
  readonly describe: string;
}

/** The kernel notes the use of a terminal in steps of 8 s. */
const ownerIdleMsMin = 10_000;
const gibibyte = 1024 ** 3;

export const schema: { readonly [K in SettingKey]: Setting<Settings[K]> } = {
  coordinator: {
    env: 'MOSIX_COORDINATOR',
    file: 'coordinator',
    fallback: undefined,
    read: readAddress,
    describe: 'address of the coordinator, HOST:PORT, or "none" to compile everything here',
  },
  insecure: {
    env: 'MOSIX_INSECURE',
    file: 'insecure',
    fallback: false,
    read: readSwitch,
    describe: 'on: allow unencrypted connections beyond this machine, in a network that one trusts',
  },
  cache: {
    env: 'MOSIX_CACHE',
    file: 'cache',
    fallback: 'on',
    read: readChoice(['on', 'read', 'off']),
    describe: 'use results of earlier compiles: on, read (add none), off',
  },
  cacheSizeBytesMax: {
    env: 'MOSIX_CACHE_SIZE',
    file: 'cache-size',
    fallback: 5 * gibibyte,
    read: readSizeBytes,
    describe: 'bound of the caches that the daemon keeps on this machine',
  },
  node: {
    env: 'MOSIX_NODE',
    file: 'node',
    fallback: undefined,
    read: readNodeName,
    describe: 'compile on this node of the farm, and here when it cannot; "any": wherever it is done first',
  },
  migrate: {
    env: 'MOSIX_MIGRATE',
    file: 'migrate',
    fallback: true,
    read: readSwitch,
    describe: 'off: a compile stays on the node where it began, however slow that is',
  },
  priority: {
    env: 'MOSIX_PRIORITY',
    file: 'priority',
    fallback: 0,
    read: readInteger(-1_000_000, 1_000_000),
    describe: "among this user's compiles, smaller is sooner",
  },
  localSlots: {
    env: 'MOSIX_LOCAL_SLOTS',
    file: 'local-slots',
    fallback: 0,
    read: readCount(0, 4096),
    describe: 'links and local compiles at a time; 0: one a core',
  },
  intercept: {
    env: 'MOSIX_INTERCEPT',
    file: 'intercept',
    fallback: 'off',
    read: readChoice(['off', 'exec']),
    describe: 'exec: also catch compilers that a build calls by absolute path',
  },
  logLevel: {
    env: 'MOSIX_LOG',
    file: 'log-level',
    fallback: 'info',
    read: readChoice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    describe: 'how much the logs say',
  },
  daemonIdleExitMs: {
    env: 'MOSIX_IDLE_EXIT',
    file: 'idle-exit',
    fallback: limits.daemonIdleExitMs,
    read: readDurationMs,
    describe: 'the daemon ends after this long without work; 0: never',
  },
  storeSizeBytesMax: {
    env: 'MOSIX_STORE_SIZE',
    file: 'store-size',
    fallback: 20 * gibibyte,
    read: readSizeBytes,
    describe: 'bound of the store of a coordinator or worker',
  },
  nice: {
    env: 'MOSIX_NICE',
    file: 'nice',
    fallback: undefined,
    read: readOptional(readCount(0, 19)),
    describe: "niceness of a worker's jobs (default: 5; where an owner comes first, only time that nobody else wants)",
  },
  ownerLoad: {
    env: 'MOSIX_OWNER_LOAD',
    file: 'owner-load',
    fallback: undefined,
    read: readOptional(readPositive(4096)),
    describe: 'a worker stands back while others keep more processors busy than this, until 30 s below half of it',
  },
  ownerIdleMs: {
    env: 'MOSIX_OWNER_IDLE',
    file: 'owner-idle',
    fallback: undefined,
    read: readOptional(readDurationFrom(ownerIdleMsMin)),
    describe: 'a worker stands back until terminals and desktop were unused for this long (seconds, or with a unit)',
  },
  hours: {
    env: 'MOSIX_HOURS',
    file: 'hours',
    fallback: undefined,
    read: readOptional(readHours),
    describe: 'a worker takes jobs at these local hours only, such as 18:00-08:00',
  },
};

export const settingKeys = Object.keys(schema) as SettingKey[];
