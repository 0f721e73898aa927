// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';

/** Methods of `mosix.admin.v1.Admin`. */
export interface AdminService {
  readonly getStatus: Method<'unary', GetStatusRequestInput, GetStatusRequest, StatusInput, Status>;
  readonly setDrain: Method<'unary', SetDrainRequestInput, SetDrainRequest, SetDrainResponseInput, SetDrainResponse>;
}

export interface GetStatusRequestInput {
  readonly includeJobs?: boolean | undefined;
}

export interface GetStatusRequest {
  readonly includeJobs: boolean;
}

export interface StatusInput {
  readonly version?: string | undefined;
  readonly address?: string | undefined;
  readonly uptimeMs?: number | undefined;
  readonly nodes?: readonly NodeInput[] | undefined;
  readonly jobs?: readonly JobInput[] | undefined;
  readonly queued?: number | undefined;
  readonly store?: StoreInput | null | undefined;
  readonly counters?: CountersInput | null | undefined;
}

export interface Status {
  readonly version: string;
  readonly address: string;
  readonly uptimeMs: number;
  readonly nodes: readonly Node[];
  readonly jobs: readonly Job[];
  readonly queued: number;
  readonly store: Store | null;
  readonly counters: Counters | null;
}

export interface NodeInput {
  readonly name?: string | undefined;
  readonly slots?: number | undefined;
  readonly running?: number | undefined;
  readonly speed?: number | undefined;
  readonly state?: string | undefined;
  readonly load?: number | undefined;
  readonly instructionSets?: readonly string[] | undefined;
  readonly jobs?: number | undefined;
  readonly cpuSeconds?: number | undefined;
  readonly freeMemoryBytes?: number | undefined;
}

export interface Node {
  readonly name: string;
  readonly slots: number;
  readonly running: number;
  readonly speed: number;
  readonly state: string;
  readonly load: number;
  readonly instructionSets: readonly string[];
  readonly jobs: number;
  readonly cpuSeconds: number;
  readonly freeMemoryBytes: number;
}

export interface JobInput {
  readonly operation?: string | undefined;
  readonly label?: string | undefined;
  readonly state?: string | undefined;
  readonly node?: string | undefined;
  readonly ageMs?: number | undefined;
  readonly attempts?: number | undefined;
}

export interface Job {
  readonly operation: string;
  readonly label: string;
  readonly state: string;
  readonly node: string;
  readonly ageMs: number;
  readonly attempts: number;
}

export interface StoreInput {
  readonly blobs?: number | undefined;
  readonly sizeBytes?: number | undefined;
  readonly sizeBytesMax?: number | undefined;
  readonly actionResults?: number | undefined;
}

export interface Store {
  readonly blobs: number;
  readonly sizeBytes: number;
  readonly sizeBytesMax: number;
  readonly actionResults: number;
}

export interface CountersInput {
  readonly executions?: number | undefined;
  readonly cacheHits?: number | undefined;
  readonly joined?: number | undefined;
  readonly succeeded?: number | undefined;
  readonly failedCompiles?: number | undefined;
  readonly retries?: number | undefined;
  readonly farmFailures?: number | undefined;
}

export interface Counters {
  readonly executions: number;
  readonly cacheHits: number;
  readonly joined: number;
  readonly succeeded: number;
  readonly failedCompiles: number;
  readonly retries: number;
  readonly farmFailures: number;
}

export interface SetDrainRequestInput {
  readonly node?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface SetDrainRequest {
  readonly node: string;
  readonly enabled: boolean;
}

export interface SetDrainResponseInput {}

export interface SetDrainResponse {}
