// A vitest reporter that writes what scripts/sum-results.js adds up: counts, each failed test with its error, and each skipped test with
// its reason, which vitest's own JSON leaves out. The file is $MOSIX_TEST_RESULTS.

import { writeFileSync } from 'node:fs';

const nameOf = (test) => `${test.module.relativeModuleId ?? test.module.moduleId}: ${test.fullName}`;

export default class ResultReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const results = { passed: 0, failed: [], skipped: [], errors: unhandledErrors.length };
    for (const module of modules) {
      // A file that cannot be loaded, or a hook that fails, has errors of its own and perhaps no tests.
      results.errors += module.errors().length;
      for (const suite of module.children.allSuites()) results.errors += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') results.passed += 1;
        else if (result.state === 'failed') results.failed.push({ name: nameOf(test), reason: result.errors?.map(({ message }) => message).join('; ') ?? '' });
        else results.skipped.push({ name: nameOf(test), reason: result.note ?? 'its own condition (skipIf) does not hold here' });
      }
    }
    writeFileSync(process.env.MOSIX_TEST_RESULTS, JSON.stringify(results));
  }
}
