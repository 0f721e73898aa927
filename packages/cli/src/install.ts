// Where the parts of this installation lie, seen from the built CLI (packages/cli/dist/install.js or, in unit tests, src/install.ts).

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const launcherDirectory = join(root, 'packages', 'launcher', 'build');

export const install = {
  root,
  bin: join(root, 'bin'),
  examples: join(root, 'examples'),
  launcherDirectory,
  launcher: join(launcherDirectory, 'mosix-cc'),
  sandboxInit: join(launcherDirectory, 'mosix-init'),
  intercept: join(launcherDirectory, 'libmosix-intercept.so'),
  daemon: join(launcherDirectory, 'mosix-daemon'),
  /** The `mosix` program as node runs it. */
  cli: join(root, 'packages', 'cli', 'dist', 'mosix.js'),
} as const;

export const launcherBuilt = (): boolean => existsSync(install.launcher) && existsSync(install.daemon);

/** The node that runs us, or MOSIX_NODEJS. */
export const nodePath = (): string => process.env['MOSIX_NODEJS'] || process.execPath;
