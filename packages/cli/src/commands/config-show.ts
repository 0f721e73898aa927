// mosix config show: every setting with its origin, so that "why does it go there?" has an answer.

import { schema, settingKeys } from '@mosix/config';
import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { table } from '../terminal.js';

export const run: RunCommand = async ({ config }) => {
  const settings = Object.fromEntries(settingKeys.map((key) => [schema[key].file, { value: config.settings[key] ?? null, origin: config.origins[key], env: schema[key].env }]));
  return ok({
    data: { settings, directories: config.directories, files: config.files },
    lines: (paint) => [
      ...table(
        [['SETTING', 'VALUE', 'FROM', 'VARIABLE'], ...settingKeys.map((key) => [schema[key].file, String(config.settings[key] ?? '-'), config.origins[key].from, schema[key].env])],
        paint,
      ),
      '',
      ...table([['DIRECTORY', 'PATH'], ...Object.entries(config.directories)], paint),
    ],
  });
};
