// When a heartbeat is due on one stream: often while leases exist, seldom while none does, at once when something changed that matters
// for placement. An idle node thus costs its coordinator next to nothing.

/** What a coordinator places by. */
export interface PlacementFacts {
  readonly leases: number;
  readonly load: number;
  readonly freeMemoryBytes: number;
  readonly totalMemoryBytes: number;
  readonly memoryPressure: number;
}

const LOAD_CHANGE_MIN = 0.5;
const LOAD_CHANGE_SHARE = 1 / 4;
const MEMORY_CHANGE_SHARE = 1 / 10;
/** Above this share of time in which tasks wait for memory a node is short of it. */
const PRESSURE_EDGE = 0.1;

/** A load changes by half a processor, and a large one by a quarter; memory by a tenth of all there is. */
export function matters(told: PlacementFacts, now: PlacementFacts): boolean {
  if (told.leases === 0 && now.leases > 0) return true;
  if (Math.abs(now.load - told.load) > Math.max(LOAD_CHANGE_MIN, told.load * LOAD_CHANGE_SHARE)) return true;
  if (Math.abs(now.freeMemoryBytes - told.freeMemoryBytes) > now.totalMemoryBytes * MEMORY_CHANGE_SHARE) return true;
  return now.memoryPressure >= PRESSURE_EDGE !== told.memoryPressure >= PRESSURE_EDGE;
}

export interface HeartbeatPorts {
  /** While leases exist. */
  readonly intervalMs: number;
  /** While none does. */
  readonly idleIntervalMs: number;
  /** As of now or of the last sample. */
  readonly facts: () => PlacementFacts;
  /** Sends one; `sequence` counts from 1. */
  readonly beat: (sequence: number) => void;
}

export interface Heartbeats {
  /** Facts may have changed: looks whether that matters. */
  changed(): void;
  stop(): void;
}

/** The first heartbeat is sent at once. */
export function startHeartbeats({ intervalMs, idleIntervalMs, facts, beat }: HeartbeatPorts): Heartbeats {
  let sequence = 0;
  let timer: NodeJS.Timeout | undefined;
  let told: PlacementFacts | undefined;
  const send = (): void => {
    told = facts();
    clearTimeout(timer);
    timer = setTimeout(send, told.leases > 0 ? intervalMs : idleIntervalMs);
    beat((sequence += 1));
  };
  send();
  return {
    changed: () => {
      if (timer !== undefined && told !== undefined && matters(told, facts())) send();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
