// Runs alone in a process of its own: has the Temporal SDK download its dev server into the folder given.
// Not in the application's process: it would fix the SDK's runtime settings there, and it cannot be given a time limit.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir, version] = process.argv;
if (downloadDir === undefined || version === undefined) throw new Error('usage: <download dir> <version>');

try {
  // The SDK has no call that only downloads: a server is started from the fresh binary and shut down again.
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', version, downloadDir } },
  });
  await environment.teardown();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
