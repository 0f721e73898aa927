// The processors of one machine, shared fairly: each of k jobs advances at speed · min(1, (cores − owner's load) / k), times what a fault
// leaves of it. Pure arithmetic: the caller tells the time.

/** The owner's tasks win, but a guest at low priority is never quite stopped by them. */
const SHARE_MIN = 0.02;
/** Less work than this is none: the rounding of a sum must not keep a job alive. */
export const WORK_EPSILON = 1e-6;

export interface Task {
  /** Processor seconds at speed 1 that are left. */
  workLeft: number;
  /** Processor seconds used so far, of this machine's. */
  cpuSeconds: number;
  /** Since it began, pauses not counted. */
  wallSeconds: number;
  paused: boolean;
}

export interface MachinePlan {
  readonly speed: number;
  readonly cores: number;
}

/** What a fault leaves: `share` of the processor time (a quota), `speed` of the clock (heat), or nothing at all. */
export interface Degradation {
  readonly share: number;
  readonly speed: number;
}

const HEALTHY: Degradation = { share: 1, speed: 1 };

export interface Machine {
  readonly tasks: ReadonlySet<Task>;
  add(task: Task, nowMs: number): void;
  remove(task: Task, nowMs: number): void;
  setPaused(task: Task, paused: boolean, nowMs: number): void;
  setOwnerLoad(load: number, nowMs: number): void;
  setDegradation(degradation: Degradation | undefined, nowMs: number): void;
  /** Brings all tasks up to date. */
  advance(nowMs: number): void;
  /** Processor time a second that each running task gets now. */
  share(): number;
  /** When this task has `workLeft` left, if nothing changes; Infinity when it does not move. Call `advance` before. */
  timeOfWorkLeft(task: Task, workLeft: number): number;
  /** The task that ends first, if nothing changes. */
  nextToEnd(): { readonly task: Task; readonly atMs: number } | undefined;
}

export function createMachine({ speed, cores }: MachinePlan): Machine {
  const tasks = new Set<Task>();
  let active = 0;
  let ownerLoad = 0;
  let degradation = HEALTHY;
  let lastMs = 0;

  const share = (): number => (active === 0 ? 0 : degradation.share * Math.min(1, Math.max(SHARE_MIN, (cores - ownerLoad) / active)));
  const rate = (): number => share() * speed * degradation.speed;
  const advance = (nowMs: number): void => {
    const seconds = (nowMs - lastMs) / 1000;
    lastMs = nowMs;
    if (seconds <= 0) return;
    const cpu = share() * seconds;
    const work = rate() * seconds;
    for (const task of tasks) {
      if (task.paused) continue;
      task.wallSeconds += seconds;
      task.cpuSeconds += cpu;
      task.workLeft = Math.max(0, task.workLeft - work);
    }
  };
  const timeOfWorkLeft = (task: Task, workLeft: number): number => {
    const work = task.workLeft - workLeft;
    if (work <= WORK_EPSILON) return lastMs;
    const perSecond = rate();
    return task.paused || perSecond <= 0 ? Infinity : lastMs + (work / perSecond) * 1000;
  };

  return {
    tasks,
    add(task, nowMs) {
      advance(nowMs);
      tasks.add(task);
      if (!task.paused) active += 1;
    },
    remove(task, nowMs) {
      advance(nowMs);
      if (tasks.delete(task) && !task.paused) active -= 1;
    },
    setPaused(task, paused, nowMs) {
      advance(nowMs);
      if (!tasks.has(task) || task.paused === paused) return;
      task.paused = paused;
      active += paused ? -1 : 1;
    },
    setOwnerLoad(load, nowMs) {
      advance(nowMs);
      ownerLoad = load;
    },
    setDegradation(next, nowMs) {
      advance(nowMs);
      degradation = next ?? HEALTHY;
    },
    advance,
    share,
    timeOfWorkLeft,
    nextToEnd() {
      let first: { task: Task; atMs: number } | undefined;
      for (const task of tasks) {
        const atMs = timeOfWorkLeft(task, 0);
        if (atMs !== Infinity && (first === undefined || atMs < first.atMs)) first = { task, atMs };
      }
      return first;
    },
  };
}
