export * from './command-line/index.js';
