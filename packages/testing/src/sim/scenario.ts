// A scenario as plain data: it can be written down, replayed and made smaller.

export interface NodePlan {
  readonly name: string;
  /** True speed of one job alone; 1.0 is the reference node. */
  readonly speed: number;
  /** What the benchmark said. */
  readonly benchmarkSpeed: number;
  readonly slots: number;
  readonly cores: number;
  readonly memoryBytes: number;
  /** What it says of its memory; a node that lies is killed by the truth. */
  readonly claimedMemoryBytes: number;
  readonly bytesPerSecond: number;
  /** Can checkpoint and restore running jobs. */
  readonly live: boolean;
}

export type WorkPlan =
  | { readonly kind: 'trace'; readonly name: string }
  /** Independent jobs; `sigma` of ln(seconds). */
  | { readonly kind: 'log-normal'; readonly count: number; readonly medianSeconds: number; readonly sigma: number; readonly seed: number }
  | { readonly kind: 'pareto'; readonly count: number; readonly leastSeconds: number; readonly alpha: number; readonly seed: number }
  /** Layers that wait for some units of the layer before; each layer ends in archives made at home. */
  | { readonly kind: 'layers'; readonly count: number; readonly layers: number; readonly medianSeconds: number; readonly seed: number };

export interface UserPlan {
  readonly name: string;
  readonly work: WorkPlan;
  /** make's -j. */
  readonly jobs: number;
  readonly startMs: number;
  readonly homeSpeed: number;
  readonly homeCores: number;
  /** What the user's machine does for each compile before it is submitted; one after another. */
  readonly prepareMs: number;
  /** Builds one after another, each of everything, with `thinkMs` between them. */
  readonly builds: number;
  readonly thinkMs: number;
  /** Jobs may be moved while they run. */
  readonly movable: boolean;
}

/** `*Ms` that end a fault are lengths. Nodes and users are indexes, so that a smaller scenario stays valid. */
export type Fault = { readonly atMs: number } & (
  /** The machine dies; `noticed`: its stream breaks, else it is silent. */
  | { readonly kind: 'crash'; readonly node: number; readonly noticed: boolean; readonly backMs: number | undefined }
  /** The worker says farewell and ends; running jobs end with it. */
  | { readonly kind: 'leave'; readonly node: number }
  /** The worker process starts anew before anyone noticed that it ended. */
  | { readonly kind: 'restart'; readonly node: number }
  | { readonly kind: 'partition'; readonly node: number; readonly lengthMs: number }
  | { readonly kind: 'degrade'; readonly node: number; readonly share: number; readonly speed: number; readonly lengthMs: number | undefined }
  /** `active`: the owner is there (guests pause); else other people's load alone. */
  | { readonly kind: 'owner'; readonly node: number; readonly load: number; readonly active: boolean; readonly lengthMs: number | undefined }
  /** All nodes' word reaches the coordinator only when it wakes up. */
  | { readonly kind: 'coordinator-pause'; readonly lengthMs: number }
  /** Messages that no honest worker sends. */
  | { readonly kind: 'stale-messages'; readonly node: number }
  | { readonly kind: 'absurd-numbers'; readonly node: number; readonly which: number }
  /** A node that claims `which` absurd things, takes jobs, and is never heard again. */
  | { readonly kind: 'ghost'; readonly name: string; readonly which: number }
  | { readonly kind: 'command'; readonly command: 'drain' | 'undrain' | 'block' | 'unblock' | 'expel' | 'bring' | 'migrate' | 'hold'; readonly node: number; readonly choice: number }
  /** Somebody else wants a result that is on its way, and perhaps no longer. */
  | { readonly kind: 'join'; readonly choice: number; readonly stayMs: number | undefined }
  /** Ctrl-C. */
  | { readonly kind: 'cancel'; readonly user: number }
  /** The last job that fails for no fault of its own. */
  | { readonly kind: 'job-failure'; readonly node: number; readonly code: string }
);

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly nodes: readonly NodePlan[];
  readonly users: readonly UserPlan[];
  readonly faults: readonly Fault[];
  readonly latencyMs: number;
  /** The toolchain, which a node needs once. */
  readonly bulkBytes: number;
  /** Nodes hold toolchain and headers already. */
  readonly warmNodes: boolean;
}

export const MIB = 1024 * 1024;

export const defaultNode: Omit<NodePlan, 'name'> = {
  speed: 1, benchmarkSpeed: 1, slots: 1, cores: 1, memoryBytes: 16 * 1024 * MIB, claimedMemoryBytes: 16 * 1024 * MIB, bytesPerSecond: 110e6, live: false,
};

export const defaultUser: Omit<UserPlan, 'name' | 'work'> = {
  jobs: 64, startMs: 0, homeSpeed: 1, homeCores: 4, prepareMs: 2, builds: 1, thinkMs: 0, movable: true,
};

/** 0.2 ms one way on a wired network; a toolchain of gcc and its libraries. */
export const defaultScenario = { latencyMs: 0.2, bulkBytes: 60 * MIB, warmNodes: false } as const;
