export { startWorker } from './worker.js';
export type { RunningWorker, WorkerOptions } from './worker.js';
export type { GuestHours, OwnerPolicy } from './owner.js';
