// The rules of the house that a compiler does not hold: dependency arrows, file sizes, commands that the documents promise, lock file.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
/** Files that git knows or would take, so that build results do not count. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const sources = files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));
const isGenerated = (path: string): boolean => path.includes('/generated/');
const isTest = (path: string): boolean => /\.(test|bench)\.ts$/.test(path) || /\/src\/(.*\/)?testing\/|-fixture\.ts$|\/fake-/.test(path);
const packageOf = (path: string): string => path.split('/')[1] ?? '';

/** Who may import whom. `core` is below everything; a shell never imports another shell; only the tools import shells. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  cas: ['core', 'protocol'],
  compiler: ['core'],
  config: ['core'],
  observe: ['core'],
  daemon: ['core', 'protocol', 'cas', 'compiler', 'config', 'observe'],
  coordinator: ['core', 'protocol', 'cas', 'config', 'observe'],
  worker: ['core', 'protocol', 'cas', 'config', 'observe'],
  cli: ['core', 'protocol', 'config', 'observe', 'daemon', 'coordinator', 'worker', 'cas', 'compiler'],
  launcher: [],
  testing: ['core'],
};

const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*|\brequire\(\s*|\bload\(\s*)['"]([^'"\n]+)['"]/g)].map((match) => match[1] ?? '');

describe('dependencies', () => {
  test('every package has its place in the drawing', () => {
    expect([...new Set(sources.map(packageOf))].filter((name) => arrows[name] === undefined)).toEqual([]);
  });

  test('packages import only along the arrows', () => {
    const wrong = sources
      .filter((path) => !isTest(path))
      .flatMap((path) =>
        importsOf(path)
          .filter((name) => name.startsWith('@mosix/'))
          .filter((name) => name !== `@mosix/${packageOf(path)}` && !(arrows[packageOf(path)] ?? []).includes(name.slice('@mosix/'.length)))
          .map((name) => `${path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('no package reaches into the folder of another', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter((name) => name.startsWith('.') && !join(dirname(path), name).startsWith(`packages/${packageOf(path)}/`))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('core knows no machine: no node modules, no clock, no randomness', () => {
    const core = sources.filter((path) => packageOf(path) === 'core' && !isTest(path));
    const wrong = core.flatMap((path) => [
      ...importsOf(path).filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
      ...[...read(path).matchAll(/\b(Date\.now|new Date\(\)|Math\.random|performance\.now|process\.)/g)].map((match) => `${path} uses ${match[1]}`),
    ]);
    expect(wrong).toEqual([]);
  });

  test('what a package imports stands in its package.json, and nothing there is unused', () => {
    const wrong = [...new Set(sources.map(packageOf))].flatMap((name) => {
      const manifest = JSON.parse(read(`packages/${name}/package.json`)) as { dependencies?: Record<string, string> };
      const declared = Object.keys(manifest.dependencies ?? {});
      const own = sources.filter((path) => packageOf(path) === name);
      const bare = (path: string): string[] =>
        importsOf(path)
          .filter((one) => !one.startsWith('.') && !one.startsWith('node:') && one !== 'vitest')
          .map((one) => one.split('/').slice(0, one.startsWith('@') ? 2 : 1).join('/'));
      const imported = new Set(own.flatMap(bare));
      const shipped = new Set(own.filter((path) => !isTest(path)).flatMap(bare));
      return [
        ...[...shipped].filter((one) => one !== `@mosix/${name}` && !declared.includes(one)).map((one) => `${name} imports ${one} and does not declare it`),
        ...declared.filter((one) => !imported.has(one)).map((one) => `${name} declares ${one} and does not import it`),
      ];
    });
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  test('no source is longer than 400 lines', ({ annotate }) => {
    const sizes = files
      .filter((path) => /\.(ts|js|c|h|sh)$/.test(path) && /^(packages|scripts|test)\//.test(path) && !isGenerated(path))
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }));
    const long = sizes.filter(({ path, lines }) => lines > 300 && lines <= 400 && !isTest(path)).map(({ path, lines }) => `${path} (${lines})`);
    if (long.length > 0) void annotate(`longer than 300 lines: ${long.join(', ')}`);
    // Tables of test cases may be long; code may not.
    expect(sizes.filter(({ path, lines }) => lines > 400 && !isTest(path)).map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  test('git ignores no source', () => {
    const ignored = execFileSync('git', ['ls-files', '--others', '--ignored', '--exclude-standard', '--', 'packages/*/src', 'scripts', 'examples', 'docs', 'proto'], { cwd: root, encoding: 'utf8' });
    expect(ignored.split('\n').filter((path) => path !== '' && !/^examples\/[^/]+\/build\//.test(path))).toEqual([]);
  });

  test('names are in kebab-case', () => {
    expect(files.filter((path) => /^packages\/[^/]+\/src\//.test(path) && !/^[a-z0-9/.-]+$/.test(path) && !/\/fixtures\//.test(path))).toEqual([]);
  });

  test('exports have names', () => {
    expect(sources.filter((path) => /^export default /m.test(read(path)))).toEqual([]);
  });

  test('nothing is left to do or to be focused', () => {
    const marks = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['X', 'XX'].join('')})\\b|\\b(test|it|describe)\\.only\\(`);
    const texts = files.filter((path) => /^(packages|scripts|test|examples|docs|proto)\/|^[^/]+\.md$|^Makefile$/.test(path) && /\.(ts|js|c|cpp|h|hpp|sh|md|proto)$|Makefile$/.test(path) && !path.endsWith('tidy.test.ts'));
    const wrong = texts.flatMap((path) => read(path).split('\n').flatMap((line, index) => (marks.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])));
    expect(wrong).toEqual([]);
  });
});

describe('documents', () => {
  const documents = files.filter((path) => /^(README|ARCHITECTURE)\.md$|^(docs|examples)\/.*\.md$/.test(path));
  const targets = new Set([...read('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map((match) => match[1] ?? ''));
  const commandTable = read('packages/cli/src/commands.ts');
  const commands = new Set([...commandTable.matchAll(/name: '([a-z ]+)'/g)].map((match) => (match[1] ?? '').split(' ')[0] ?? ''));
  /** Commands in code, in a block or between backquotes; prose may say "mosix does". */
  const inCode = (path: string): string =>
    [...read(path).matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map((match) => match[1] ?? match[2] ?? '').join('\n');

  test('every make target that the documents name exists', () => {
    const wrong = documents
      .filter((path) => !path.startsWith('examples/'))
      .flatMap((path) => [...inCode(path).matchAll(/^\s*(?:\$ )?make ([a-z][a-z0-9-]*)/gm)].filter((match) => !targets.has(match[1] ?? '')).map((match) => `${path}: make ${match[1]}`));
    expect(wrong).toEqual([]);
  });

  test('every mosix command that the documents name exists', () => {
    const wrong = documents.flatMap((path) =>
      [...inCode(path).matchAll(/(?:^|[\s`;&|(])mosix ([a-z]+)/gm)].filter((match) => !commands.has(match[1] ?? '')).map((match) => `${path}: mosix ${match[1]}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every file that the documents link to exists', () => {
    const wrong = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].filter((match) => !existsSync(join(root, dirname(path), match[1] ?? ''))).map((match) => `${path}: ${match[1]}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('documents that list what the code has', () => {
  test('every path below packages/ that the documents name exists', () => {
    const wrong = files
      .filter((path) => /^(README|ARCHITECTURE)\.md$|^docs\/.*\.md$/.test(path))
      .flatMap((path) => [...read(path).matchAll(/`(packages\/[a-z][^`\s*]*)`/g)].map((match) => match[1] ?? '').filter((name) => !existsSync(join(root, name))).map((name) => `${path}: ${name}`));
    expect(wrong).toEqual([]);
  });

  test('every reason for which a command stays here is explained', () => {
    const keys = (path: string): string[] => [...read(path).matchAll(/^ {2}'?([a-z][a-z-]*)'?: ['"]/gm)].map((match) => match[1] ?? '');
    const reasons = [...keys('packages/daemon/src/reasons.ts'), ...keys('packages/compiler/src/command-line/reasons.ts')];
    expect(reasons.length).toBeGreaterThan(50);
    const table = read('docs/correctness.md');
    expect(reasons.filter((reason) => !table.includes(`\n| \`${reason}\` |`))).toEqual([]);
  });
});

describe('installation', () => {
  test('the lock file names no address', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string; link?: boolean }> };
    expect(Object.entries(lock.packages).filter(([, entry]) => /^[a-z+]+:/.test(entry.resolved ?? '')).map(([name]) => name)).toEqual([]);
  });

  test('scripts can be run', () => {
    const modes = execFileSync('git', ['ls-files', '-s', 'bin', 'scripts', '.ci'], { cwd: root, encoding: 'utf8' }).split('\n');
    const wrong = modes.filter((line) => /(bin\/mosix(-make)?|\.sh|\.ci\/run)$/.test(line) && !line.startsWith('100755'));
    expect(wrong).toEqual([]);
  });
});
