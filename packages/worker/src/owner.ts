// Owner first: is the machine's owner there? A policy, pure: samples in, state out. Whoever has set none always has a node for guests.

/** Guests may run from `fromMinute` on, until before `toMinute`, in minutes after local midnight; over midnight when it is smaller. */
export interface GuestHours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface OwnerPolicy {
  /** The owner is there when others keep more processors busy than this, and gone when it is below half of it for `quietMs`. */
  readonly loadAbove?: number;
  /** The owner is there when a terminal or the desktop was used within so many seconds. */
  readonly idleSeconds?: number;
  readonly hours?: GuestHours;
  /** Default 30 s. */
  readonly quietMs?: number;
}

/** The last use of the machine by hand. */
export interface LastUse {
  readonly secondsAgo: number;
  /** For people: "terminal pts/2". */
  readonly what: string;
}

export interface OwnerSample {
  /** Processors that others keep busy. */
  readonly othersProcessors: number;
  readonly lastUse: LastUse | undefined;
  /** After local midnight. */
  readonly minute: number;
}

export interface OwnerState {
  readonly active: boolean;
  /** For people; empty while the owner is away. */
  readonly reason: string;
}

export const QUIET_MS = 30_000;
/** The owner counts as gone by load when it is below this share of the limit: between the two nothing changes. */
const QUIET_SHARE = 1 / 2;

export const hasOwnerPolicy = ({ loadAbove, idleSeconds, hours }: OwnerPolicy): boolean => loadAbove !== undefined || idleSeconds !== undefined || hours !== undefined;

const isWithin = ({ fromMinute, toMinute }: GuestHours, minute: number): boolean =>
  fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;

const clockTime = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** The state machine of one node: call it with every sample; `nowMs` is of a clock that only goes forward. */
export function createOwnerWatch(policy: OwnerPolicy): (sample: OwnerSample, nowMs: number) => OwnerState {
  const { loadAbove, idleSeconds, hours, quietMs = QUIET_MS } = policy;
  /** By load alone; `quietSinceMs`: how long it has been below the lower edge. */
  let loaded = false;
  let quietSinceMs: number | undefined;

  const judgeLoad = (load: number, nowMs: number): string | undefined => {
    if (loadAbove === undefined) return undefined;
    quietSinceMs = load < loadAbove * QUIET_SHARE ? (quietSinceMs ?? nowMs) : undefined;
    if (load > loadAbove) loaded = true;
    else if (quietSinceMs !== undefined && nowMs - quietSinceMs >= quietMs) loaded = false;
    return loaded ? `load ${load.toFixed(1)}` : undefined;
  };

  const judgeUse = (use: LastUse | undefined): string | undefined =>
    idleSeconds !== undefined && use !== undefined && use.secondsAgo < idleSeconds ? use.what : undefined;

  const judgeHours = (minute: number): string | undefined =>
    hours === undefined || isWithin(hours, minute) ? undefined : `outside ${clockTime(hours.fromMinute)}-${clockTime(hours.toMinute)}`;

  return ({ othersProcessors, lastUse, minute }, nowMs) => {
    const byLoad = judgeLoad(othersProcessors, nowMs); // first: it keeps its own time, whatever else holds
    const reason = judgeHours(minute) ?? judgeUse(lastUse) ?? byLoad;
    return { active: reason !== undefined, reason: reason ?? '' };
  };
}
