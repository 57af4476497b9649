// Adds up vitest's JSON reports: node .ci/summary.js FOLDER REPORT… A missing report or a skipped test is a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...names] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

for (const name of names) {
  const report = read(join(folder, `${name}.json`));
  if (report === undefined) {
    console.log(`${name}: no report`);
    total.failed += 1;
    continue;
  }
  const counts = {
    passed: report.numPassedTests,
    // A file that cannot be loaded holds no test, and still is a failure.
    failed:
      report.numFailedTests +
      report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  console.log(`${name}: passed ${counts.passed}, failed ${counts.failed}, skipped ${counts.skipped}`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.skipped === 0 && total.passed > 0 ? 0 : 1;

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
