// mosix ps: the jobs of the farm, or the decisions to move some.

import { ok } from '@mosix/core';
import type { Outcome, RunCommand } from '../command.js';
import { withAdmin } from '../farm/admin.js';
import { decisionLines, decisionsJson, jobLines, jobsJson } from '../report/jobs.js';

/** More are listed with -a. */
const decisionsShown = 30;

export const run: RunCommand = async ({ options, config }) =>
  withAdmin<Outcome>(config, async (admin) => {
    const all = options['all'] === true;
    const decisions = options['decisions'] === true;
    const status = await admin.status(decisions ? { includeDecisions: true } : { includeJobs: true });
    if (!status.ok) return status;
    const seen = status.value;
    return decisions
      ? ok({ data: decisionsJson(seen), lines: (paint, width) => decisionLines(seen, { paint, width, ...(all ? {} : { most: decisionsShown }) }) })
      : ok({ data: jobsJson(seen), lines: (paint, width) => jobLines(seen, { paint, width, all }) });
  });
