export * from './compiler-facts.js';
export * from './discover.js';
export * from './filesystem-view.js';
export * from './input-tree.js';
export { expandNativeFlags, listsOptions } from './native-flags.js';
export { scanSource, type SourceFacts } from './scan-source.js';
export * from './source-store.js';
export { timeNames, type TimeNames } from './time-names.js';
