import type { WalletDoor } from '../../page/wallet.tsx';
import type { VippsPayments } from './payments.ts';

/** The landing page and the app behind it: whoever has the token decides. */
export function vippsDoor(payments: VippsPayments): WalletDoor {
  return (c) => {
    const row = payments.byToken(c.req.param('token') ?? '');
    const payment = row === null ? null : payments.byId(row.id);
    if (row === null || payment === null) return null;
    return {
      payment,
      decide: (decision) => {
        const decided = decision === 'approve' ? payments.approve(row.id) : payments.reject(row.id);
        if (decided.ok) return { kind: 'back', returnUrl: row.returnUrl };
        const now = payments.byId(row.id);
        return now?.status === 'pending' ? { kind: 'again', why: decided.why } : { kind: 'processed' };
      },
    };
  };
}
