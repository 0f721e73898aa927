// mosix coordinator: one in the foreground, its log on stderr.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFiles } from '@mosix/config';
import { startCoordinator } from '@mosix/coordinator';
import { createLogger } from '@mosix/observe';
import type { RunCommand } from '../command.js';
import { serve } from '../farm/serve.js';
import { install } from '../install.js';

export const run: RunCommand = ({ options, config }) => {
  const logger = createLogger({ name: 'coordinator', level: config.settings.logLevel });
  const data = options['data'];
  const dataDirectory = typeof data === 'string' ? resolve(data) : join(cacheFiles(config.directories.cache).farm, 'coordinator');
  const map = mapFile(options['map'], dataDirectory);
  return serve(logger, options['stateFile'], (signal) =>
    startCoordinator(
      {
        listen: String(options['listen'] ?? '127.0.0.1:8980'),
        dataDirectory,
        ...(map === undefined ? {} : { mapFile: map }),
        launcherDirectory: install.launcherDirectory,
        storeBytesMax: config.settings.storeSizeBytesMax,
        insecure: config.settings.insecure,
        logger,
      },
      signal,
    ),
  );
};

/** The file that was named, whether it is there or not; else the first of the usual places that has one. */
const mapFile = (given: unknown, dataDirectory: string): string | undefined =>
  typeof given === 'string' ? resolve(given) : [join(dataDirectory, 'mosix.map'), join(process.env['MOSIX_ETC'] || '/etc/mosix', 'mosix.map')].find((path) => existsSync(path));
