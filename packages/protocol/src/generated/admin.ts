// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';

/** Methods of `mosix.admin.v1.Admin`. */
export interface AdminService {
  readonly getStatus: Method<'unary', GetStatusRequestInput, GetStatusRequest, StatusInput, Status>;
  readonly setDrain: Method<'unary', SetDrainRequestInput, SetDrainRequest, SetDrainResponseInput, SetDrainResponse>;
  readonly setBlock: Method<'unary', SetBlockRequestInput, SetBlockRequest, SetBlockResponseInput, SetBlockResponse>;
  readonly expel: Method<'unary', ExpelRequestInput, ExpelRequest, ExpelResponseInput, ExpelResponse>;
  readonly bring: Method<'unary', BringRequestInput, BringRequest, BringResponseInput, BringResponse>;
  readonly migrate: Method<'unary', MigrateRequestInput, MigrateRequest, MigrateResponseInput, MigrateResponse>;
  readonly setSpeed: Method<'unary', SetSpeedRequestInput, SetSpeedRequest, SetSpeedResponseInput, SetSpeedResponse>;
  readonly holdNode: Method<'unary', HoldNodeRequestInput, HoldNodeRequest, HoldNodeResponseInput, HoldNodeResponse>;
}

export interface GetStatusRequestInput {
  readonly includeJobs?: boolean | undefined;
  readonly includeDecisions?: boolean | undefined;
}

export interface GetStatusRequest {
  readonly includeJobs: boolean;
  readonly includeDecisions: boolean;
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
  readonly prediction?: PredictionInput | null | undefined;
  readonly decisions?: readonly DecisionInput[] | undefined;
  readonly map?: MapStateInput | null | undefined;
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
  readonly prediction: Prediction | null;
  readonly decisions: readonly Decision[];
  readonly map: MapState | null;
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
  readonly memoryBytes?: number | undefined;
  readonly cores?: number | undefined;
  readonly measuredSpeed?: number | undefined;
  readonly speedSource?: string | undefined;
  readonly drift?: number | undefined;
  readonly labels?: { readonly [key: string]: string } | undefined;
  readonly waiting?: number | undefined;
  readonly reason?: string | undefined;
  readonly silentMs?: number | undefined;
  readonly predictedMemoryBytes?: number | undefined;
  readonly movesIn?: number | undefined;
  readonly movesOut?: number | undefined;
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
  readonly memoryBytes: number;
  readonly cores: number;
  readonly measuredSpeed: number;
  readonly speedSource: string;
  readonly drift: number;
  readonly labels: { readonly [key: string]: string };
  readonly waiting: number;
  readonly reason: string;
  readonly silentMs: number;
  readonly predictedMemoryBytes: number;
  readonly movesIn: number;
  readonly movesOut: number;
}

export interface JobInput {
  readonly operation?: string | undefined;
  readonly label?: string | undefined;
  readonly state?: string | undefined;
  readonly node?: string | undefined;
  readonly ageMs?: number | undefined;
  readonly attempts?: number | undefined;
  readonly user?: string | undefined;
  readonly nodes?: readonly string[] | undefined;
  readonly progress?: number | undefined;
  readonly cpuSeconds?: number | undefined;
  readonly expectedSeconds?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly moves?: number | undefined;
  readonly immovable?: string | undefined;
  readonly priority?: number | undefined;
  readonly paused?: boolean | undefined;
}

export interface Job {
  readonly operation: string;
  readonly label: string;
  readonly state: string;
  readonly node: string;
  readonly ageMs: number;
  readonly attempts: number;
  readonly user: string;
  readonly nodes: readonly string[];
  readonly progress: number;
  readonly cpuSeconds: number;
  readonly expectedSeconds: number;
  readonly memoryBytes: number;
  readonly moves: number;
  readonly immovable: string;
  readonly priority: number;
  readonly paused: boolean;
}

