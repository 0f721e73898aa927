// The scheduler as its shells see it.
export { immovable } from './commands.js';
export { costKeys, readCommand, type CommandFacts, type CostCommand } from './cost-keys.js';
export { createHistory, type CostEstimate, type CostRecord, type CostSample, type History } from './history.js';
export { predictionError } from './leases.js';
export { isMereMemory } from './members.js';
export { memoryNeed } from './memory.js';
export { standingOf, type Standing } from './migration.js';
export { canRun } from './node-index.js';
export { aheadDepth } from './placement.js';
export { coreSpeed, driftOf, progressOf } from './rates.js';
export type { FarmState, Job, JobSpec, JobState, Lease, LeaseState, Node, NodeSpec, NodeState, Requirements, SpeedSource } from './state.js';
export { createFarmState, step } from './step.js';
export { seconds } from './story.js';
export type * from './words.js';
