// Messages as on the user's terminal, though the compiler runs elsewhere and writes to a file. Both compilers decide
// by isatty(2) on colours; gcc also on hyperlinks and, with $COLUMNS or a terminal on standard input, on how far long
// source lines are shifted; clang wraps messages at $COLUMNS. Options can say most of this, but not all: gcc has none
// for the width, and records -fdiagnostics-urls in debug info. `planTerminal` tells what is missing.

import type { Family, ParseRequest, TerminalAspect, TerminalFacts } from './types.js';

export interface TerminalPlan {
  /** To be put before the command line: messages about later options are coloured too. */
  first: string[];
  /** To be put after it, to win over an explicit `auto`. */
  last: string[];
  /** What the terminal would show and these arguments do not bring about. */
  missing: TerminalAspect[];
  /** The object would differ if the arguments were added (clang's -grecord-command-line). */
  recorded: boolean;
}

/** What of the command line bears on messages. */
export interface MessageOptions {
  color: undefined | 'always' | 'never' | 'auto';
  urls: undefined | 'always' | 'never' | 'auto';
  messageLength: boolean;
  /** Debug info, -frecord-gcc-switches, -fverbose-asm: places where gcc lists options. */
  listsOptions: boolean;
  recordsCommandLine: boolean;
  /** The compiler proper runs: not for assembler sources without preprocessing. */
  frontEnd: boolean;
}

type Environment = ReadonlyMap<string, string>;
type ReadFile = ParseRequest['readFile'];

/** Options to add so that messages come out as on the terminal. */
export function planTerminal(
  family: Family,
  terminal: TerminalFacts,
  environment: Environment,
  options: MessageOptions,
  readFile?: ReadFile,
): TerminalPlan {
  const plan: TerminalPlan = { first: [], last: [], missing: [], recorded: false };
  if (!terminal.stderr) return plan;
  if (family === 'gcc') planGcc(plan, terminal, environment, options);
  else planClang(plan, environment, options, readFile);
  if (plan.first.length + plan.last.length > 0) plan.recorded = family === 'clang' && options.recordsCommandLine;
  return plan;
}

function add(plan: TerminalPlan, setting: MessageOptions['color'], argument: string): void {
  if (setting === undefined) plan.first.push(argument);
  else if (setting === 'auto') {
    plan.first.push(argument);
    plan.last.push(argument);
  }
}

const automatic = (setting: MessageOptions['color']): boolean => setting === undefined || setting === 'auto';

function planGcc(plan: TerminalPlan, terminal: TerminalFacts, environment: Environment, options: MessageOptions): void {
  const term = environment.get('TERM');
  const capable = term !== undefined && term !== 'dumb';
  if (capable) add(plan, options.color, '-fdiagnostics-color=always');
  if (automatic(options.urls) && capable && linksWork(environment)) {
    if (options.listsOptions) plan.missing.push('urls');
    else add(plan, options.urls, '-fdiagnostics-urls=always');
  }
  const columns = Number.parseInt(environment.get('COLUMNS') ?? '', 10);
  if (!options.messageLength && (columns > 0 || (terminal.stdin && terminal.columns > 0))) plan.missing.push('width');
}

/** gcc's own guess, `-fdiagnostics-urls=auto`, whether a terminal that shows colours shows links too. */
function linksWork(environment: Environment): boolean {
  const format = environment.get('GCC_URLS') ?? environment.get('TERM_URLS');
  const colorTerminal = environment.get('COLORTERM');
  if (colorTerminal === 'xfce4-terminal' || colorTerminal === 'gnome-terminal') return false;
  if (format !== undefined) return format !== '' && format !== 'no';
  if (colorTerminal !== undefined) return true;
  const term = environment.get('TERM');
  return term !== 'xterm' && term !== 'linux';
}

function planClang(plan: TerminalPlan, environment: Environment, options: MessageOptions, readFile: ReadFile | undefined): void {
  if (showsColors(environment, readFile)) add(plan, options.color, '-fcolor-diagnostics');
  const columns = Number.parseInt(environment.get('COLUMNS') ?? '', 10);
  // Past the driver, which does not wrap its own messages; without a front end it would call the option unused.
  if (!options.messageLength && columns > 0 && options.frontEnd) plan.first.push('-Xclang', `-fmessage-length=${columns}`);
}

const colorTerminals = /^(ansi|cygwin|linux|screen.*|xterm.*|vt100.*|rxvt.*|.*color)$/;

/**
 * Whether clang takes the terminal for one with colours. Distributions build it with terminfo, where the description
 * decides; other builds go by name, which differs for few terminals. Without a port to read descriptions: by name.
 */
function showsColors(environment: Environment, readFile: ReadFile | undefined): boolean {
  const term = environment.get('TERM');
  if (term === undefined || term === '' || term.includes('/')) return false;
  if (readFile === undefined) return colorTerminals.test(term);
  const home = environment.get('HOME');
  const directories = [environment.get('TERMINFO'), home === undefined ? undefined : `${home}/.terminfo`, '/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo'];
  for (const directory of directories) {
    if (directory === undefined || !directory.startsWith('/')) continue;
    const colors = terminfoColors(readFile(`${directory}/${term[0]}/${term}`));
    if (colors !== undefined) return colors > 0;
  }
  return false;
}

const terminfoMaxColors = 13;

/** Number of colours in a compiled terminal description (term(5)); 0 when it has none, undefined when it is no description. */
function terminfoColors(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined || bytes.length < 12) return undefined;
  const magic = bytes.readUInt16LE(0);
  const width = magic === 0o432 ? 2 : magic === 0o1036 ? 4 : 0;
  if (width === 0) return undefined;
  const numbersStart = 12 + bytes.readUInt16LE(2) + bytes.readUInt16LE(4);
  const at = numbersStart + (numbersStart % 2) + terminfoMaxColors * width;
  if (terminfoMaxColors >= bytes.readUInt16LE(6) || at + width > bytes.length) return 0;
  return width === 2 ? bytes.readInt16LE(at) : bytes.readInt32LE(at);
}
