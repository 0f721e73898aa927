// mosix exec -- TOOL: any build tool under the masquerade.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { runBuild } from '../builds/run-build.js';

export const run: RunCommand = async ({ options, args, config }) => {
  const intercept = options['mosixIntercept'] === true;
  const settings = intercept ? { ...config, settings: { ...config.settings, intercept: 'exec' as const } } : config;
  const status = await runBuild({ config: settings, command: args, quiet: false });
  return ok({ data: { status }, lines: () => [], status });
};
