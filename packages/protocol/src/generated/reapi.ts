// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';
import type * as longrunning from './longrunning.js';
import type * as rpc from './rpc.js';
import type * as semver from './semver.js';
import type * as wellknown from './wellknown.js';

/** Methods of `build.bazel.remote.execution.v2.Execution`. */
export interface ExecutionService {
  readonly execute: Method<'server-stream', ExecuteRequestInput, ExecuteRequest, longrunning.OperationInput, longrunning.Operation>;
  readonly waitExecution: Method<'server-stream', WaitExecutionRequestInput, WaitExecutionRequest, longrunning.OperationInput, longrunning.Operation>;
}

/** Methods of `build.bazel.remote.execution.v2.ActionCache`. */
export interface ActionCacheService {
  readonly getActionResult: Method<'unary', GetActionResultRequestInput, GetActionResultRequest, ActionResultInput, ActionResult>;
  readonly updateActionResult: Method<'unary', UpdateActionResultRequestInput, UpdateActionResultRequest, ActionResultInput, ActionResult>;
}

/** Methods of `build.bazel.remote.execution.v2.ContentAddressableStorage`. */
export interface ContentAddressableStorageService {
  readonly findMissingBlobs: Method<'unary', FindMissingBlobsRequestInput, FindMissingBlobsRequest, FindMissingBlobsResponseInput, FindMissingBlobsResponse>;
  readonly batchUpdateBlobs: Method<'unary', BatchUpdateBlobsRequestInput, BatchUpdateBlobsRequest, BatchUpdateBlobsResponseInput, BatchUpdateBlobsResponse>;
  readonly batchReadBlobs: Method<'unary', BatchReadBlobsRequestInput, BatchReadBlobsRequest, BatchReadBlobsResponseInput, BatchReadBlobsResponse>;
  readonly getTree: Method<'server-stream', GetTreeRequestInput, GetTreeRequest, GetTreeResponseInput, GetTreeResponse>;
}

/** Methods of `build.bazel.remote.execution.v2.Capabilities`. */
export interface CapabilitiesService {
  readonly getCapabilities: Method<'unary', GetCapabilitiesRequestInput, GetCapabilitiesRequest, ServerCapabilitiesInput, ServerCapabilities>;
}

export interface ActionInput {
  readonly commandDigest?: DigestInput | null | undefined;
  readonly inputRootDigest?: DigestInput | null | undefined;
  readonly timeout?: wellknown.DurationInput | null | undefined;
  readonly doNotCache?: boolean | undefined;
  readonly salt?: Uint8Array | undefined;
  readonly platform?: PlatformInput | null | undefined;
}

export interface Action {
  readonly commandDigest: Digest | null;
  readonly inputRootDigest: Digest | null;
  readonly timeout: wellknown.Duration | null;
  readonly doNotCache: boolean;
  readonly salt: Buffer;
  readonly platform: Platform | null;
}

export interface CommandInput {
  readonly arguments?: readonly string[] | undefined;
  readonly environmentVariables?: readonly Command_EnvironmentVariableInput[] | undefined;
  readonly outputFiles?: readonly string[] | undefined;
  readonly outputDirectories?: readonly string[] | undefined;
  readonly platform?: PlatformInput | null | undefined;
  readonly workingDirectory?: string | undefined;
  readonly outputPaths?: readonly string[] | undefined;
  readonly outputNodeProperties?: readonly string[] | undefined;
  readonly outputDirectoryFormat?: Command_OutputDirectoryFormat | undefined;
}

export interface Command {
  readonly arguments: readonly string[];
  readonly environmentVariables: readonly Command_EnvironmentVariable[];
  readonly outputFiles: readonly string[];
  readonly outputDirectories: readonly string[];
  readonly platform: Platform | null;
  readonly workingDirectory: string;
  readonly outputPaths: readonly string[];
  readonly outputNodeProperties: readonly string[];
  readonly outputDirectoryFormat: Command_OutputDirectoryFormat;
}

