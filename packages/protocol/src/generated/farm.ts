// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';
import type * as reapi from './reapi.js';

/** Methods of `mosix.farm.v1.Farm`. */
export interface FarmService {
  readonly attach: Method<'duplex', WorkerMessageInput, WorkerMessage, CoordinatorMessageInput, CoordinatorMessage>;
}

export interface WorkerMessageInput {
  readonly hello?: HelloInput | null | undefined;
  readonly heartbeat?: HeartbeatInput | null | undefined;
  readonly update?: LeaseUpdateInput | null | undefined;
  readonly draining?: DrainingInput | null | undefined;
  readonly benchmark?: BenchmarkResultInput | null | undefined;
  readonly owner?: OwnerStateInput | null | undefined;
}

export type WorkerMessage = (
  | { readonly message: 'hello'; readonly hello: Hello }
  | { readonly message: 'heartbeat'; readonly heartbeat: Heartbeat }
  | { readonly message: 'update'; readonly update: LeaseUpdate }
  | { readonly message: 'draining'; readonly draining: Draining }
  | { readonly message: 'benchmark'; readonly benchmark: BenchmarkResult }
  | { readonly message: 'owner'; readonly owner: OwnerState }
  | { readonly message?: undefined }
);

export interface CoordinatorMessageInput {
  readonly welcome?: WelcomeInput | null | undefined;
  readonly assign?: AssignInput | null | undefined;
  readonly cancel?: CancelInput | null | undefined;
  readonly refused?: RefusedInput | null | undefined;
  readonly benchmark?: BenchmarkInput | null | undefined;
  readonly drain?: DrainInput | null | undefined;
  readonly recall?: RecallInput | null | undefined;
}

export type CoordinatorMessage = (
  | { readonly message: 'welcome'; readonly welcome: Welcome }
  | { readonly message: 'assign'; readonly assign: Assign }
  | { readonly message: 'cancel'; readonly cancel: Cancel }
  | { readonly message: 'refused'; readonly refused: Refused }
  | { readonly message: 'benchmark'; readonly benchmark: Benchmark }
  | { readonly message: 'drain'; readonly drain: Drain }
  | { readonly message: 'recall'; readonly recall: Recall }
  | { readonly message?: undefined }
);

export interface HelloInput {
  readonly name?: string | undefined;
  readonly slots?: number | undefined;
  readonly speed?: number | undefined;
  readonly instructionSets?: readonly string[] | undefined;
  readonly memoryBytes?: number | undefined;
  readonly version?: string | undefined;
  readonly instance?: string | undefined;
  readonly runningLeases?: readonly string[] | undefined;
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly cores?: number | undefined;
  readonly liveMigration?: boolean | undefined;
}

export interface Hello {
  readonly name: string;
  readonly slots: number;
  readonly speed: number;
  readonly instructionSets: readonly string[];
  readonly memoryBytes: number;
  readonly version: string;
  readonly instance: string;
  readonly runningLeases: readonly string[];
  readonly labels: { readonly [key: string]: string };
  readonly cores: number;
  readonly liveMigration: boolean;
}

export interface WelcomeInput {
  readonly nodeId?: string | undefined;
  readonly heartbeatIntervalMs?: number | undefined;
  readonly unknownLeases?: readonly string[] | undefined;
  readonly idleHeartbeatIntervalMs?: number | undefined;
}

export interface Welcome {
  readonly nodeId: string;
  readonly heartbeatIntervalMs: number;
  readonly unknownLeases: readonly string[];
  readonly idleHeartbeatIntervalMs: number;
}

