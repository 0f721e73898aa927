// Entry point of the daemon process; the launcher starts it with the daemon's lock in an inherited descriptor.
import { createLogger } from '@mosix/observe';
import { describeFault } from '@mosix/core';
import { runDaemon } from './daemon.js';

const aborter = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => aborter.abort());

const logger = createLogger({ name: 'daemon' });
process.on('unhandledRejection', (cause) => logger.error({ err: cause }, 'a promise failed unseen: a defect'));

const ended = await runDaemon({ environment: process.env, logger, signal: aborter.signal });
if (!ended.ok) {
  logger.error({ code: ended.error.code }, describeFault(ended.error));
  process.exit(1);
}
process.exit(0);
