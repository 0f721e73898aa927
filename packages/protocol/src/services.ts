// The services spoken here: short name (as used by clients and servers), full name in proto/, and types.
import type * as admin from './generated/admin.js';
import type * as bytestream from './generated/bytestream.js';
import type * as farm from './generated/farm.js';
import type * as longrunning from './generated/longrunning.js';
import type * as reapi from './generated/reapi.js';

export interface Services {
  capabilities: reapi.CapabilitiesService;
  actionCache: reapi.ActionCacheService;
  cas: reapi.ContentAddressableStorageService;
  execution: reapi.ExecutionService;
  byteStream: bytestream.ByteStreamService;
  operations: longrunning.OperationsService;
  farm: farm.FarmService;
  admin: admin.AdminService;
}

export const SERVICE_NAMES: Readonly<Record<keyof Services, string>> = {
  capabilities: 'build.bazel.remote.execution.v2.Capabilities',
  actionCache: 'build.bazel.remote.execution.v2.ActionCache',
  cas: 'build.bazel.remote.execution.v2.ContentAddressableStorage',
  execution: 'build.bazel.remote.execution.v2.Execution',
  byteStream: 'google.bytestream.ByteStream',
  operations: 'google.longrunning.Operations',
  farm: 'mosix.farm.v1.Farm',
  admin: 'mosix.admin.v1.Admin',
};
