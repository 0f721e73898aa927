export * from './types.js';
export { localReasons } from './reasons.js';
export { parseCommandLine, terminalArguments } from './parse.js';
export { remoteEnvironment } from './environment.js';
export { planTerminal, type MessageOptions, type TerminalPlan } from './terminal.js';
export { splitResponseText } from './response-file.js';
