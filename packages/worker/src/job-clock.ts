// A job's own time: it stands still while the job is paused. The job's timeout goes by it, and so does what heartbeats tell.

export interface JobClock {
  pause(): void;
  resume(): void;
  /** The timeout will not come any more. */
  stop(): void;
  readonly paused: boolean;
  /** Run time so far, pauses not counted. */
  readonly ranMs: number;
  /** All pauses together. */
  readonly pausedMs: number;
}

/** Runs from now on; calls `onTimeout` once when the job has run for `timeoutMs`. */
export function startJobClock(timeoutMs: number, onTimeout: () => void, now: () => number = () => performance.now()): JobClock {
  const beganMs = now();
  let ranBeforeMs = 0;
  let sinceMs: number | undefined = beganMs;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const ranMs = (): number => ranBeforeMs + (sinceMs === undefined ? 0 : now() - sinceMs);
  const arm = (): void => {
    timer = setTimeout(onTimeout, Math.max(1, timeoutMs - ranMs()));
  };
  arm();
  return {
    pause: () => {
      ranBeforeMs = ranMs();
      sinceMs = undefined;
      clearTimeout(timer);
    },
    resume: () => {
      if (sinceMs !== undefined) return;
      sinceMs = now();
      if (!stopped) arm();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
    get paused() {
      return sinceMs === undefined;
    },
    get ranMs() {
      return ranMs();
    },
    get pausedMs() {
      return now() - beganMs - ranMs();
    },
  };
}
