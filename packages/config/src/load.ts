// Settings from all their sources, each value with its origin: flag, then environment, then project file, user file, system file, then
// the farm that `mosix up` started (coordinator only), then the default. A bad value is an error that names where it stands; it is never
// skipped for a weaker source, or a typo would silently build somewhere else.

import { err, fault, ok, type Result } from '@mosix/core';
import { directories, runFiles, type Directories, type Environment } from './directories.js';
import { readFarmFile } from './farm-file.js';
import { readSettingsFiles, type SettingsFile } from './files.js';
import { schema, settingKeys, type SettingKey, type Settings } from './schema.js';

export interface Origin {
  readonly kind: 'flag' | 'env' | 'project' | 'user' | 'system' | 'farm' | 'default';
  /** For people: "--coordinator", "MOSIX_CACHE", "/home/me/project/mosix.toml", "default". */
  readonly from: string;
}

export interface Config {
  readonly settings: Settings;
  readonly origins: { readonly [K in SettingKey]: Origin };
  readonly directories: Directories;
  /** Settings files that were read, strongest first. */
  readonly files: readonly string[];
}

export interface ConfigSources {
  readonly env?: Environment;
  readonly cwd?: string;
  /** Values of command-line flags, as typed; undefined ones were not given. */
  readonly flags?: Partial<Record<SettingKey, string | number | undefined>>;
  readonly uid?: number;
}

/** Codes: config-value, config-syntax, config-unknown-key, config-unreadable. Synchronous; costs a few failed opens when there is no file. */
export const loadConfig = (sources: ConfigSources = {}): Result<Config> => {
  const { env = process.env, cwd = process.cwd(), flags = {} } = sources;
  const places = sources.uid === undefined ? directories(env) : directories(env, sources.uid);
  const files = readSettingsFiles({ cwd, userDirectory: places.config, env });
  if (!files.ok) return files;

  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins: Partial<Record<SettingKey, Origin>> = {};
  for (const key of settingKeys) {
    const found = strongest(key, { env, flags, files: files.value });
    if (found === undefined) {
      const farm = key === 'coordinator' ? readFarmFile(runFiles(places.run).farm) : undefined;
      values[key] = farm?.address ?? schema[key].fallback;
      origins[key] = farm === undefined ? { kind: 'default', from: 'default' } : { kind: 'farm', from: runFiles(places.run).farm };
      continue;
    }
    const read = schema[key].read(found.raw);
    if (!read.ok) {
      const where = found.origin.kind === 'flag' || found.origin.kind === 'env' ? found.origin.from : `${found.origin.from}: ${schema[key].file}`;
      return err(fault('config-value', `${where}: ${read.error}`, { hint: `${schema[key].file}: ${schema[key].describe}` }));
    }
    values[key] = read.value;
    origins[key] = found.origin;
  }
  return ok({
    settings: values as unknown as Settings,
    origins: origins as Config['origins'],
    directories: places,
    files: files.value.map((file) => file.path),
  });
};

const strongest = (
  key: SettingKey,
  from: { readonly env: Environment; readonly flags: NonNullable<ConfigSources['flags']>; readonly files: readonly SettingsFile[] },
): { raw: unknown; origin: Origin } | undefined => {
  const flag = from.flags[key];
  if (flag !== undefined) return { raw: flag, origin: { kind: 'flag', from: `--${schema[key].file}` } };
  const variable = from.env[schema[key].env];
  // An empty variable counts as unset, as everywhere in the shell world.
  if (variable) return { raw: variable, origin: { kind: 'env', from: schema[key].env } };
  const file = from.files.find((one) => one.values.has(key));
  return file && { raw: file.values.get(key), origin: { kind: file.kind, from: file.path } };
};
