// What the arguments of `mosix-make` say, read the way GNU make reads them, without changing any that are make's. We need to know three
// things: which ones are ours (`--mosix-*`), whether a number of jobs is given, and whether make will run commands at all.

import { err, fault, ok, type Result } from '@mosix/core';
import { schema, type SettingKey } from '@mosix/config';

export interface MakeArguments {
  /** make's, in order, ours taken out. */
  readonly forMake: readonly string[];
  /** Settings given as --mosix-coordinator=..., --mosix-cache=..., --mosix-intercept. */
  readonly flags: Partial<Record<SettingKey, string>>;
  readonly help: boolean;
  /** -j or --jobs is among the arguments. */
  readonly jobsGiven: boolean;
  /** -n, -q, -t, -v, -h and their long forms, or only targets such as `clean` and `help`: make compiles nothing. */
  readonly buildsNothing: boolean;
}

/** Single-letter options that take an argument: the rest of the word, or else the next word. */
const lettersWithArgument = 'CfIoWE';
/** ... and those whose argument, if any, is the rest of the word. (-j and -l also take a following number; it is a word of its own and does no harm.) */
const lettersWithOptionalArgument = 'lO';
const longWithArgument = ['--directory', '--file', '--makefile', '--include-dir', '--old-file', '--assume-old', '--what-if', '--new-file', '--assume-new', '--eval'];
const longBuildsNothing = ['--just-print', '--dry-run', '--recon', '--question', '--touch', '--version', '--help'];
const lettersBuildNothing = 'nqtvh';
const compilesNothing = /^(.*clean.*|help)$/;
const ourSettings: readonly SettingKey[] = ['coordinator', 'cache', 'intercept'];

export const readMakeArguments = (given: readonly string[]): Result<MakeArguments> => {
  const forMake: string[] = [];
  const flags: Partial<Record<SettingKey, string>> = {};
  let help = false;
  const letters = new Set<string>();
  const words: string[] = [];
  const targets: string[] = [];
  let onlyTargets = false;
  let argumentFollows = false;
  for (const word of given) {
    if (argumentFollows || onlyTargets || !word.startsWith('-') || word === '-') {
      if (!argumentFollows && !word.includes('=')) targets.push(word);
      argumentFollows = false;
      forMake.push(word);
    } else if (word === '--') {
      onlyTargets = true;
      forMake.push(word);
    } else if (word === '--mosix-help') {
      help = true;
    } else if (word.startsWith('--mosix-')) {
      const ours = readOurs(word);
      if (!ours.ok) return ours;
      flags[ours.value.key] = ours.value.value;
    } else if (word.startsWith('--')) {
      words.push(word);
      argumentFollows = longWithArgument.includes(word);
      forMake.push(word);
    } else {
      argumentFollows = readCluster(word.slice(1), letters);
      forMake.push(word);
    }
  }
  return ok({
    forMake,
    flags,
    help,
    jobsGiven: letters.has('j') || words.some(isLongJobs),
    buildsNothing: (targets.length > 0 && targets.every((target) => compilesNothing.test(target))) || [...lettersBuildNothing].some((letter) => letters.has(letter)) || words.some((word) => longBuildsNothing.includes(word)),
  });
};

const readOurs = (word: string): Result<{ key: SettingKey; value: string }> => {
  const [, name = '', value] = /^--mosix-([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const key = ourSettings.find((one) => schema[one].file === name);
  const known = ourSettings.map((one) => `--mosix-${schema[one].file}`).join(', ');
  if (key === undefined) return err(fault('unknown-option', `${word}: there is no such option of mosix-make`, { hint: `known: ${known}, --mosix-help` }));
  if (value !== undefined) return ok({ key, value });
  if (key === 'intercept') return ok({ key, value: 'exec' });
  return err(fault('missing-value', `${word}: needs a value`, { hint: `${word}=VALUE: ${schema[key].describe}` }));
};

/** Notes the option letters of `-kj8`; true when the cluster's last option takes the next word as its argument. */
const readCluster = (cluster: string, letters: Set<string>): boolean => {
  for (let index = 0; index < cluster.length; index += 1) {
    const letter = cluster.charAt(index);
    letters.add(letter);
    if (lettersWithArgument.includes(letter)) return index === cluster.length - 1;
    if (lettersWithOptionalArgument.includes(letter)) return false;
  }
  return false;
};

/** GNU make takes any unambiguous beginning: `--jo 8`. A jobserver handed down by a parent make counts as a number of jobs, too. */
const isLongJobs = (word: string): boolean => {
  const name = word.split('=', 1)[0] ?? '';
  return (name.length >= 3 && '--jobs'.startsWith(name)) || name.startsWith('--jobserver');
};

/** Does MAKEFLAGS give a number of jobs, or a parent make's jobserver? Its first word may be a cluster of letters without the dash. */
export const makeflagsGiveJobs = (makeflags: string | undefined): boolean => {
  const letters = new Set<string>();
  const words = (makeflags ?? '').split(/\s+/).filter((word) => word !== '');
  for (const [index, word] of words.entries()) {
    if (word === '--') return letters.has('j');
    if (word.startsWith('--')) {
      if (isLongJobs(word)) return true;
    } else if (word.startsWith('-')) readCluster(word.slice(1), letters);
    else if (index === 0 && !word.includes('=')) readCluster(word, letters);
  }
  return letters.has('j');
};
