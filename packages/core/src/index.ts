export { isCompilerCrash } from './compiler-crash.js';
export * from './digest.js';
export * from './limits.js';
export { nearestNames } from './nearest-names.js';
export * from './reapi-decoding.js';
export * from './reapi-encoding.js';
export * from './result.js';
export * from './scheduler/index.js';
export { compareUtf8 } from './utf8.js';
