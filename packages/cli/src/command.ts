// What a command of `mosix` is: a declaration (name, arguments, options) from which parser, help and completions are made, and a function
// that gives data and how to show it. Nothing prints but the shell around the commands, so `--json` works everywhere by itself.

import type { Config, SettingKey } from '@mosix/config';
import type { Result } from '@mosix/core';
import type { Paint } from './terminal.js';

export interface OptionSpec {
  /** As commander writes it: "--workers <number>", "-z, --zero". */
  readonly flags: string;
  readonly describe: string;
  /** Reads the text; the error is the reason why it is not a value. */
  readonly read?: (raw: unknown) => Result<unknown, string>;
  /** The setting that this flag overrides. */
  readonly setting?: SettingKey;
  /** Not in help: for our own use between processes. */
  readonly hidden?: boolean;
}

export interface ArgumentSpec {
  /** "<path>", "[name]", "<command...>". */
  readonly name: string;
  readonly describe: string;
}

export interface Invocation {
  /** By long name, in camel case: `workers`, `json`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
  readonly config: Config;
}

export interface Outcome {
  /** What `--json` prints. */
  readonly data: unknown;
  /** Lines for people, `width` columns wide where there is more to say than fits; none when the command has said everything while it ran. */
  readonly lines: (paint: Paint, width?: number) => readonly string[];
  /** Exit status, 0 by default. */
  readonly status?: number;
}

/** A fault with code `usage` is about the words of the command line. */
export type RunCommand = (invocation: Invocation) => Promise<Result<Outcome>>;

export interface CommandSpec {
  /** One or two words: "up", "daemon start". */
  readonly name: string;
  readonly summary: string;
  /** More for the command's own help page. */
  readonly details?: string;
  readonly aliases?: readonly string[];
  readonly args?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** A read command: takes --json. */
  readonly json?: boolean;
  /** Everything after the first argument belongs to another program. */
  readonly passThrough?: boolean;
  /** Loaded only when the command is called: start-up time is part of every build. */
  readonly load: () => Promise<{ run: RunCommand }>;
}

/** Exit statuses for failures of our own (100 to 127 belong to us, below that to compilers and build tools). */
export const exitStatus = { failed: 100, usage: 101 } as const;
