// Messages and character sets depend on files outside of any search path: what has to be shipped for them, and what cannot be.
import { existsSync, readdirSync } from 'node:fs';

const LOCALE_ROOTS = ['/usr/lib/locale', '/usr/share/locale'];

const PLAIN = /^(|C|POSIX|C\.(UTF-8|utf8))$/;

const answers = new Map<string, readonly string[]>();

const locales = (environment: ReadonlyMap<string, string>): string[] => {
  const names = new Set<string>();
  const all = environment.get('LC_ALL');
  if (all !== undefined && all !== '') names.add(all);
  else for (const name of ['LC_CTYPE', 'LC_MESSAGES', 'LANG']) names.add(environment.get(name) ?? '');
  for (const name of (environment.get('LANGUAGE') ?? '').split(':')) names.add(name);
  return [...names].filter((name) => !PLAIN.test(name));
};

const filesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`);
  } catch {
    return [];
  }
};

/** Locale definitions and message catalogues that a compiler opens under these settings. Candidates that exist; a superset. */
export function localeFiles(environment: ReadonlyMap<string, string>): readonly string[] {
  const wanted = locales(environment);
  // C.UTF-8 has its character classes in a file on some systems.
  const utf8 = [environment.get('LC_ALL'), environment.get('LC_CTYPE'), environment.get('LANG')].some((name) => /^C\.(UTF-8|utf8)$/.test(name ?? ''));
  const key = `${utf8} ${wanted.join(' ')}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const files: string[] = [];
  if (utf8) files.push(...filesIn('/usr/lib/locale/C.utf8'));
  if (wanted.length > 0) {
    files.push('/usr/lib/locale/locale-archive', '/usr/share/locale/locale.alias');
    for (const name of wanted) {
      const [language = '', rest = ''] = name.split(/[.@]/, 2);
      const spellings = new Set([name, name.replace('UTF-8', 'utf8'), language, language.split('_')[0] ?? language, `${language}.${rest}`]);
      for (const root of LOCALE_ROOTS) for (const spelling of spellings) if (spelling !== '') files.push(...filesIn(`${root}/${spelling}`));
    }
    files.push(...charsetModules());
  }
  const existing = [...new Set(files)].filter((file) => existsSync(file));
  answers.set(key, existing);
  return existing;
}

const charsetModules = (): string[] => {
  const found: string[] = [];
  for (const directory of ['/usr/lib/x86_64-linux-gnu/gconv', '/usr/lib/aarch64-linux-gnu/gconv', '/usr/lib64/gconv', '/usr/lib/gconv']) {
    for (const name of ['gconv-modules.cache', 'gconv-modules']) if (existsSync(`${directory}/${name}`)) found.push(`${directory}/${name}`);
  }
  return found;
};

/** Are messages in another language than English? */
export function speaksForeign(environment: ReadonlyMap<string, string>): boolean {
  const name = environment.get('LC_ALL') || environment.get('LC_MESSAGES') || environment.get('LANG') || '';
  const chosen = PLAIN.test(name) ? name : environment.get('LANGUAGE') || name;
  return !PLAIN.test(chosen) && !/^en(_|$|\.|@)/.test(chosen);
}

/** An option that names a character set other than UTF-8: its conversion tables are loaded by name, from places that are not followed. */
export function usesForeignCharset(args: readonly string[]): string | undefined {
  return args.find((argument) => /^-f(input|exec|wide-exec)-charset=/.test(argument) && !/=utf-?8$/i.test(argument));
}
