export { runDaemon, type DaemonOptions } from './daemon.js';
export { FRAME, frame, createFrameReader } from './frames.js';
export { explainReason, type Reason } from './reasons.js';
export { summarize, type Tally } from './statistics.js';
export type { JournalEntry } from './journal.js';
