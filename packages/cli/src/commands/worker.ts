// mosix worker: this machine as a node, in the foreground, its log on stderr.

import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { cacheFiles, parseHours, type Settings } from '@mosix/config';
import { createLogger } from '@mosix/observe';
import { startWorker, type OwnerPolicy } from '@mosix/worker';
import type { RunCommand } from '../command.js';
import { needCoordinator } from '../farm/need-coordinator.js';
import { serve } from '../farm/serve.js';
import { install } from '../install.js';

const ownerPolicy = ({ ownerLoad, ownerIdleMs, hours: text }: Settings): OwnerPolicy => {
  const hours = text === undefined ? undefined : parseHours(text);
  return {
    ...(ownerLoad === undefined ? {} : { loadAbove: ownerLoad }),
    ...(ownerIdleMs === undefined ? {} : { idleSeconds: ownerIdleMs / 1000 }),
    ...(hours === undefined ? {} : { hours }),
  };
};

export const run: RunCommand = async ({ options, config }) => {
  const coordinator = needCoordinator(config);
  if (!coordinator.ok) return coordinator;
  const name = String(options['name'] ?? hostname());
  const logger = createLogger({ name: `worker ${name}`, level: config.settings.logLevel });
  const data = options['data'];
  return serve(logger, options['stateFile'], (signal) =>
    startWorker(
      {
        coordinator: coordinator.value,
        name,
        slots: Number(options['slots'] ?? availableParallelism()),
        dataDirectory: typeof data === 'string' ? resolve(data) : join(cacheFiles(config.directories.cache).farm, 'worker'),
        storeBytesMax: config.settings.storeSizeBytesMax,
        launcherDirectory: install.launcherDirectory,
        insecure: config.settings.insecure,
        owner: ownerPolicy(config.settings),
        ...(config.settings.nice === undefined ? {} : { nice: config.settings.nice }),
        logger,
      },
      signal,
    ),
  );
};
