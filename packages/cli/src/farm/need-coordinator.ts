// The coordinator that the settings name, or the fault that there is none.

import type { Config } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';

/** Code: no-coordinator. */
export const needCoordinator = (config: Config): Result<string> =>
  config.settings.coordinator === undefined
    ? err(fault('no-coordinator', 'no farm is configured', { hint: 'mosix up starts one on this machine; MOSIX_COORDINATOR=HOST:PORT names another' }))
    : ok(config.settings.coordinator);
