// What a worker may say of itself when it joins, and what it is told when that cannot be.
import { err, fault, isMereMemory, limits, ok, type FarmState, type NodeSpec, type Result } from '@mosix/core';
import type { farm } from '@mosix/protocol';

/** Letters, digits and what host names and people put between them. */
export const nodeName: RegExp = /^[\p{L}\p{N}][\p{L}\p{N}._:@-]{0,127}$/u;
const labelsMax = 64;
const CORES_MIN = 0.01;

/**
 * The node, or why it is refused. Codes: `bad-name`, `bad-slots`, `bad-speed`, `bad-cores`, `bad-memory`, `bad-instruction-sets`,
 * `bad-hello`, `duplicate-name`, `farm-full`.
 */
export function checkHello(state: FarmState, hello: farm.Hello): Result<NodeSpec> {
  const { name, slots, speed, cores, instructionSets, memoryBytes, version, instance, labels } = hello;
  if (!nodeName.test(name)) {
    return err(fault('bad-name', `"${name.slice(0, 128)}" is no node name`, { hint: 'choose one of letters, digits, dots and dashes: --name NAME' }));
  }
  if (slots < 1 || slots > limits.nodeSlotsMax) {
    return err(fault('bad-slots', `${slots} slots; 1 to ${limits.nodeSlotsMax} are possible`, { hint: 'give the number of jobs at the same time: --slots N' }));
  }
  if (!(speed >= limits.nodeSpeedMin && speed <= limits.nodeSpeedMax)) {
    return err(fault('bad-speed', `speed ${speed}; ${limits.nodeSpeedMin} to ${limits.nodeSpeedMax} are possible`, {
      hint: '1.0 is the reference node; restart the worker to measure again',
    }));
  }
  if (!(cores >= 0 && cores <= limits.nodeCoresMax)) {
    return err(fault('bad-cores', `${cores} processors' worth of time; up to ${limits.nodeCoresMax} are possible`, { hint: 'update the worker' }));
  }
  if (!(memoryBytes >= 0 && memoryBytes <= limits.nodeMemoryBytesMax)) {
    return err(fault('bad-memory', `${memoryBytes} bytes of memory; up to ${limits.nodeMemoryBytesMax} are possible`, { hint: 'update the worker' }));
  }
  if (instructionSets.length === 0 || instructionSets.length > labelsMax) {
    return err(fault('bad-instruction-sets', 'a node must name the instruction sets it runs', { hint: 'update the worker' }));
  }
  if (instance === '' || Object.keys(labels).length > labelsMax || hello.runningLeases.length > 2 * limits.nodeSlotsMax) {
    return err(fault('bad-hello', 'the worker does not speak this protocol as it should', { hint: 'update the worker' }));
  }
  const holder = state.nodes.get(name);
  if (holder !== undefined && holder.connected && holder.instance !== instance) {
    return err(fault('duplicate-name', `a node called ${name} is here already`, { hint: 'choose another name: --name NAME' }));
  }
  if (holder === undefined && state.nodes.size >= limits.nodesMax && ![...state.nodes.values()].some(isMereMemory)) {
    return err(fault('farm-full', `the farm has ${limits.nodesMax} nodes`, { hint: 'start another coordinator' }));
  }
  return ok({
    name, instance, slots, speed, version: version.slice(0, limits.nodeReasonCharsMax), memoryBytes, instructionSets: new Set(instructionSets), labels: new Map(Object.entries(labels)),
    // A worker that does not say has a core for each slot. A sliver of one still runs.
    cores: cores === 0 ? slots : Math.max(CORES_MIN, cores), live: hello.liveMigration,
  });
}
