// All cases of the matrix, in order; the order decides the awkward folder that each one gets.

import { badInputCases } from './bad-input.js';
import { codeGenerationCases } from './code-generation.js';
import { depfileCases } from './depfiles.js';
import { diagnosticCases } from './diagnostics.js';
import { environmentCases } from './environment.js';
import { includeCases } from './includes.js';
import { languageCases } from './languages.js';
import { outputCases } from './outputs.js';
import { sequenceCases } from './sequences.js';
import { toolchainCases } from './toolchain.js';
import { expand } from './case.js';

export const matrix = expand([
  ...depfileCases, ...includeCases, ...languageCases, ...diagnosticCases, ...codeGenerationCases, ...toolchainCases, ...outputCases, ...badInputCases,
  ...environmentCases, ...sequenceCases,
]);
