// What an answer of Execute says about the run itself: where, how long, at what cost. For the journal and the statistics.
import { unpackAny, type farm, type reapi, type wellknown } from '@mosix/protocol';
import type { JournalStep } from './journal.js';

export interface RunFacts {
  readonly node: string;
  /** Processor time of the job's processes; 0 from a farm that does not say. */
  readonly cpuSeconds: number;
  /** From the program's start to its end on the node; 0 when unknown. */
  readonly wallSeconds: number;
}

export function runFacts(metadata: reapi.ExecutedActionMetadata | null): RunFacts {
  const usage = usageOf(metadata);
  // The span of the standard metadata holds the making of the sandbox too; our own usage is the program's alone.
  const spanMs = metadata === null ? undefined : milliseconds(metadata.executionStartTimestamp, metadata.executionCompletedTimestamp);
  return {
    node: metadata?.worker ?? '',
    cpuSeconds: usage === undefined ? 0 : (usage.userUs + usage.systemUs) / 1e6,
    wallSeconds: usage !== undefined && usage.wallUs > 0 ? usage.wallUs / 1e6 : Math.max(0, spanMs ?? 0) / 1e3,
  };
}

/** Our coordinator adds it to the standard metadata. */
function usageOf(metadata: reapi.ExecutedActionMetadata | null): farm.Usage | undefined {
  for (const extra of metadata?.auxiliaryMetadata ?? []) {
    const usage = unpackAny('Usage', extra);
    if (usage !== undefined) return usage;
  }
  return undefined;
}

const milliseconds = (from: wellknown.Timestamp | null, to: wellknown.Timestamp | null): number | undefined =>
  from === null || to === null ? undefined : Math.round((Number(to.seconds) - Number(from.seconds)) * 1e3 + (to.nanos - from.nanos) / 1e6);

export function remoteSteps(metadata: reapi.ExecutedActionMetadata | null): JournalStep[] {
  if (metadata === null) return [];
  const named: readonly (readonly [string, number | undefined])[] = [
    ['  waited for a node', milliseconds(metadata.queuedTimestamp, metadata.workerStartTimestamp)],
    ['  node fetched inputs', milliseconds(metadata.inputFetchStartTimestamp, metadata.inputFetchCompletedTimestamp)],
    ['  compiled', milliseconds(metadata.executionStartTimestamp, metadata.executionCompletedTimestamp)],
    ['  node stored outputs', milliseconds(metadata.outputUploadStartTimestamp, metadata.outputUploadCompletedTimestamp)],
  ];
  return named.filter((step): step is [string, number] => step[1] !== undefined && step[1] >= 0).map(([name, value]) => ({ name, ms: value }));
}