export interface RefusedInput {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface HeartbeatInput {
  readonly load?: number | undefined;
  readonly freeMemoryBytes?: number | undefined;
  readonly freeDiskBytes?: number | undefined;
  readonly leases?: readonly LeaseProgressInput[] | undefined;
  readonly sequence?: number | undefined;
  readonly memoryPressure?: number | undefined;
}

export interface Heartbeat {
  readonly load: number;
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
  readonly leases: readonly LeaseProgress[];
  readonly sequence: number;
  readonly memoryPressure: number;
}

export interface LeaseProgressInput {
  readonly leaseId?: string | undefined;
  readonly cpuUs?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly wallUs?: number | undefined;
  readonly paused?: boolean | undefined;
}

export interface LeaseProgress {
  readonly leaseId: string;
  readonly cpuUs: number;
  readonly memoryBytes: number;
  readonly wallUs: number;
  readonly paused: boolean;
}

export interface AssignInput {
  readonly leaseId?: string | undefined;
  readonly actionDigest?: reapi.DigestInput | null | undefined;
  readonly action?: reapi.ActionInput | null | undefined;
  readonly command?: reapi.CommandInput | null | undefined;
  readonly directories?: readonly reapi.DigestInput[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly label?: string | undefined;
}

export interface Assign {
  readonly leaseId: string;
  readonly actionDigest: reapi.Digest | null;
  readonly action: reapi.Action | null;
  readonly command: reapi.Command | null;
  readonly directories: readonly reapi.Digest[];
  readonly timeoutMs: number;
  readonly label: string;
}

export interface CancelInput {
  readonly leaseId?: string | undefined;
  readonly reason?: string | undefined;
}

export interface Cancel {
  readonly leaseId: string;
  readonly reason: string;
}

export interface RecallInput {
  readonly leaseId?: string | undefined;
}

export interface Recall {
  readonly leaseId: string;
}

export interface OwnerStateInput {
  readonly active?: boolean | undefined;
  readonly reason?: string | undefined;
}

export interface OwnerState {
  readonly active: boolean;
  readonly reason: string;
}

export interface LeaseUpdateInput {
  readonly leaseId?: string | undefined;
  readonly started?: StartedInput | null | undefined;
  readonly finished?: FinishedInput | null | undefined;
  readonly failed?: FailedInput | null | undefined;
}

export type LeaseUpdate = {
  readonly leaseId: string;
} & (
  | { readonly state: 'started'; readonly started: Started }
  | { readonly state: 'finished'; readonly finished: Finished }
  | { readonly state: 'failed'; readonly failed: Failed }
  | { readonly state?: undefined }
);

export interface StartedInput {}

export interface Started {}

export interface FinishedInput {
  readonly result?: reapi.ActionResultInput | null | undefined;
  readonly usage?: UsageInput | null | undefined;
}

export interface Finished {
  readonly result: reapi.ActionResult | null;
  readonly usage: Usage | null;
}

export interface UsageInput {
  readonly userUs?: number | undefined;
  readonly systemUs?: number | undefined;
  readonly peakMemoryBytes?: number | undefined;
  readonly wallUs?: number | undefined;
  readonly fetchUs?: number | undefined;
  readonly prepareUs?: number | undefined;
  readonly uploadUs?: number | undefined;
  readonly fetchedBytes?: number | undefined;
}

export interface Usage {
  readonly userUs: number;
  readonly systemUs: number;
  readonly peakMemoryBytes: number;
  readonly wallUs: number;
  readonly fetchUs: number;
  readonly prepareUs: number;
  readonly uploadUs: number;
  readonly fetchedBytes: number;
}

export interface FailedInput {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly missing?: readonly reapi.DigestInput[] | undefined;
  readonly peakMemoryBytes?: number | undefined;
}

export interface Failed {
  readonly code: string;
  readonly message: string;
  readonly missing: readonly reapi.Digest[];
  readonly peakMemoryBytes: number;
}

export interface DrainingInput {}

export interface Draining {}

export interface BenchmarkInput {}

export interface Benchmark {}

export interface BenchmarkResultInput {
  readonly speed?: number | undefined;
  readonly runs?: readonly number[] | undefined;
}

export interface BenchmarkResult {
  readonly speed: number;
  readonly runs: readonly number[];
}

export interface DrainInput {
  readonly enabled?: boolean | undefined;
}

export interface Drain {
  readonly enabled: boolean;
}
