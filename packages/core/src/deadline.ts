import { limits } from './limits.js';

/** Of a call that carries so many bytes, in milliseconds. */
export const deadlineFor = (bytes: number): number => limits.rpcDeadlineMs + Math.ceil((bytes / (1024 * 1024)) * limits.rpcDeadlineMsPerMiB);
