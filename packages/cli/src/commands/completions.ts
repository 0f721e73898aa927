// mosix completions SHELL: made from the table of commands, like help and parser.

import { err, fault, ok } from '@mosix/core';
import type { CommandSpec, RunCommand } from '../command.js';
import { commands } from '../commands.js';
import { allOptions } from '../program.js';

export const run: RunCommand = async ({ args }) => {
  const shell = args[0] ?? '';
  const write = scripts[shell];
  if (write === undefined) return err(fault('unknown-shell', `no completions for "${shell}"`, { hint: `known: ${Object.keys(scripts).join(', ')}` }));
  const text = write(commands);
  return ok({ data: text, lines: () => text });
};

const flagsOf = (spec: CommandSpec): string[] => allOptions(spec).filter((one) => one.hidden !== true).flatMap((one) => one.flags.match(/--[a-z-]+/g) ?? []);
const firstWords = (specs: readonly CommandSpec[]): string[] => [...new Set(specs.map((one) => one.name.split(' ')[0] ?? ''))];
const secondWords = (specs: readonly CommandSpec[], first: string): string[] => specs.flatMap((one) => (one.name.startsWith(`${first} `) ? [one.name.slice(first.length + 1)] : []));

const bash = (specs: readonly CommandSpec[]): string[] => [
  '_mosix() {',
  '  local word=${COMP_WORDS[COMP_CWORD]} words=',
  '  case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in',
  ...specs.filter((one) => one.name.includes(' ')).map((one) => `    "${one.name}") words="${flagsOf(one).join(' ')}" ;;`),
  ...specs.filter((one) => !one.name.includes(' ')).map((one) => `    "${one.name} "*) words="${flagsOf(one).join(' ')}" ;;`),
  ...firstWords(specs).filter((one) => secondWords(specs, one).length > 0).map((one) => `    "${one} "*) words="${secondWords(specs, one).join(' ')}" ;;`),
  '  esac',
  `  case "\${COMP_WORDS[1]} $COMP_CWORD" in ${nodePatterns(specs).join('|')}) [ "\${word#-}" = "$word" ] && words="$words $(mosix nodes --json 2>/dev/null | sed -n 's/^ \\{6\\}"name": "\\(.*\\)",*$/\\1/p')" ;; esac`,
  '  [ "${COMP_WORDS[1]} $COMP_CWORD" = "migrate 3" ] && words="$words best home"',
  `  [ "$COMP_CWORD" = 1 ] && words="${firstWords(specs).join(' ')} --version --help"`,
  '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
  '  [ ${#COMPREPLY[@]} = 0 ] && COMPREPLY=($(compgen -f -- "$word"))',
  '}',
  'complete -o filenames -F _mosix mosix',
  'type _make >/dev/null 2>&1 && complete -F _make mosix-make',
];

/** "drain 2", "migrate 3": where a node's name may stand. Commands of one word only; there are no others with nodes. */
const nodePatterns = (specs: readonly CommandSpec[]): string[] =>
  specs.flatMap((one) => (one.args ?? []).flatMap((argument, index) => (/node/.test(argument.name) ? [`"${one.name} ${index + 2}"`] : [])));

const zsh = (specs: readonly CommandSpec[]): string[] => ['#compdef mosix', 'autoload -U +X bashcompinit && bashcompinit', ...bash(specs)];

const fish = (specs: readonly CommandSpec[]): string[] => {
  const text = (words: string): string => `'${words.replaceAll("'", "\\'")}'`;
  return specs.flatMap((one) => {
    const [first = '', second] = one.name.split(' ');
    const entry = second === undefined
      ? `complete -c mosix -f -n __fish_use_subcommand -a ${first} -d ${text(one.summary)}`
      : `complete -c mosix -f -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${text(one.summary)}`;
    const options = allOptions(one).filter((option) => option.hidden !== true);
    return [entry, ...options.map((option) => `complete -c mosix -n '__fish_seen_subcommand_from ${first}' -l ${/--([a-z-]+)/.exec(option.flags)?.[1] ?? ''} -d ${text(option.describe)}`)];
  });
};

const scripts: Readonly<Record<string, ((specs: readonly CommandSpec[]) => string[]) | undefined>> = { bash, zsh, fish };