export interface Command_EnvironmentVariableInput {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

export interface Command_EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

export type Command_OutputDirectoryFormat = 'TREE_ONLY' | 'DIRECTORY_ONLY' | 'TREE_AND_DIRECTORY';

export interface PlatformInput {
  readonly properties?: readonly Platform_PropertyInput[] | undefined;
}

export interface Platform {
  readonly properties: readonly Platform_Property[];
}

export interface Platform_PropertyInput {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

export interface Platform_Property {
  readonly name: string;
  readonly value: string;
}

export interface DirectoryInput {
  readonly files?: readonly FileNodeInput[] | undefined;
  readonly directories?: readonly DirectoryNodeInput[] | undefined;
  readonly symlinks?: readonly SymlinkNodeInput[] | undefined;
  readonly nodeProperties?: NodePropertiesInput | null | undefined;
}

export interface Directory {
  readonly files: readonly FileNode[];
  readonly directories: readonly DirectoryNode[];
  readonly symlinks: readonly SymlinkNode[];
  readonly nodeProperties: NodeProperties | null;
}

export interface NodePropertyInput {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

export interface NodeProperty {
  readonly name: string;
  readonly value: string;
}

export interface NodePropertiesInput {
  readonly properties?: readonly NodePropertyInput[] | undefined;
  readonly mtime?: wellknown.TimestampInput | null | undefined;
  readonly unixMode?: wellknown.UInt32ValueInput | null | undefined;
}

export interface NodeProperties {
  readonly properties: readonly NodeProperty[];
  readonly mtime: wellknown.Timestamp | null;
  readonly unixMode: wellknown.UInt32Value | null;
}

export interface FileNodeInput {
  readonly name?: string | undefined;
  readonly digest?: DigestInput | null | undefined;
  readonly isExecutable?: boolean | undefined;
  readonly nodeProperties?: NodePropertiesInput | null | undefined;
}

export interface FileNode {
  readonly name: string;
  readonly digest: Digest | null;
  readonly isExecutable: boolean;
  readonly nodeProperties: NodeProperties | null;
}

export interface DirectoryNodeInput {
  readonly name?: string | undefined;
  readonly digest?: DigestInput | null | undefined;
}

export interface DirectoryNode {
  readonly name: string;
  readonly digest: Digest | null;
}

export interface SymlinkNodeInput {
  readonly name?: string | undefined;
  readonly target?: string | undefined;
  readonly nodeProperties?: NodePropertiesInput | null | undefined;
}

export interface SymlinkNode {
  readonly name: string;
  readonly target: string;
  readonly nodeProperties: NodeProperties | null;
}

export interface DigestInput {
  readonly hash?: string | undefined;
  readonly sizeBytes?: number | undefined;
}

export interface Digest {
  readonly hash: string;
  readonly sizeBytes: number;
}

export interface TreeInput {
  readonly root?: DirectoryInput | null | undefined;
  readonly children?: readonly DirectoryInput[] | undefined;
}

export interface Tree {
  readonly root: Directory | null;
  readonly children: readonly Directory[];
}

export interface ExecutedActionMetadataInput {
  readonly worker?: string | undefined;
  readonly queuedTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly workerStartTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly workerCompletedTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly inputFetchStartTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly inputFetchCompletedTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly executionStartTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly executionCompletedTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly outputUploadStartTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly outputUploadCompletedTimestamp?: wellknown.TimestampInput | null | undefined;
  readonly auxiliaryMetadata?: readonly wellknown.AnyInput[] | undefined;
  readonly virtualExecutionDuration?: wellknown.DurationInput | null | undefined;
}

export interface ExecutedActionMetadata {
  readonly worker: string;
  readonly queuedTimestamp: wellknown.Timestamp | null;
  readonly workerStartTimestamp: wellknown.Timestamp | null;
  readonly workerCompletedTimestamp: wellknown.Timestamp | null;
  readonly inputFetchStartTimestamp: wellknown.Timestamp | null;
  readonly inputFetchCompletedTimestamp: wellknown.Timestamp | null;
  readonly executionStartTimestamp: wellknown.Timestamp | null;
  readonly executionCompletedTimestamp: wellknown.Timestamp | null;
  readonly outputUploadStartTimestamp: wellknown.Timestamp | null;
  readonly outputUploadCompletedTimestamp: wellknown.Timestamp | null;
  readonly auxiliaryMetadata: readonly wellknown.Any[];
  readonly virtualExecutionDuration: wellknown.Duration | null;
}

export interface ActionResultInput {
  readonly outputFiles?: readonly OutputFileInput[] | undefined;
  readonly outputDirectories?: readonly OutputDirectoryInput[] | undefined;
  readonly exitCode?: number | undefined;
  readonly stdoutRaw?: Uint8Array | undefined;
  readonly stdoutDigest?: DigestInput | null | undefined;
  readonly stderrRaw?: Uint8Array | undefined;
  readonly stderrDigest?: DigestInput | null | undefined;
  readonly executionMetadata?: ExecutedActionMetadataInput | null | undefined;
  readonly outputFileSymlinks?: readonly OutputSymlinkInput[] | undefined;
  readonly outputDirectorySymlinks?: readonly OutputSymlinkInput[] | undefined;
  readonly outputSymlinks?: readonly OutputSymlinkInput[] | undefined;
}

export interface ActionResult {
  readonly outputFiles: readonly OutputFile[];
  readonly outputDirectories: readonly OutputDirectory[];
  readonly exitCode: number;
  readonly stdoutRaw: Buffer;
  readonly stdoutDigest: Digest | null;
  readonly stderrRaw: Buffer;
  readonly stderrDigest: Digest | null;
  readonly executionMetadata: ExecutedActionMetadata | null;
  readonly outputFileSymlinks: readonly OutputSymlink[];
  readonly outputDirectorySymlinks: readonly OutputSymlink[];
  readonly outputSymlinks: readonly OutputSymlink[];
}

export interface OutputFileInput {
  readonly path?: string | undefined;
  readonly digest?: DigestInput | null | undefined;
  readonly isExecutable?: boolean | undefined;
  readonly contents?: Uint8Array | undefined;
  readonly nodeProperties?: NodePropertiesInput | null | undefined;
}

export interface OutputFile {
  readonly path: string;
  readonly digest: Digest | null;
  readonly isExecutable: boolean;
  readonly contents: Buffer;
  readonly nodeProperties: NodeProperties | null;
}

export interface OutputDirectoryInput {
  readonly path?: string | undefined;
  readonly treeDigest?: DigestInput | null | undefined;
  readonly isTopologicallySorted?: boolean | undefined;
  readonly rootDirectoryDigest?: DigestInput | null | undefined;
}

export interface OutputDirectory {
  readonly path: string;
  readonly treeDigest: Digest | null;
  readonly isTopologicallySorted: boolean;
  readonly rootDirectoryDigest: Digest | null;
}

export interface OutputSymlinkInput {
  readonly path?: string | undefined;
  readonly target?: string | undefined;
  readonly nodeProperties?: NodePropertiesInput | null | undefined;
}

export interface OutputSymlink {
  readonly path: string;
  readonly target: string;
  readonly nodeProperties: NodeProperties | null;
}

export interface ExecutionPolicyInput {
  readonly priority?: number | undefined;
}

export interface ExecutionPolicy {
  readonly priority: number;
}

export interface ResultsCachePolicyInput {
  readonly priority?: number | undefined;
}

export interface ResultsCachePolicy {
  readonly priority: number;
}

export interface ExecuteRequestInput {
  readonly instanceName?: string | undefined;
  readonly skipCacheLookup?: boolean | undefined;
  readonly actionDigest?: DigestInput | null | undefined;
  readonly executionPolicy?: ExecutionPolicyInput | null | undefined;
  readonly resultsCachePolicy?: ResultsCachePolicyInput | null | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
  readonly inlineStdout?: boolean | undefined;
  readonly inlineStderr?: boolean | undefined;
  readonly inlineOutputFiles?: readonly string[] | undefined;
}

export interface ExecuteRequest {
  readonly instanceName: string;
  readonly skipCacheLookup: boolean;
  readonly actionDigest: Digest | null;
  readonly executionPolicy: ExecutionPolicy | null;
  readonly resultsCachePolicy: ResultsCachePolicy | null;
  readonly digestFunction: DigestFunction_Value;
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  readonly inlineOutputFiles: readonly string[];
}

export interface LogFileInput {
  readonly digest?: DigestInput | null | undefined;
  readonly humanReadable?: boolean | undefined;
}

export interface LogFile {
  readonly digest: Digest | null;
  readonly humanReadable: boolean;
}

export interface ExecuteResponseInput {
  readonly result?: ActionResultInput | null | undefined;
  readonly cachedResult?: boolean | undefined;
  readonly status?: rpc.StatusInput | null | undefined;
  readonly serverLogs?: { readonly [key: string]: LogFileInput } | undefined;
  readonly message?: string | undefined;
}

export interface ExecuteResponse {
  readonly result: ActionResult | null;
  readonly cachedResult: boolean;
  readonly status: rpc.Status | null;
  readonly serverLogs: { readonly [key: string]: LogFile };
  readonly message: string;
}

export interface ExecutionStageInput {}

export interface ExecutionStage {}

export type ExecutionStage_Value = 'UNKNOWN' | 'CACHE_CHECK' | 'QUEUED' | 'EXECUTING' | 'COMPLETED';

export interface ExecuteOperationMetadataInput {
  readonly stage?: ExecutionStage_Value | undefined;
  readonly actionDigest?: DigestInput | null | undefined;
  readonly stdoutStreamName?: string | undefined;
  readonly stderrStreamName?: string | undefined;
  readonly partialExecutionMetadata?: ExecutedActionMetadataInput | null | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface ExecuteOperationMetadata {
  readonly stage: ExecutionStage_Value;
  readonly actionDigest: Digest | null;
  readonly stdoutStreamName: string;
  readonly stderrStreamName: string;
  readonly partialExecutionMetadata: ExecutedActionMetadata | null;
  readonly digestFunction: DigestFunction_Value;
}

export interface WaitExecutionRequestInput {
  readonly name?: string | undefined;
}

export interface WaitExecutionRequest {
  readonly name: string;
}

export interface GetActionResultRequestInput {
  readonly instanceName?: string | undefined;
  readonly actionDigest?: DigestInput | null | undefined;
  readonly inlineStdout?: boolean | undefined;
  readonly inlineStderr?: boolean | undefined;
  readonly inlineOutputFiles?: readonly string[] | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface GetActionResultRequest {
  readonly instanceName: string;
  readonly actionDigest: Digest | null;
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  readonly inlineOutputFiles: readonly string[];
  readonly digestFunction: DigestFunction_Value;
}

export interface UpdateActionResultRequestInput {
  readonly instanceName?: string | undefined;
  readonly actionDigest?: DigestInput | null | undefined;
  readonly actionResult?: ActionResultInput | null | undefined;
  readonly resultsCachePolicy?: ResultsCachePolicyInput | null | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface UpdateActionResultRequest {
  readonly instanceName: string;
  readonly actionDigest: Digest | null;
  readonly actionResult: ActionResult | null;
  readonly resultsCachePolicy: ResultsCachePolicy | null;
  readonly digestFunction: DigestFunction_Value;
}

export interface FindMissingBlobsRequestInput {
  readonly instanceName?: string | undefined;
  readonly blobDigests?: readonly DigestInput[] | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface FindMissingBlobsRequest {
  readonly instanceName: string;
  readonly blobDigests: readonly Digest[];
  readonly digestFunction: DigestFunction_Value;
}

export interface FindMissingBlobsResponseInput {
  readonly missingBlobDigests?: readonly DigestInput[] | undefined;
}

export interface FindMissingBlobsResponse {
  readonly missingBlobDigests: readonly Digest[];
}

export interface BatchUpdateBlobsRequestInput {
  readonly instanceName?: string | undefined;
  readonly requests?: readonly BatchUpdateBlobsRequest_RequestInput[] | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface BatchUpdateBlobsRequest {
  readonly instanceName: string;
  readonly requests: readonly BatchUpdateBlobsRequest_Request[];
  readonly digestFunction: DigestFunction_Value;
}

export interface BatchUpdateBlobsRequest_RequestInput {
  readonly digest?: DigestInput | null | undefined;
  readonly data?: Uint8Array | undefined;
  readonly compressor?: Compressor_Value | undefined;
}

export interface BatchUpdateBlobsRequest_Request {
  readonly digest: Digest | null;
  readonly data: Buffer;
  readonly compressor: Compressor_Value;
}

export interface BatchUpdateBlobsResponseInput {
  readonly responses?: readonly BatchUpdateBlobsResponse_ResponseInput[] | undefined;
}

export interface BatchUpdateBlobsResponse {
  readonly responses: readonly BatchUpdateBlobsResponse_Response[];
}

export interface BatchUpdateBlobsResponse_ResponseInput {
  readonly digest?: DigestInput | null | undefined;
  readonly status?: rpc.StatusInput | null | undefined;
}

export interface BatchUpdateBlobsResponse_Response {
  readonly digest: Digest | null;
  readonly status: rpc.Status | null;
}

export interface BatchReadBlobsRequestInput {
  readonly instanceName?: string | undefined;
  readonly digests?: readonly DigestInput[] | undefined;
  readonly acceptableCompressors?: readonly Compressor_Value[] | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface BatchReadBlobsRequest {
  readonly instanceName: string;
  readonly digests: readonly Digest[];
  readonly acceptableCompressors: readonly Compressor_Value[];
  readonly digestFunction: DigestFunction_Value;
}

export interface BatchReadBlobsResponseInput {
  readonly responses?: readonly BatchReadBlobsResponse_ResponseInput[] | undefined;
}

export interface BatchReadBlobsResponse {
  readonly responses: readonly BatchReadBlobsResponse_Response[];
}

export interface BatchReadBlobsResponse_ResponseInput {
  readonly digest?: DigestInput | null | undefined;
  readonly data?: Uint8Array | undefined;
  readonly status?: rpc.StatusInput | null | undefined;
  readonly compressor?: Compressor_Value | undefined;
}

export interface BatchReadBlobsResponse_Response {
  readonly digest: Digest | null;
  readonly data: Buffer;
  readonly status: rpc.Status | null;
  readonly compressor: Compressor_Value;
}

export interface GetTreeRequestInput {
  readonly instanceName?: string | undefined;
  readonly rootDigest?: DigestInput | null | undefined;
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
  readonly digestFunction?: DigestFunction_Value | undefined;
}

export interface GetTreeRequest {
  readonly instanceName: string;
  readonly rootDigest: Digest | null;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly digestFunction: DigestFunction_Value;
}

export interface GetTreeResponseInput {
  readonly directories?: readonly DirectoryInput[] | undefined;
  readonly nextPageToken?: string | undefined;
}

export interface GetTreeResponse {
  readonly directories: readonly Directory[];
  readonly nextPageToken: string;
}

export interface GetCapabilitiesRequestInput {
  readonly instanceName?: string | undefined;
}

export interface GetCapabilitiesRequest {
  readonly instanceName: string;
}

export interface ServerCapabilitiesInput {
  readonly cacheCapabilities?: CacheCapabilitiesInput | null | undefined;
  readonly executionCapabilities?: ExecutionCapabilitiesInput | null | undefined;
  readonly deprecatedApiVersion?: semver.SemVerInput | null | undefined;
  readonly lowApiVersion?: semver.SemVerInput | null | undefined;
  readonly highApiVersion?: semver.SemVerInput | null | undefined;
}

export interface ServerCapabilities {
  readonly cacheCapabilities: CacheCapabilities | null;
  readonly executionCapabilities: ExecutionCapabilities | null;
  readonly deprecatedApiVersion: semver.SemVer | null;
  readonly lowApiVersion: semver.SemVer | null;
  readonly highApiVersion: semver.SemVer | null;
}

export interface DigestFunctionInput {}

export interface DigestFunction {}

export type DigestFunction_Value = 'UNKNOWN' | 'SHA256' | 'SHA1' | 'MD5' | 'VSO' | 'SHA384' | 'SHA512' | 'MURMUR3' | 'SHA256TREE' | 'BLAKE3';

export interface ActionCacheUpdateCapabilitiesInput {
  readonly updateEnabled?: boolean | undefined;
}

export interface ActionCacheUpdateCapabilities {
  readonly updateEnabled: boolean;
}

export interface PriorityCapabilitiesInput {
  readonly priorities?: readonly PriorityCapabilities_PriorityRangeInput[] | undefined;
}

export interface PriorityCapabilities {
  readonly priorities: readonly PriorityCapabilities_PriorityRange[];
}

export interface PriorityCapabilities_PriorityRangeInput {
  readonly minPriority?: number | undefined;
  readonly maxPriority?: number | undefined;
}

export interface PriorityCapabilities_PriorityRange {
  readonly minPriority: number;
  readonly maxPriority: number;
}

export interface SymlinkAbsolutePathStrategyInput {}

export interface SymlinkAbsolutePathStrategy {}

export type SymlinkAbsolutePathStrategy_Value = 'UNKNOWN' | 'DISALLOWED' | 'ALLOWED';

export interface CompressorInput {}

export interface Compressor {}

export type Compressor_Value = 'IDENTITY' | 'ZSTD' | 'DEFLATE' | 'BROTLI';

export interface CacheCapabilitiesInput {
  readonly digestFunctions?: readonly DigestFunction_Value[] | undefined;
  readonly actionCacheUpdateCapabilities?: ActionCacheUpdateCapabilitiesInput | null | undefined;
  readonly cachePriorityCapabilities?: PriorityCapabilitiesInput | null | undefined;
  readonly maxBatchTotalSizeBytes?: number | undefined;
  readonly symlinkAbsolutePathStrategy?: SymlinkAbsolutePathStrategy_Value | undefined;
  readonly supportedCompressors?: readonly Compressor_Value[] | undefined;
  readonly supportedBatchUpdateCompressors?: readonly Compressor_Value[] | undefined;
  readonly maxCasBlobSizeBytes?: number | undefined;
}

export interface CacheCapabilities {
  readonly digestFunctions: readonly DigestFunction_Value[];
  readonly actionCacheUpdateCapabilities: ActionCacheUpdateCapabilities | null;
  readonly cachePriorityCapabilities: PriorityCapabilities | null;
  readonly maxBatchTotalSizeBytes: number;
  readonly symlinkAbsolutePathStrategy: SymlinkAbsolutePathStrategy_Value;
  readonly supportedCompressors: readonly Compressor_Value[];
  readonly supportedBatchUpdateCompressors: readonly Compressor_Value[];
  readonly maxCasBlobSizeBytes: number;
}

export interface ExecutionCapabilitiesInput {
  readonly digestFunction?: DigestFunction_Value | undefined;
  readonly execEnabled?: boolean | undefined;
  readonly executionPriorityCapabilities?: PriorityCapabilitiesInput | null | undefined;
  readonly supportedNodeProperties?: readonly string[] | undefined;
  readonly digestFunctions?: readonly DigestFunction_Value[] | undefined;
}

export interface ExecutionCapabilities {
  readonly digestFunction: DigestFunction_Value;
  readonly execEnabled: boolean;
  readonly executionPriorityCapabilities: PriorityCapabilities | null;
  readonly supportedNodeProperties: readonly string[];
  readonly digestFunctions: readonly DigestFunction_Value[];
}

export interface ToolDetailsInput {
  readonly toolName?: string | undefined;
  readonly toolVersion?: string | undefined;
}

export interface ToolDetails {
  readonly toolName: string;
  readonly toolVersion: string;
}

export interface RequestMetadataInput {
  readonly toolDetails?: ToolDetailsInput | null | undefined;
  readonly actionId?: string | undefined;
  readonly toolInvocationId?: string | undefined;
  readonly correlatedInvocationsId?: string | undefined;
  readonly actionMnemonic?: string | undefined;
  readonly targetId?: string | undefined;
  readonly configurationId?: string | undefined;
}

export interface RequestMetadata {
  readonly toolDetails: ToolDetails | null;
  readonly actionId: string;
  readonly toolInvocationId: string;
  readonly correlatedInvocationsId: string;
  readonly actionMnemonic: string;
  readonly targetId: string;
  readonly configurationId: string;
}
