// mosix doctor: all checks, side by side; exit status 1 when something is broken.

import { ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { findingLines } from '../doctor/check.js';
import { checkDaemon, checkFarm } from '../doctor/farm.js';
import { checkDisk, checkEnvironment, checkRunDirectory } from '../doctor/places.js';
import { checkLauncher, checkNode, checkSandbox, checkTools } from '../doctor/tools.js';

export const run: RunCommand = async ({ config }) => {
  const { directories, origins } = config;
  // With a farm elsewhere this machine only sends.
  const workersHere = origins.coordinator.kind === 'farm' || origins.coordinator.kind === 'default';
  const [tools, sandbox, daemon, farm] = await Promise.all([checkTools(), checkSandbox(workersHere), checkDaemon(config), checkFarm(config)]);
  const findings = [checkNode(), ...tools, ...sandbox, checkLauncher(), checkRunDirectory(directories.run), ...checkDisk(directories.cache), ...checkEnvironment(directories), daemon, ...farm];
  const anyBroken = findings.some((one) => one.state === 'broken');
  return ok({ data: { ok: !anyBroken, checks: findings }, lines: (paint) => findingLines(findings, paint), status: anyBroken ? 1 : 0 });
};
