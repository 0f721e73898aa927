// gcc's own options (12, and what 8 to 15 are known to have), over the common ones.

import { indexOptions, plain, type OptionRule } from './option-rule.js';
import { commonOptions } from './common-options.js';
import { asks, collect, keep, local, notCacheable, readsFile, refuse, set, type ParseState } from './parse-state.js';

/** Messages in a machine's form go to stderr, unless the name says `file`. */
function diagnosticsFormat(state: ParseState, value: string, option: string): void {
  if (/file/.test(value)) refuse(state, 'dump-files', option);
}

/** `-fopt-info[-KIND...][=FILE]`: to stderr without a file. */
function optimizationInfo(state: ParseState, value: string, option: string): void {
  const equals = value.indexOf('=');
  if (equals >= 0 && value.slice(equals + 1) !== 'stderr') refuse(state, 'dump-files', option);
}

const gccOptions: readonly OptionRule[] = [
  // A lone `-I-` splits the directories before it off for `#include "x"`.
  {
    name: '-I-',
    style: 'flag',
    apply: ({ search }) => {
      search.quote.push(...search.user);
      search.user.length = 0;
      search.quoteOnly = true;
    },
  },
  {
    name: '-iwithprefix',
    style: 'joined-or-separate',
    apply: (state, value, option) => {
      if (state.includePrefix === undefined) refuse(state, 'unknown-option', option);
      else state.search.system.push(state.includePrefix + value);
    },
  },
  ...plain('-imultilib -imultiarch', 'joined-or-separate', { search: true }),
  ...plain('-specs= --specs=', 'joined', { search: true, apply: collect('specFiles') }),
  { name: '-specs', style: 'separate', search: true, apply: collect('specFiles') },
  // `header.gcc` files in the search directories rename headers.
  { name: '-remap', style: 'flag', apply: local('header-map') },

  // Names of auxiliary files.
  {
    name: '-dumpdir',
    style: 'separate',
    apply: (state, value) => {
      state.dumpDirectory = value;
      state.saveTempsOverridesDumpDirectory = false;
    },
  },
  { name: '-dumpbase', style: 'separate', apply: keep('dumpBase') },
  { name: '-dumpbase-ext', style: 'separate', apply: keep('dumpBaseExtension') },
  { name: '-aux-info', style: 'separate', apply: local('dump-files') },
  ...plain('-aux-info= --output-pch= -time=', 'joined', { apply: local('dump-files') }),

  // Letters after -d: these annotate the assembly or matter to -E alone; the others dump.
  ...plain('-dA -dp -dP -dD -dI -dN -dU'),
  { name: '-d', style: 'joined', apply: local('dump-files') },
  ...plain('-fdump-noaddr -fdump-unnumbered -fdump-unnumbered-links'),
  { name: '-fdump-', style: 'joined', apply: local('dump-files') },
  // Without values these prefixes are harmless; named here because a value may follow in the prefix form.
  { name: '-fopt-info', style: 'joined', apply: optimizationInfo },
  ...plain('-fdisable- -fenable- -fdbg-cnt', 'joined'),
  { name: '-fdbg-cnt=', style: 'joined' },
  { name: '-fsave-optimization-record', style: 'flag', apply: local('dump-files') },
  ...plain('-fcompare-debug -fcompare-debug-second', 'flag', { apply: local('dump-files') }),
  { name: '-fcompare-debug=', style: 'joined', apply: local('dump-files') },
  ...plain('-fself-test= -fpre-include= -fwpa= -fltrans-output-list= -fresolution=', 'joined', { apply: local('unknown-option') }),
  ...plain('-fwpa -fltrans', 'flag', { apply: local('unknown-option') }),
  ...plain('-fhelp -ftarget-help -fversion', 'flag', { apply: asks }),
  { name: '-fhelp=', style: 'joined', apply: asks },
  { name: '-fdiagnostics-format=', style: 'joined', apply: diagnosticsFormat },
  { name: '-iplugindir=', style: 'joined', apply: local('plugin') },

  { name: '-fcallgraph-info', style: 'flag', apply: set('callGraph', true) },
  { name: '-fcallgraph-info=', style: 'joined', apply: set('callGraph', true) },
  { name: '-fprofile-note=', style: 'joined', apply: keep('profileNote') },
  { name: '-fprofile-dir=', style: 'joined', apply: keep('profileDirectory') },
  { name: '-fprofile-prefix-path=', style: 'joined', apply: set('profilePrefix', true) },
  // Also sets -fprofile-dir.
  { name: '-fprofile-generate=', style: 'joined', apply: keep('profileDirectory') },
  ...plain('-fprofile-use -fbranch-probabilities', 'flag', {
    apply: (state) => {
      state.profileUse ??= { path: undefined };
    },
  }),
  {
    name: '-fprofile-use=',
    style: 'joined',
    apply: (state, value) => {
      state.profileUse = { path: value };
    },
  },
  {
    name: '-fauto-profile',
    style: 'flag',
    apply: (state) => {
      readsFile(state, 'fbdata.afdo', '');
    },
  },
  { name: '-fauto-profile=', style: 'joined', apply: readsFile },

  {
    name: '-fdiagnostics-urls=',
    style: 'joined',
    apply: (state, value) => {
      state.urls = value === 'always' || value === 'never' ? value : 'auto';
    },
  },
  {
    name: '-fdiagnostics-plain-output',
    style: 'flag',
    apply: (state) => {
      state.color = 'never';
      state.urls = 'never';
    },
  },
  ...plain('-frecord-gcc-switches', 'flag', { apply: set('recordsCommandLine', true) }),
  // Numbers of bytes and time in messages.
  ...plain('-fstats -fmem-report-wpa', 'flag', { apply: notCacheable }),

  // Warned of as linker options only.
  ...plain('-t -n -N -X -Z -rpath-link'),
  { name: '-h', style: 'separate' },
  ...plain('--all-warnings --extra-warnings --no-warnings --pedantic --pedantic-errors --trace-includes --comments'),
];

export const gccIndex = indexOptions([commonOptions, gccOptions]);
