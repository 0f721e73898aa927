// Why a command ran on this machine: the analysis' reasons and the daemon's own, each with a line for people.
import { localReasons, type HomeReason, type LocalReason } from '@mosix/compiler';

export type DaemonReason =
  | 'no-coordinator'
  | 'coordinator-unreachable'
  | 'no-capable-node'
  | 'named-node'
  | 'farm-failed'
  | 'brought-home'
  | 'inputs-changed'
  | 'inputs-unsettled'
  | 'missing-header'
  | 'unknown-dependency'
  | 'compiler-crashed'
  | 'terminal-width'
  | 'output-is-special'
  | 'output-directory'
  | 'output-failed'
  | 'native-cpu'
  | 'charset'
  | 'locale'
  | 'time-macro'
  | 'compiler-is-script'
  | 'compiler-foreign'
  | 'compiler-silent'
  | 'internal-error';

export type Reason = LocalReason | HomeReason | DaemonReason;

const own: Readonly<Record<DaemonReason | HomeReason, string>> = {
  'no-coordinator': 'no farm is configured (mosix up, or MOSIX_COORDINATOR)',
  'coordinator-unreachable': 'the coordinator did not answer',
  'no-capable-node': 'no node of the farm can run this compiler',
  'named-node': 'the node that MOSIX_NODE names did not take it',
  'brought-home': 'the farm gave it back: somebody brought it home, or the owner of its node returned',
  'farm-failed': 'the farm could not finish the job',
  'inputs-changed': 'a source changed while it was being sent',
  'inputs-unsettled': 'sources kept changing while they were looked at',
  'missing-header': 'the compiler asked for a file that was not shipped, so it was asked again here',
  'unknown-dependency': 'the dependency file names a file that was not sent, so the result was not used',
  'terminal-width': 'a message quotes a line wider than the terminal, and only the compiler here can fit it',
  'compiler-crashed': 'the compiler crashed on a node, so it was asked again here',
  'output-is-special': 'an output is a device, a link or a directory',
  'output-directory': 'the directory of an output is missing or cannot be written',
  'output-failed': 'an output could not be written',
  'native-cpu': 'the options ask for the CPU of this very machine',
  charset: 'the options name a character set whose tables are not shipped',
  locale: 'message catalogues are looked for in places of your own (LOCPATH, NLSPATH)',
  'time-macro': 'a macro on the command line holds the time of the compile',
  'compiler-is-script': 'the compiler is a script',
  'compiler-foreign': 'the compiler is neither gcc nor clang',
  'compiler-silent': 'the compiler did not say where it looks for headers',
  'internal-error': 'a defect of mosix; the log has the details',
  'missing-source': 'the source file does not exist',
  'missing-forced-include': 'a header named by -include or -imacros does not exist',
  'unreadable-input': 'an input cannot be read',
  'special-file': 'an input is a device, a pipe or a socket, or stands where something else was expected',
  'embeds-time': '__DATE__ or __TIME__ is in the sources, perhaps in pieces, and the clock of this machine counts',
  'pch-variants': 'a precompiled header has several variants, and which one is taken depends on this file system',
  'home-only-directive': 'a directive depends on this machine (#pragma GCC dependency, computed .incbin or __has_include)',
  'too-many-inputs': 'more input files than are worth shipping',
  'path-too-long': 'a path is too long for a sandbox',
  'non-utf8-path': 'a path is not UTF-8',
  'clang-pch': 'clang checks the modification times that a precompiled header remembers',
};

export const explainReason = (reason: string): string =>
  (own as Record<string, string>)[reason] ?? (localReasons as Readonly<Record<string, string>>)[reason] ?? reason;
