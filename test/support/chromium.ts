// Owns: a Chromium for tests and screenshots, on a machine that may have no network and no desktop.
import { chromium, type Browser } from 'playwright-core';

/** `CHROMIUM_PATH`, or where Debian installs it. */
const EXECUTABLE = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Without these a browser looks for updates and accounts at every start, which a closed network refuses. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: QUIET });
}
