// REAPI Capabilities: what this server can do. The same for every instance name.
import { limits, ok } from '@mosix/core';
import type { HandlersOf, reapi, Services } from '@mosix/protocol';

export const capabilities: reapi.ServerCapabilitiesInput = {
  cacheCapabilities: {
    digestFunctions: ['SHA256'],
    // Only workers write the action cache.
    actionCacheUpdateCapabilities: { updateEnabled: false },
    maxBatchTotalSizeBytes: limits.batchBlobBytesMax,
    symlinkAbsolutePathStrategy: 'ALLOWED',
  },
  executionCapabilities: { digestFunction: 'SHA256', digestFunctions: ['SHA256'], execEnabled: true },
  lowApiVersion: { major: 2, minor: 0 },
  highApiVersion: { major: 2, minor: 3 },
};

export const capabilitiesService = (): HandlersOf<Services['capabilities']> => ({ getCapabilities: () => ok(capabilities) });
