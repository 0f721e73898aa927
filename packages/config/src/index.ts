export * from './directories.js';
export * from './farm-file.js';
export * from './identity.js';
export * from './load.js';
export * from './schema.js';
export * from './values.js';
export * from './node-map.js';
