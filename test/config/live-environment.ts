import type { Environment } from '../../src/config/settings.ts';

/** A well-formed entry of PERSONAL_DATA_KEYS. */
export function personalDataKey(id: string): string {
  const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
  return `${id}:${key(1)}:${key(2)}`;
}

/** A complete Vipps account, to be added to an environment. */
export const A_VIPPS_ACCOUNT = {
  VIPPS_BASE_URL: 'https://vipps.example.com',
  VIPPS_CLIENT_ID: 'vipps-client',
  VIPPS_CLIENT_SECRET: 'vipps-client-secret',
  VIPPS_SUBSCRIPTION_KEY: 'vipps-subscription-key',
  VIPPS_MERCHANT_SERIAL_NUMBER: '123456',
} as const satisfies Environment;

/** An environment with real vendors that is complete. */
export function aLiveEnvironment(changes: Environment = {}): Environment {
  return {
    PUBLIC_URL: 'https://pay.example.com/',
    TRUSTED_PROXIES: '10.0.0.0/8',
    DATABASE_URL: 'postgres://app:database-password@db.example.com:5432/sms2pay?sslmode=require',
    TEMPORAL_ADDRESS: 'temporal.example.com:7233',
    PERSONAL_DATA_KEYS: personalDataKey('k1'),
    LINK_BASE_URL: 'https://link.example.com/eu/',
    LINK_USERNAME: 'link-user',
    LINK_PASSWORD: 'link-password-value',
    LINK_PLATFORM_ID: 'platform-1',
    LINK_PLATFORM_PARTNER_ID: 'partner-1',
    LINK_WEBHOOK_USERNAME: 'hook-user',
    LINK_WEBHOOK_PASSWORD: 'hook-password-value',
    PAYCORE_BASE_URL: 'https://paycore.example.com',
    PAYCORE_PARTNER_ID: '4711',
    PAYCORE_SECRET: Buffer.from('a secret for tests').toString('base64'),
    PAYCORE_CALLBACK_USERNAME: 'callback-user',
    PAYCORE_CALLBACK_PASSWORD: 'callback-password-value',
    ...changes,
  };
}
