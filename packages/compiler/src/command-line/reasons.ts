// Why a command stays on this machine, in words for `mosix stats` and `mosix why`.

import type { LocalReason } from './types.js';

/** One line a reason; completes the sentence "compiled here because ...". */
export const localReasons: Readonly<Record<LocalReason, string>> = {
  link: 'it links',
  'preprocess-only': 'it only preprocesses (-E)',
  'dependencies-only': 'it only lists dependencies (-M, -MM)',
  'several-sources': 'it names several sources or object files',
  'no-source': 'it names no source file',
  'unknown-option': 'it has an option that mosix does not know',
  'unknown-language': 'the source is of a language that mosix does not distribute',
  'stdin-source': 'the source comes from standard input',
  'output-is-stdout': 'the output goes to standard output',
  'output-is-special': 'the output is a device, such as /dev/null',
  'version-or-help': 'it asks the compiler about itself or for a trace of its steps (--version, -v, -###)',
  modules: 'it uses modules, which tie sources together through a cache of compiled interfaces',
  'clang-pch': 'clang checks the file times of what a precompiled header was made from',
  'assembler-listing': 'an assembler option writes files whose names are not known here',
  profile: 'the names of the profile files it reads or deletes are not known here',
  plugin: 'a compiler plugin may read and write any file',
  wrapper: 'it runs the compiler under another program (-wrapper)',
  'dump-files': 'it writes dump files whose names depend on the compiler version',
  'compiler-environment': 'an environment variable changes which compiler runs or what else it writes',
  'header-map': 'its headers are found through a map or overlay file',
  'spec-file': 'a specs file changes what the compiler does in ways not known here',
  terminal: 'the object records the options that would reproduce your terminal',
  'sysroot-relative': 'a search directory is written relative to the sysroot',
  offload: 'it also compiles for an accelerator',
  'response-file': 'a response file cannot be read',
  'unusual-output-name': 'the names of its output files are not known here',
  'bad-command-line': 'the compiler will reject the command line',
  'non-utf8': 'a name in it is not valid UTF-8',
};
