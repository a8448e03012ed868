// Owns: the settings of the Temporal server, and what belongs together among them.
import type { Environment } from './environment.ts';
import { isGiven, type Settings } from './settings.ts';

export interface TemporalTls {
  readonly certPath: string | null;
  readonly keyPath: string | null;
  readonly caPath: string | null;
}

export interface TemporalConfig {
  /** host:port; null: the embedded dev server */
  readonly address: string | null;
  readonly namespace: string;
  readonly apiKey: string | null;
  /** null: plain text */
  readonly tls: TemporalTls | null;
  /** a `temporal` program to run as the embedded dev server */
  readonly cliPath: string | null;
}

export function temporalProblems(env: Environment): string[] {
  const problems: string[] = [];
  const given = (name: string): boolean => isGiven(env, name);
  const needAddress: string[] = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS', 'TEMPORAL_TLS_CLIENT_CERT_PATH'];
  for (const name of needAddress) {
    if (given(name) && !given('TEMPORAL_ADDRESS'))
      problems.push(`${name} is set without TEMPORAL_ADDRESS: set the address of that Temporal server.`);
  }
  if (given('TEMPORAL_TLS_CLIENT_CERT_PATH') !== given('TEMPORAL_TLS_CLIENT_KEY_PATH'))
    problems.push('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH must be set together.');
  return problems;
}

export function temporalConfig(settings: Settings): TemporalConfig {
  const tls: TemporalTls = {
    certPath: settings.TEMPORAL_TLS_CLIENT_CERT_PATH,
    keyPath: settings.TEMPORAL_TLS_CLIENT_KEY_PATH,
    caPath: settings.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
  };
  const impliesTls = settings.TEMPORAL_API_KEY !== null || tls.certPath !== null || tls.caPath !== null;
  return {
    address: settings.TEMPORAL_ADDRESS,
    namespace: settings.TEMPORAL_NAMESPACE,
    apiKey: settings.TEMPORAL_API_KEY,
    tls: (settings.TEMPORAL_TLS ?? impliesTls) ? tls : null,
    cliPath: settings.TEMPORAL_CLI_PATH,
  };
}
