// The environment of test commands is built from nothing, so that the user's own CFLAGS, locale or farm settings
// change no result; PATH leads to the compilers directly (native) or through links to the launcher (masquerade).

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { launcher } from './paths.js';

export const systemPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** Names under which the launcher is linked for the tests. */
const masqueradeNames = [
  'gcc', 'g++', 'cc', 'c++', 'clang', 'clang++', 'gcc-12', 'g++-12', 'clang-14', 'clang++-14', 'x86_64-linux-gnu-gcc', 'x86_64-linux-gnu-g++',
  'x86_64-linux-gnu-gcc-12', 'x86_64-linux-gnu-g++-12',
];

export function makeMasquerade(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of masqueradeNames) symlinkSync(launcher, join(folder, name));
  return folder;
}

export interface EnvironmentOptions {
  readonly home: string;
  /** Put first on PATH. */
  readonly masquerade?: string;
  /** MOSIX_DIR; without it the command knows no farm. */
  readonly directory?: string;
  readonly coordinator?: string;
  readonly more?: Readonly<Record<string, string>>;
}

export function environment(options: EnvironmentOptions): Record<string, string> {
  const folders = options.masquerade === undefined ? [] : [options.masquerade];
  return {
    PATH: [...folders, systemPath].join(':'),
    HOME: options.home,
    LANG: 'C.UTF-8',
    // The compiled TypeScript needs a node that may not be on the system's PATH.
    MOSIX_NODEJS: process.execPath,
    ...(options.directory === undefined ? {} : { MOSIX_DIR: options.directory }),
    ...(options.coordinator === undefined ? {} : { MOSIX_COORDINATOR: options.coordinator }),
    ...options.more,
  };
}
