import type { PaymentRules } from '../../src/domain/payment.ts';
import type { SessionTerms } from '../../src/domain/session-terms.ts';
import { ASSUMING, CALLING, ON_OPEN, someTerms } from '../domain/session/session-drive.ts';
import type { WorldOptions } from './actions.ts';
import type { ProviderKind } from './test-ledger.ts';

const RULES: Record<ProviderKind, PaymentRules> = {
  paycore: ASSUMING,
  calling: CALLING,
  onOpen: { ...ON_OPEN, showsReceipt: true },
  noAbandon: { ...CALLING, abandon: false },
  automatic: { ...CALLING, release: 'automaticAfterCapture' },
  lapsing: { ...ASSUMING, release: 'lapses' },
};

export function termsOf(options: WorldOptions): SessionTerms {
  const { captureDeadlineMs, linkLifeMs, sessionLimitMs, whenUsedUp } = options;
  const payment = { ...RULES[options.provider], captureDeadlineMs };
  return someTerms({ payment, linkLifeMs, sessionLimitMs, whenUsedUp });
}