export interface PredictionInput {
  readonly jobs?: number | undefined;
  readonly median?: number | undefined;
  readonly p90?: number | undefined;
}

export interface Prediction {
  readonly jobs: number;
  readonly median: number;
  readonly p90: number;
}

export interface DecisionInput {
  readonly ageMs?: number | undefined;
  readonly job?: string | undefined;
  readonly label?: string | undefined;
  readonly method?: string | undefined;
  readonly cause?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly text?: string | undefined;
  readonly afterMs?: number | undefined;
  readonly share?: number | undefined;
  readonly stayMs?: number | undefined;
  readonly moveMs?: number | undefined;
}

export interface Decision {
  readonly ageMs: number;
  readonly job: string;
  readonly label: string;
  readonly method: string;
  readonly cause: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly afterMs: number;
  readonly share: number;
  readonly stayMs: number;
  readonly moveMs: number;
}

export interface MapStateInput {
  readonly path?: string | undefined;
  readonly nodes?: number | undefined;
  readonly problems?: readonly string[] | undefined;
}

export interface MapState {
  readonly path: string;
  readonly nodes: number;
  readonly problems: readonly string[];
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
  readonly moves?: number | undefined;
  readonly usefulCpuSeconds?: number | undefined;
  readonly wastedCpuSeconds?: number | undefined;
}

export interface Counters {
  readonly executions: number;
  readonly cacheHits: number;
  readonly joined: number;
  readonly succeeded: number;
  readonly failedCompiles: number;
  readonly retries: number;
  readonly farmFailures: number;
  readonly moves: number;
  readonly usefulCpuSeconds: number;
  readonly wastedCpuSeconds: number;
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

export interface SetBlockRequestInput {
  readonly node?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface SetBlockRequest {
  readonly node: string;
  readonly enabled: boolean;
}

export interface SetBlockResponseInput {}

export interface SetBlockResponse {}

export interface ExpelRequestInput {
  readonly node?: string | undefined;
}

export interface ExpelRequest {
  readonly node: string;
}

export interface ExpelResponseInput {
  readonly moved?: number | undefined;
  readonly queued?: number | undefined;
  readonly stays?: number | undefined;
}

export interface ExpelResponse {
  readonly moved: number;
  readonly queued: number;
  readonly stays: number;
}

export interface BringRequestInput {
  readonly node?: string | undefined;
  readonly user?: string | undefined;
}

export interface BringRequest {
  readonly node: string;
  readonly user: string;
}

export interface BringResponseInput {
  readonly jobs?: number | undefined;
}

export interface BringResponse {
  readonly jobs: number;
}

export interface MigrateRequestInput {
  readonly job?: string | undefined;
  readonly target?: string | undefined;
}

export interface MigrateRequest {
  readonly job: string;
  readonly target: string;
}

export interface MigrateResponseInput {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly method?: string | undefined;
  readonly text?: string | undefined;
}

export interface MigrateResponse {
  readonly from: string;
  readonly to: string;
  readonly method: string;
  readonly text: string;
}

export interface SetSpeedRequestInput {
  readonly node?: string | undefined;
  readonly speed?: number | undefined;
  readonly source?: string | undefined;
  readonly runs?: readonly number[] | undefined;
}

export interface SetSpeedRequest {
  readonly node: string;
  readonly speed: number;
  readonly source: string;
  readonly runs: readonly number[];
}

export interface SetSpeedResponseInput {
  readonly speed?: number | undefined;
}

export interface SetSpeedResponse {
  readonly speed: number;
}

export interface HoldNodeRequestInput {
  readonly node?: string | undefined;
  readonly holdMs?: number | undefined;
}

export interface HoldNodeRequest {
  readonly node: string;
  readonly holdMs: number;
}

export interface HoldNodeResponseInput {
  readonly running?: number | undefined;
}

export interface HoldNodeResponse {
  readonly running: number;
}
