// Entry point of `mosix`: parse, load the settings, load the one command that is meant, run it, show what it gave.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { loadConfig, type ConfigSources, type SettingKey } from '@mosix/config';
import { exitStatus } from './command.js';
import { commands } from './commands.js';
import { install } from './install.js';
import { buildProgram, type Call } from './program.js';
import { complain, paintFor, print, printJson, widthOf } from './terminal.js';

const version = (): string => (JSON.parse(readFileSync(join(install.root, 'package.json'), 'utf8')) as { version: string }).version;

const camel = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const settingFlags = (call: Call): NonNullable<ConfigSources['flags']> => {
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const option of call.spec.options ?? []) {
    const value = call.options[camel(/--([a-z-]+)/.exec(option.flags)?.[1] ?? '')];
    if (option.setting !== undefined && value !== undefined) flags[option.setting] = String(value);
  }
  return flags;
};

const runCall = async (call: Call): Promise<void> => {
  const config = loadConfig({ flags: settingFlags(call) });
  if (!config.ok) {
    complain(config.error);
    process.exitCode = exitStatus.failed;
    return;
  }
  const { run } = await call.spec.load();
  const outcome = await run({ options: call.options, args: call.args, config: config.value });
  if (!outcome.ok) {
    complain(outcome.error);
    process.exitCode = outcome.error.code === 'usage' ? exitStatus.usage : exitStatus.failed;
    return;
  }
  if (call.options['json'] === true) printJson(outcome.value.data);
  else print(...outcome.value.lines(paintFor(process.stdout), widthOf(process.stdout)));
  process.exitCode = outcome.value.status ?? 0;
};

// `mosix stats | head` is no error.
process.stdout.on('error', (problem: NodeJS.ErrnoException) => {
  if (problem.code === 'EPIPE') process.exit(0);
  throw problem;
});

try {
  const program = buildProgram(commands, { version: version() }, runCall);
  await program.parseAsync(process.argv.length > 2 ? process.argv : [...process.argv, '--help']);
} catch (problem) {
  if (!(problem instanceof CommanderError) && !(problem instanceof Error && 'exitCode' in problem)) throw problem;
  const { code = '', exitCode } = problem as CommanderError;
  if (!(problem instanceof CommanderError)) process.stderr.write(`mosix: ${problem.message}\n`);
  process.exitCode = exitCode === 0 || code === 'commander.helpDisplayed' || code === 'commander.version' ? 0 : exitStatus.usage;
}
