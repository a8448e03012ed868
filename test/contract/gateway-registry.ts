import { linkSubject } from './link-subject.ts';
import type { SmsGatewaySubject } from './sms-gateway.contract.ts';

/** By the name of an account in `SMS_GATEWAYS` (src/config/vendors.ts). One that is missing fails the contract's test. */
export const GATEWAYS: Readonly<Record<string, SmsGatewaySubject>> = {
  link: linkSubject,
  link2: linkSubject,
};
