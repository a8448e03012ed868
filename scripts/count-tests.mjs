// Usage: node scripts/count-tests.mjs <vitest JSON report> <exit status of the parts so far>
// Last line: "N passed, N failed". A test that did not run is a failure: under CI nothing may be left out.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [reportFile, statusSoFar] = process.argv.slice(2);

function readReport() {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    console.log('The test run left no report.');
    return { testResults: [] };
  }
}

const suites = readReport().testResults;
const tests = suites.flatMap((suite) =>
  suite.assertionResults.map((test) => ({
    name: `${relative('.', suite.name)} > ${test.fullName}`,
    status: test.status,
  })),
);
const notRun = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const failed = tests.filter(({ status }) => status === 'failed');
// A file that cannot be loaded has no tests to count.
const broken = suites.filter(
  (suite) => suite.status === 'failed' && suite.assertionResults.every(({ status }) => status !== 'failed'),
);

for (const { name, status } of notRun) console.log(`NOT RUN (${status}): ${name}`);
for (const { name } of failed) console.log(`FAILED: ${name}`);
for (const { name } of broken) console.log(`FAILED TO LOAD: ${relative('.', name)}`);

const passedCount = tests.filter(({ status }) => status === 'passed').length;
let failedCount = failed.length + notRun.length + broken.length;
if (failedCount === 0 && (statusSoFar !== '0' || passedCount === 0)) {
  console.log('No test failed, but the run did: see above.');
  failedCount = 1;
}
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount === 0 ? 0 : 1;
