import { describe, expect, test } from 'vitest';
import { remoteEnvironment } from './environment.js';

const all = {
  PATH: '/bin', HOME: '/h', PWD: '/w', LANG: 'C.UTF-8', LC_ALL: 'C', LANGUAGE: 'de', CPATH: 'a', C_INCLUDE_PATH: 'b', CPLUS_INCLUDE_PATH: 'c', SOURCE_DATE_EPOCH: '1', GCC_COLORS: '', TERM: 'xterm', COLUMNS: '80', COLORTERM: 'truecolor',
  LIBRARY_PATH: '/l', MAKEFLAGS: '-j', LD_PRELOAD: 'x', TMPDIR: '/t', MOSIX_NESTED: '1', SECRET: 's',
};
const environment = new Map(Object.entries(all));
const names = (columns: number | undefined, family?: 'gcc' | 'clang') =>
  [...remoteEnvironment(environment, columns === undefined ? undefined : { stderr: true, stdout: false, stdin: false, columns }, family).keys()];

describe('environment of a remote compile', () => {
  test('without a terminal', () => {
    expect(names(undefined)).toEqual(['CPATH', 'CPLUS_INCLUDE_PATH', 'C_INCLUDE_PATH', 'GCC_COLORS', 'LANG', 'LANGUAGE', 'LC_ALL', 'PWD', 'SOURCE_DATE_EPOCH']);
  });
  test('with a terminal', () => {
    expect(names(80)).toEqual(expect.arrayContaining(['TERM', 'COLUMNS', 'COLORTERM']));
  });
  test('each compiler gets its own', () => {
    expect(names(80, 'clang')).not.toContain('GCC_COLORS');
    expect(names(80, 'gcc')).toContain('GCC_COLORS');
  });
  test('values are kept, empty ones too', () => {
    expect(remoteEnvironment(environment).get('GCC_COLORS')).toBe('');
  });
});
