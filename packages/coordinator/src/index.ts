export { startCoordinator, type CoordinatorOptions, type RunningCoordinator } from './coordinator.js';
