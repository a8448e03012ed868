import type { Hono } from 'hono';
import type { Sms2pay } from './sms2pay.ts';
import type { TemporalCall } from './exchanges.ts';

/** Runs `run` once after `afterMs`; the returned function cancels it. Tests pass their own to control time. */
export type Schedule = (afterMs: number, run: () => void) => () => void;

export interface WebhookTarget {
  /** where the gateway pushes a customer's text */
  smsUrl: string;
  /** where the gateway pushes delivery reports */
  deliveryUrl: string;
  username: string;
  password: string;
}

export interface LinkAccount {
  username: string;
  password: string;
  platformId: string;
  platformPartnerId: string;
}

export interface PaycorePartner {
  partnerId: string;
  secretBase64: string;
}

export interface VippsSalesUnit {
  merchantSerialNumber: string;
  clientId: string;
  clientSecret: string;
  subscriptionKey: string;
}

export type AdvanceWorkflows = (
  seconds: number,
) => Promise<{ fastForwarded: number } | { unsupported: string }>;

export interface SimulatorOptions {
  /** where the journals live; null keeps everything in memory */
  dataDir: string | null;
  /** public base URL under which `app` is mounted, without a slash at the end; called on each use */
  baseUrl: () => string;
  /** further host names this process is reached by, beside `baseUrl`'s and addresses of digits */
  hostNames?: readonly string[];
  webhooks: () => WebhookTarget;
  link: LinkAccount;
  paycore: PaycorePartner;
  /** without it there is no stand-in of Vipps */
  vipps?: VippsSalesUnit;
  /** shortens the waits between tries of a webhook; 1, the default, are those the vendor publishes */
  vippsRetryScale?: number;
  shortNumber: string;
  /** fast-forwards open workflows; without it a clock step moves the clock alone */
  advanceWorkflows?: AdvanceWorkflows;
  /** first value of the setting: does Paycore itself release what a partial capture leaves? Unknown, so false. */
  paycoreReleasesRest?: boolean;
  /** without it the page shows the vendors' side alone */
  sms2pay?: Sms2pay;
  wallNow?: () => number;
  schedule?: Schedule;
}

export interface Simulator {
  /** Routes relative to the mount point. */
  app: Hono;
  clock: { now(): string; offsetMs(): number };
  /** For the log of the page; begins `durationMs` ago. */
  recordTemporal(call: Omit<TemporalCall, 'id' | 'at'>): void;
  /** Ends every wait and every push; what is undelivered stays in the journal. */
  close(): Promise<void>;
  /** Resolves when no push is being made and none waits for its first try (one that a fault delays does not count). */
  idle(): Promise<void>;
}
