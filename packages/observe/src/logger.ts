// The one logger of the project. Our messages go to a log (a file or our own stderr), never into a compiler's stderr, so everything
// that wants to say something takes a `Logger` and nothing else writes to a terminal. Records are JSON lines (pino), which `jq` reads.

import { pino, destination as pinoDestination } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

type LogMethod = (fields: object, message: string) => void;

/** What the packages need of a logger. `fields` first, the message for people second; an error belongs under `err`. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger whose every record carries `fields` as well. */
  child(fields: Record<string, unknown>): Logger;
  isLevelEnabled(level: string): boolean;
  /** Writes out what is buffered. Records are written at once unless `createLogger` was told to buffer. */
  flush(): void;
}

export interface LoggerOptions {
  /** Who speaks: "daemon", "coordinator", "worker w1". */
  readonly name: string;
  /** Default: MOSIX_LOG, or "info". An unknown level counts as "info". */
  readonly level?: string;
  /** "stderr" (default), "stdout", an open descriptor, or the path of a file to append to (made with its folder when missing). */
  readonly destination?: 'stderr' | 'stdout' | number | (string & {});
  /** Bytes to gather before a write; 0 (default) writes each record at once, so that a crash loses none. */
  readonly bufferBytes?: number;
}

export const createLogger = (options: LoggerOptions): Logger => {
  const { name, destination = 'stderr', bufferBytes = 0 } = options;
  const target = destination === 'stderr' ? 2 : destination === 'stdout' ? 1 : destination;
  const stream = pinoDestination({ dest: target, sync: true, mkdir: true, append: true, minLength: bufferBytes });
  // A log that cannot be written (disk full, closed terminal) must never end the program that logs.
  stream.on('error', () => undefined);
  return pino({ name, level: levelOf(options.level ?? process.env['MOSIX_LOG']), timestamp: pino.stdTimeFunctions.isoTime }, stream) as unknown as Logger;
};

const levelOf = (text: string | undefined): LogLevel => logLevels.find((level) => level === text?.toLowerCase()) ?? 'info';

const nothing = (): void => undefined;

/** Says nothing, for tests and for callers that have no log. */
export const nullLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => nullLogger,
  isLevelEnabled: () => false,
  flush: nothing,
};
