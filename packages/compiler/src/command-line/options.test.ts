// Asks the installed compilers which options they have and checks that the tables know them: an option that is missing
// sends every build that uses it to this machine, unnoticed.

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { clangIndex } from './clang-options.js';
import { gccIndex } from './gcc-options.js';
import { findOption, type OptionIndex } from './option-rule.js';

const output = (compiler: string, list: readonly string[]): string => spawnSync(compiler, list, { encoding: 'utf8', env: { PATH: process.env['PATH'], LC_ALL: 'C' } }).stdout ?? '';

/** Option spellings at the start of help lines, without placeholders for values. */
const optionsIn = (text: string): string[] => [...text.matchAll(/^ {2}(-[^\s[<]+)/gm)].map((match) => match[1] ?? '');

const unknown = (index: OptionIndex, options: Iterable<string>, deliberate: RegExp): string[] =>
  [...new Set(options)].filter((option) => findOption(index, option.endsWith('=') ? `${option}1` : option) === undefined && !deliberate.test(option));

const gccHelp = ['common', 'optimizers', 'target', 'warnings', 'params', 'c', 'c++', 'objc', 'objc++', 'undocumented'];
const gccText = gccHelp.map((group) => output('gcc', [`--help=${group}`])).join('\n');
const clangText = output('clang', ['--help-hidden']);

describe.skipIf(gccText === '\n'.repeat(gccHelp.length - 1))('gcc', () => {
  test('every option of its help is known, save rare double-dash spellings and front ends of other languages', () => {
    expect(unknown(gccIndex, optionsIn(gccText), /^--|^-quiet$|^-cpp=$|^-M(no-)?modules$|^-lang-asm$/)).toEqual([]);
  });
});

describe.skipIf(clangText === '')('clang', () => {
  test('every option of its help is known, save accelerators, migration tools and its own debugging', () => {
    const deliberate = /^-ccc-|^-arcmt|^-cl-|^--(cuda|gpu|hip|rocm|ptxas|amdgpu|libomptarget|no-cuda|no-gpu|no-offload|config|driver-mode|rsp-quoting|analyzer|help-hidden|emit-static-lib|migrate|verify)|^-(b|G|cuid|sycl-std|dM|ibuiltininc)/;
    expect(unknown(clangIndex, optionsIn(clangText), deliberate)).toEqual([]);
  });
});

describe('matching', () => {
  test.each([
    ['-O2', '-O'], ['-Ofast', '-O'], ['-Wno-error=foo', '-W'], ['-Wp,-DX', '-Wp,'], ['-Wa,-x', '-Wa,'], ['-fPIC', '-f'], ['-fdump-tree-all', '-fdump-'], ['-fopt-info-vec=x', '-fopt-info'], ['-ftemplate-depth=900', '-ftemplate-depth='],
    ['-ftemplate-depth-900', '-f'], ['-march=native', '-march='], ['-mavx2', '-mavx'], ['-mcmodel=large', '-m'], ['-include', '-include'], ['-includex.h', '-include'], ['-isystem/x', '-isystem'], ['-I-', '-I-'], ['-Ix=y', '-I'], ['-DX=-I', '-D'], ['-ofoo', '-o'], ['-xc++', '-x'], ['-std=c++20', '-std='],
    ['-dA', '-dA'], ['-da', '-d'], ['-dumpbase', '-dumpbase'], ['-save-temps=obj', '-save-temps='], ['-MFx', '-MF'], ['-ggdb3', '-g'], ['-gsplit-dwarf', '-gsplit-dwarf'], ['--sysroot=/x', '--sysroot='], ['-fmodules-ts', '-fmodules-ts'], ['-fmodule-only', '-fmodule'], ['-specs=x', '-specs='],
  ])('%s is %s', (argument, name) => {
    expect(findOption(gccIndex, argument)?.name).toBe(name);
  });
  test.each([['-emit-llvm', '-emit-llvm'], ['-objcmt-x', '-objc'], ['-isystem-after', '-isystem-after'], ['-include-pch', '-include-pch'], ['-Rpass=x', '-R'], ['--target=x', '--target='], ['-mllvm', '-mllvm'], ['-gsplit-dwarf=single', '-gsplit-dwarf='], ['-ObjC++', '-ObjC']])('clang: %s is %s', (argument, name) => {
    expect(findOption(clangIndex, argument)?.name).toBe(name);
  });
});
