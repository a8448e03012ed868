// Usage: node scripts/count-tests.mjs <exit status of the parts so far> <vitest JSON report>...
// Last line: "N passed, N failed". A test that did not run is a failure: under CI nothing may be left out.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [statusSoFar, ...reportFiles] = process.argv.slice(2);
let unreadable = 0;

function readReport(reportFile) {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    console.log('A test run left no report.');
    unreadable += 1;
    return { testResults: [] };
  }
}

const suites = reportFiles.flatMap((file) => readReport(file).testResults);
const tests = suites.flatMap((suite) =>
  suite.assertionResults.map((test) => ({
    name: `${relative('.', suite.name)} > ${test.fullName}`,
    status: test.status,
  })),
);
const notRun = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const failed = tests.filter(({ status }) => status === 'failed');
// A file that cannot be loaded has no tests to count; the tests whose set-up failed count as not run.
const broken = suites.filter(
  (suite) => suite.status === 'failed' && suite.assertionResults.every(({ status }) => status !== 'failed'),
);

for (const { name, status } of notRun) console.log(`NOT RUN (${status}): ${name}`);
for (const { name } of failed) console.log(`FAILED: ${name}`);
for (const { name } of broken) console.log(`FAILED BEFORE ITS TESTS: ${relative('.', name)}`);

const passedCount = tests.filter(({ status }) => status === 'passed').length;
let failedCount = failed.length + notRun.length + broken.length + unreadable;
if (failedCount === 0 && (statusSoFar !== '0' || passedCount === 0)) {
  console.log('No test failed, but the run did: see above.');
  failedCount = 1;
}
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount === 0 ? 0 : 1;
