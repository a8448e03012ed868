/** Which vendors' sandboxes this run may talk to. Credentials come from the environment; production is refused. */
const SANDBOX_HOSTS: Record<string, readonly string[]> = {
  VIPPS: ['apitest.vipps.no'],
  PAYCORE: ['test-pay-core.linkmobility.com'],
};

export type Sandbox = { ready: true; env: Record<string, string> } | { ready: false; why: string };

/** The settings `names` of a vendor, when all are set and its address is that of a test environment. */
export function sandbox(
  vendor: keyof typeof SANDBOX_HOSTS,
  names: readonly string[],
  environment: Record<string, string | undefined>,
): Sandbox {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) return { ready: false, why: `${missing.join(', ')} not set` };
  const baseUrl = environment[`${vendor}_BASE_URL`] ?? '';
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : baseUrl;
  const allowed = SANDBOX_HOSTS[vendor] ?? [];
  if (!allowed.includes(host)) {
    return { ready: false, why: `${vendor}_BASE_URL is not a test environment (${allowed.join(', ')})` };
  }
  return { ready: true, env: Object.fromEntries(names.map((name) => [name, environment[name] ?? ''])) };
}

/** Says loudly what is left out: a skipped sandbox must never look like a passed one. */
export function announce(vendor: string, found: Sandbox): void {
  console.log(found.ready ? `${vendor}: running` : `${vendor}: SKIPPED, ${found.why}`);
}
