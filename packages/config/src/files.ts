// The settings files: which ones count, nearest first, and what stands in them. TOML is parsed only when a file exists, because every
// `mosix-make` passes here and most projects have none.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { err, fault, ok, type Result } from '@mosix/core';
import type { Environment } from './directories.js';
import { schema, settingKeys, type SettingKey } from './schema.js';

export interface SettingsFile {
  readonly path: string;
  readonly kind: 'project' | 'user' | 'system';
  /** Raw values; the loader reads and checks them. */
  readonly values: ReadonlyMap<SettingKey, unknown>;
}

const load = createRequire(import.meta.url);

/** The files that exist, strongest first: mosix.toml upward from `cwd`, the user's config.toml, /etc/mosix/config.toml. */
export const readSettingsFiles = (options: {
  readonly cwd: string;
  readonly userDirectory: string;
  readonly env: Environment;
}): Result<readonly SettingsFile[]> => {
  const found: SettingsFile[] = [];
  const candidates: [SettingsFile['kind'], string][] = [
    ...ancestors(options.cwd).map((folder): [SettingsFile['kind'], string] => ['project', join(folder, 'mosix.toml')]),
    ['user', join(options.userDirectory, 'config.toml')],
    ['system', join(options.env['MOSIX_ETC'] || '/etc/mosix', 'config.toml')],
  ];
  for (const [kind, path] of candidates) {
    if (kind === 'project' && found.some((file) => file.kind === 'project')) continue;
    const text = readIfThere(path);
    if (!text.ok) return text;
    if (text.value === undefined) continue;
    const values = parse(path, text.value);
    if (!values.ok) return values;
    found.push({ path, kind, values: values.value });
  }
  return ok(found);
};

const ancestors = (cwd: string): string[] => {
  const folders = [resolve(cwd)];
  for (let folder = resolve(cwd); folder !== dirname(folder); folder = dirname(folder)) folders.push(dirname(folder));
  return folders;
};

const readIfThere = (path: string): Result<string | undefined> => {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // Above the project there may be folders that we may not look into: their files are not ours to obey.
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG'].includes(code)) return ok(undefined);
    return err(fault('config-unreadable', `${path}: cannot be read (${code})`, { hint: `ls -l ${path}`, cause }));
  }
};

const parse = (path: string, text: string): Result<ReadonlyMap<SettingKey, unknown>> => {
  const { parse: parseToml } = load('smol-toml') as typeof import('smol-toml');
  let table: Record<string, unknown>;
  try {
    table = parseToml(text);
  } catch (cause) {
    const { line, message } = cause as { line?: number; message: string };
    const reason = message.split('\n')[0] ?? '';
    return err(fault('config-syntax', `${path}${line === undefined ? '' : `:${line}`}: ${reason}`, { hint: 'the file must be TOML: key = "value"', cause }));
  }
  const values = new Map<SettingKey, unknown>();
  for (const [name, value] of Object.entries(table)) {
    const key = settingKeys.find((one) => schema[one].file === name);
    if (key === undefined) {
      const known = settingKeys.map((one) => schema[one].file);
      return err(fault('config-unknown-key', `${path}: ${name}: there is no such setting`, { hint: `known settings: ${known.join(', ')}` }));
    }
    values.set(key, value);
  }
  return ok(values);
};
