// Which language a source file is in: by `-x`, else by its extension, else not a source at all. The tables are those
// of gcc 12 and clang 14; the C++ drivers take C files for C++.

import type { Family, Language } from './types.js';

interface LanguageFacts {
  preprocesses: boolean;
  header: boolean;
  assembler: boolean;
  /** Extension of what `-save-temps` keeps after preprocessing. */
  preprocessed?: string;
  /** Environment variable with further system directories for this language. */
  pathVariable?: string;
}

const source = (preprocessed: string, pathVariable: string): LanguageFacts => ({ preprocesses: true, header: false, assembler: false, preprocessed, pathVariable });
const header = (preprocessed: string, pathVariable: string): LanguageFacts => ({ preprocesses: true, header: true, assembler: false, preprocessed, pathVariable });
const preprocessed: LanguageFacts = { preprocesses: false, header: false, assembler: false };

export const languageFacts: Readonly<Record<Language, LanguageFacts>> = {
  c: source('.i', 'C_INCLUDE_PATH'),
  'c-header': header('.i', 'C_INCLUDE_PATH'),
  'cpp-output': preprocessed,
  'c++': source('.ii', 'CPLUS_INCLUDE_PATH'),
  'c++-header': header('.ii', 'CPLUS_INCLUDE_PATH'),
  'c++-cpp-output': preprocessed,
  'objective-c': source('.mi', 'OBJC_INCLUDE_PATH'),
  'objective-c-header': header('.mi', 'OBJC_INCLUDE_PATH'),
  'objective-c-cpp-output': preprocessed,
  'objective-c++': source('.mii', 'OBJCPLUS_INCLUDE_PATH'),
  'objective-c++-header': header('.mii', 'OBJCPLUS_INCLUDE_PATH'),
  'objective-c++-cpp-output': preprocessed,
  assembler: { preprocesses: false, header: false, assembler: true },
  // gcc preprocesses assembler sources with its C compiler and so obeys the variable for C.
  'assembler-with-cpp': { preprocesses: true, header: false, assembler: true, pathVariable: 'C_INCLUDE_PATH' },
};

const extensions: Readonly<Record<string, Language>> = {
  c: 'c', i: 'cpp-output', h: 'c-header',
  cc: 'c++', cp: 'c++', cxx: 'c++', cpp: 'c++', 'c++': 'c++', C: 'c++', CPP: 'c++',
  ii: 'c++-cpp-output',
  hh: 'c++-header', H: 'c++-header', hp: 'c++-header', hxx: 'c++-header', hpp: 'c++-header', HPP: 'c++-header', 'h++': 'c++-header', tcc: 'c++-header',
  m: 'objective-c', mi: 'objective-c-cpp-output', mm: 'objective-c++', M: 'objective-c++', mii: 'objective-c++-cpp-output',
  s: 'assembler', S: 'assembler-with-cpp', sx: 'assembler-with-cpp',
};

/** Extensions that one family treats otherwise; undefined: left to the linker. */
const clangExtensions: Readonly<Record<string, Language | undefined>> = {
  tcc: undefined, HPP: undefined, hp: undefined, 'h++': undefined, sx: undefined, CC: 'c++',
};

/** Sources in languages that are compiled here: without this table gcc would seem to get an object file. */
const foreignExtensions = new Set(
  ('cppm ixx cxxm c++m ccm cu hip cl bc ll pcm ast ads adb d di dd go f for ftn F FOR fpp FPP FTN f90 f95 f03 f08 F90 F95 F03 F08 mod def rs brig asm iim cui ifs').split(' '),
);

const plusPlus: Readonly<Partial<Record<Language, Language>>> = { c: 'c++', 'c-header': 'c++-header', 'cpp-output': 'c++-cpp-output' };

/** What a file is by name: a language, `foreign` (compiled, but not by us) or `object` (for the linker). */
export function languageOf(path: string, family: Family, plusPlusDriver: boolean): Language | 'foreign' | 'object' {
  const dot = path.lastIndexOf('.');
  if (dot < 0 || dot < path.lastIndexOf('/')) return 'object';
  const extension = path.slice(dot + 1);
  const language = family === 'clang' && extension in clangExtensions ? clangExtensions[extension] : extensions[extension];
  if (language === undefined) return foreignExtensions.has(extension) ? 'foreign' : 'object';
  return (plusPlusDriver ? plusPlus[language] : undefined) ?? language;
}

const spelled: Readonly<Record<string, Language>> = { 'objc++': 'objective-c++', 'objc++-cpp-output': 'objective-c++-cpp-output', 'objc-cpp-output': 'objective-c-cpp-output' };

/** The language that `-x NAME` asks for; undefined when it is not one of ours. */
export const languageNamed = (name: string): Language | undefined =>
  Object.hasOwn(languageFacts, name) ? (name as Language) : spelled[name];

/** Whether the name a compiler was invoked by makes it the C++ driver: `g++`, `x86_64-linux-gnu-c++-12`, `clang++-14`. */
export function isPlusPlusDriver(compilerName: string): boolean {
  const base = compilerName.slice(compilerName.lastIndexOf('/') + 1);
  return /\+\+(-[0-9.]+)?$/.test(base);
}
