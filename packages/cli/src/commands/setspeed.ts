// mosix setspeed NODE X|auto: what placement takes the node's speed for.

import { err, fault, limits, ok, type Result } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';

export const run: RunCommand = async ({ args, config }) => {
  const speed = readSpeed(args[1] ?? '');
  if (!speed.ok) return speed;
  return withAdmin(config, async (admin) => {
    const node = args[0] ?? '';
    const before = await admin.node(node);
    if (!before.ok) return before;
    const set = await admin.ask({ node }, (client, deadline) => client.setSpeed({ node, speed: speed.value, source: 'set', runs: [] }, deadline));
    if (!set.ok) return set;
    // Without a word from a person the map's counts, if the node is on it, else the benchmark's.
    const after = await admin.node(node);
    const source = after.ok ? after.value.speedSource : '';
    const data = { node, speed: set.value.speed, before: before.value.speed, source };
    return ok({ data, lines: () => [`${node}: speed ${data.speed.toFixed(2)}${speed.value === 0 && source !== '' ? `, from its ${source}` : ''} (was ${data.before.toFixed(2)})`] });
  });
};

/** 0 for "auto". Code: `usage`. */
const readSpeed = (text: string): Result<number> => {
  if (text === 'auto') return ok(0);
  const { nodeSpeedMin, nodeSpeedMax } = limits;
  const speed = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  return speed >= nodeSpeedMin && speed <= nodeSpeedMax
    ? ok(speed)
    : err(fault('usage', `"${text}" is not a speed: a number from ${nodeSpeedMin} to ${nodeSpeedMax}, or auto`, { hint: '1 is a core of the reference node; mosix tune measures it' }));
};
