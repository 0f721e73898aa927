export * from './command-line/index.js';
export * from './discovery/index.js';
