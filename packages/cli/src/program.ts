// The parser and the help, made from the table of commands.

import { Command, Option } from 'commander';
import { exitStatus, type CommandSpec, type OptionSpec } from './command.js';

export interface Call {
  readonly spec: CommandSpec;
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

export const buildProgram = (specs: readonly CommandSpec[], facts: { version: string }, onCall: (call: Call) => Promise<void>): Command => {
  const program = new Command('mosix');
  program
    .description('One build on many machines: the same bytes as a local build, only sooner.')
    .version(facts.version, '--version', 'print the version')
    .helpOption('-h, --help', 'help for a command')
    .showHelpAfterError('(mosix --help lists the commands)')
    .enablePositionalOptions()
    .addHelpText('after', '\nStart with: mosix up && mosix-make -C your/project\nWhat is wrong here? mosix doctor')
    .exitOverride();
  for (const spec of specs) addCommand(parentOf(program, spec), spec, onCall);
  return program;
};

const summaries: Record<string, string> = { daemon: 'the client daemon: start, stop, status', config: 'the settings' };

const parentOf = (program: Command, spec: CommandSpec): Command => {
  const [group = '', rest] = spec.name.split(' ');
  if (rest === undefined) return program;
  return program.commands.find((one) => one.name() === group) ?? program.command(group).description(summaries[group] ?? '').copyInheritedSettings(program);
};

const addCommand = (parent: Command, spec: CommandSpec, onCall: (call: Call) => Promise<void>): void => {
  const command = parent.command(spec.name.split(' ').at(-1) ?? spec.name).summary(spec.summary).copyInheritedSettings(parent);
  command.description(spec.details === undefined ? spec.summary : `${spec.summary}\n\n${spec.details}`);
  for (const alias of spec.aliases ?? []) command.alias(alias);
  for (const argument of spec.args ?? []) command.argument(argument.name, argument.describe);
  for (const option of allOptions(spec)) command.addOption(wireOption(option));
  if (spec.passThrough === true) command.passThroughOptions();
  command.action(async () => {
    await onCall({ spec, options: command.opts(), args: command.args });
  });
};

export const allOptions = (spec: CommandSpec): readonly OptionSpec[] => [
  ...(spec.options ?? []),
  ...(spec.json === true ? [{ flags: '--json', describe: 'print JSON' }] : []),
];

const wireOption = (spec: OptionSpec): Option => {
  const option = new Option(spec.flags, spec.describe);
  if (spec.hidden === true) option.hideHelp();
  const { read } = spec;
  if (read !== undefined) {
    option.argParser((raw: string) => {
      const value = read(raw);
      if (value.ok) return value.value;
      throw Object.assign(new Error(`option ${spec.flags}: ${value.error}`), { code: 'commander.invalidArgument', exitCode: exitStatus.usage });
    });
  }
  return option;
};
