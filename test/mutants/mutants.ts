/** One deliberate bug, and the test that must notice it. */
export interface Mutant {
  /** what the bug would do to a customer or a company, in a few words */
  bug: string;
  file: string;
  /** stands in the file exactly once */
  find: string;
  replace: string;
  /** the test that catches it: file, and its name or the beginning of it */
  test: { file: string; name: string };
}

/** Each has been made by somebody, somewhere, in a system that moves money (`docs/testing.md` shows the table). */
export const MUTANTS: readonly Mutant[] = [
  {
    bug: 'a new idempotency key for every attempt of a capture',
    file: 'src/activities/payment.ts',
    find: `      idempotencyKey: operationId,
      amountMinor,
      authorizedMinor,`,
    replace: `      idempotencyKey: \`\${operationId}-\${Math.random()}\`,
      amountMinor,
      authorizedMinor,`,
    test: {
      file: 'test/activities/capture.test.ts',
      name: 'a capture that failed in between without acting is repeated under the same key',
    },
  },
  {
    bug: 'a capture although nothing is to be paid',
    file: 'src/domain/session/after-use.ts',
    find: '(use.price?.chargeMinor ?? 0) > 0 ? use : null;',
    replace: '(use.price?.chargeMinor ?? -1) >= 0 ? use : null;',
    test: {
      file: 'test/domain/session/capture.test.ts',
      name: 'the price of the use of nothing is not captured where the provider names no smallest amount',
    },
  },
  {
    bug: 'more captured than was reserved',
    file: 'src/domain/session/use.ts',
    find: 'const amountMinor = Math.min(computedMinor, reservedMinor);',
    replace: 'const amountMinor = computedMinor;',
    test: {
      file: 'test/domain/session/capture.test.ts',
      name: 'the price of the use is never captured above the reservation',
    },
  },
  {
    bug: 'a capture believed without reading it back',
    file: 'src/activities/payment.ts',
    find: `      currency,
    }),
  );
  const after = await call.read();
  if (after && after.capturedMinor > 0) return`,
    replace: `      currency,
    }),
  );
  const after = { ...before, capturedMinor: amountMinor };
  if (after && after.capturedMinor > 0) return`,
    test: {
      file: 'test/activities/capture.test.ts',
      name: 'a capture that the provider confirmed while its reads lag behind is not told before a read shows it',
    },
  },
  {
    bug: 'a capture called without a read that would show an earlier capture',
    file: 'src/activities/payment.ts',
    find: 'if (before && before.capturedMinor > 0) return await captured(deps, call, input, before);',
    replace: '',
    test: {
      file: 'test/activities/capture.test.ts',
      name: 'money that somebody else took is told as read, without an operation of ours',
    },
  },
  {
    bug: 'the time of a page visit ignored, so that a payment made by a late one expires at once',
    file: 'src/workflows/signals.ts',
    find: 'return isInstant(at) ? at : null;',
    replace: 'return isInstant(null) ? at : null;',
    test: {
      file: 'test/workflows/before-use.test.ts',
      name: 'case 5: the link leads to the wallet whenever it is opened first, as long as it holds',
    },
  },
  {
    bug: 'a read that does not settle the record of a call that it proves',
    file: 'src/activities/money-call.ts',
    find: 'await this.confirmCalls(snapshot);',
    replace: '',
    test: {
      file: 'test/activities/money-crash.test.ts',
      name: 'whose last try dies once its call has acted is on record as done by the look that shows it',
    },
  },
  {
    bug: 'the rest of a reservation not released after the capture',
    file: 'src/domain/session/after-use.ts',
    find: `['captured', 'lost', 'writtenOff'].includes(use.state)`,
    replace: `['lost', 'writtenOff'].includes(use.state)`,
    test: {
      file: 'test/domain/session/give-back.test.ts',
      name: 'the rest after a partial capture is released by our call where there is one, and known from it',
    },
  },
  {
    bug: 'a callback believed as an approval',
    file: 'src/domain/session/decide.ts',
    find: `    case 'paymentChanged':
      for (const payment of session.payments) readForHint(session, payment);
      return;`,
    replace: `    case 'paymentChanged':
      for (const payment of session.payments) payment.stage = 'authorized';
      return;`,
    test: {
      file: 'test/domain/session/before-use.test.ts',
      name: 'billing starts when the provider says it was approved, not when we looked',
    },
  },
  {
    bug: 'two texts with the same words treated as one',
    file: 'src/adapters/sms/link/transform.ts',
    find: 'return { messageId, msisdn,',
    replace: 'return { messageId: text, msisdn,',
    test: { file: 'test/adapters/link-webhook.test.ts', name: 'an incoming text is understood as' },
  },
  {
    bug: 'a customer freed for the next session before being notified of the outcome',
    file: 'src/domain/session/deadlines.ts',
    find: '  if (!isNotified && isBefore(now, freeBy)) return;\n',
    replace: '',
    test: {
      file: 'test/domain/session/messages.test.ts',
      name: 'the slot is freed when the outcome was told, not before',
    },
  },
  {
    bug: 'an abandoned money step still allowed to call',
    file: 'src/adapters/store/money.ts',
    find: ' and fencing_token <= ${fencingToken}',
    replace: '',
    test: {
      file: 'test/activities/capture.test.ts',
      name: 'a try that should not be running any more makes no call when a later step of the session has begun',
    },
  },
  {
    bug: 'a late answer of an earlier money step treated as the answer of the running one',
    file: 'src/domain/session/money-step.ts',
    find: '  if (running === null || running.paymentNumber !== event.paymentNumber) return false;\n',
    replace: '  if (running === null) return true;\n',
    test: {
      file: 'test/domain/session/money-lane.test.ts',
      name: 'the money lane ignores the answer about another payment than the one it asks for',
    },
  },
  {
    bug: 'a second payment made while the first may still be approved',
    file: 'src/domain/session/before-use.ts',
    find: 'if (waiting === null) addPayment(session);',
    replace: `if (waiting?.stage !== 'wanted') addPayment(session);`,
    test: {
      file: 'test/domain/session/open-payment.test.ts',
      name: 'a tap that comes twice, before or after the payment exists, makes one payment',
    },
  },
  {
    bug: 'an approval after the cancellation used for a session',
    file: 'src/domain/session/before-use.ts',
    find: '  if (endRequested && !isBefore(authorizedAt, endRequested.at))',
    replace: '  if (endRequested && isBefore(authorizedAt, endRequested.at))',
    test: {
      file: 'test/domain/session/before-use.test.ts',
      name: 'counts an approval of the same instant as later',
    },
  },
  {
    bug: 'a receipt text sent again when its sending has an unknown outcome',
    file: 'src/activities/messaging.ts',
    find: `new Set(['paymentLink', 'linkAgain'])`,
    replace: `new Set(['paymentLink', 'linkAgain', 'receipt'])`,
    test: {
      file: 'test/activities/send-text.test.ts',
      name: 'a text whose outcome is unknown is not sent again when it is a receipt',
    },
  },
  {
    bug: 'a receipt text sent again while it is being sent',
    file: 'src/adapters/store/outbox.ts',
    find: `mayRepeat ? ['prepared', 'sending', 'unknown'] : ['prepared']`,
    replace: `['prepared', 'sending', 'unknown']`,
    test: {
      file: 'test/activities/send-text.test.ts',
      name: 'two tries of a receipt at once send one text: the second leaves it to the first',
    },
  },
  {
    bug: 'an unknown status of the provider treated as an approval',
    file: 'src/adapters/payment/vipps/transform.ts',
    find: `    default:
      return 'pending';`,
    replace: `    default:
      return 'authorized';`,
    test: { file: 'test/adapters/vipps-status.test.ts', name: 'the status table' },
  },
  {
    bug: 'a write without an answer treated as a refusal',
    file: 'src/adapters/http/provider-faults.ts',
    find: `isRead ? 'unavailable' : 'outcomeUnknown'`,
    replace: `isRead ? 'unavailable' : 'rejected'`,
    test: {
      file: 'test/adapters/vipps-faults.test.ts',
      name: 'without an answer in time a write has an unknown outcome',
    },
  },
  {
    bug: 'a callback accepted without credentials',
    file: 'src/adapters/http/credentials.ts',
    find: 'return timingSafeEqual(digest(a), digest(b));',
    replace: 'return a.length === b.length;',
    test: { file: 'test/adapters/vipps-callbacks.test.ts', name: 'is refused with 401' },
  },
  {
    bug: 'a refund made again although a read shows the first',
    file: 'src/activities/session-action.ts',
    find: '  if (mayBeDone && (await isShown(before))) return await refunded(deps, call, input, before);\n',
    replace: '',
    test: {
      file: 'test/activities/session-action.test.ts',
      name: 'by a lost answer after the provider acted is found by the next try, not repeated',
    },
  },
  {
    bug: 'a receipt number is left out',
    file: 'src/adapters/store/receipts.ts',
    find: 'set last_number = partner_receipt_counter.last_number + 1',
    replace: 'set last_number = partner_receipt_counter.last_number + 2',
    test: {
      file: 'test/activities/receipt.test.ts',
      name: 'a receipt has numbers without gaps for each partner',
    },
  },
  {
    bug: 'the use billed until its ENDCHARGE reached us, not until it was sent',
    file: 'src/domain/session/use.ts',
    find: 'return clampInstant(sentAt, use?.startedAt ?? receivedAt, receivedAt);',
    replace: 'return clampInstant(receivedAt, use?.startedAt ?? sentAt, receivedAt);',
    test: {
      file: 'test/domain/session/use.test.ts',
      name: 'at the gateway’s time of the ENDCHARGE, not when it reached us',
    },
  },
  {
    bug: 'an older projection of a session written over a newer one',
    file: 'src/adapters/store/sessions.ts',
    find: `          .where('revision', '<', columns.revision)\n`,
    replace: '',
    test: {
      file: 'test/contract/stores.postgres.test.ts',
      name: 'takes a projection with a higher revision and ignores an older one',
    },
  },
  {
    bug: 'texts that a closing session has not handled dropped',
    file: 'src/adapters/store/inbox/inbox.ts',
    find: `set state = 'stored', assignment_kind = null, signal = null, session_id = null, dispatched_at = null,`,
    replace: `set state = 'handled', handled_at = received_at, dispatched_at = received_at,`,
    test: {
      file: 'test/contract/stores.postgres.test.ts',
      name: 'a CHARGE and the freeing of its slot: it reaches the old session or starts one, and is never lost',
    },
  },
  {
    bug: 'a text acknowledged although it could not be stored',
    file: 'src/api/webhooks/sms.ts',
    find: `return unavailable(c, 'The message could not be stored. Please send it again.');`,
    replace: `return c.text('OK');`,
    test: { file: 'test/api/sms-webhook.test.ts', name: 'a text is not acknowledged: 503 with Retry-After' },
  },
  {
    bug: 'an approval in the last second of its payment link treated as too late',
    file: 'src/domain/session/before-use.ts',
    find: 'begunAt !== null && isBefore(begunAt, linkEnd)',
    replace: 'begunAt !== null && isBefore(begunAt, payment.createdAt)',
    test: {
      file: 'test/domain/session/before-use.test.ts',
      name: 'does not expire by a look that began before the end of its link',
    },
  },
  {
    bug: 'a price waived without a recorded operator action',
    file: 'src/workflows/operator-action.ts',
    find: 'recorded.action === null || recorded.action !== action',
    replace: 'recorded.action !== null && recorded.action !== action',
    test: {
      file: 'test/workflows/rubbish.test.ts',
      name: "an operator action that is on nobody's record changes nothing, and the use is billed as ever",
    },
  },
  {
    bug: 'the second of two authorized payments forgotten when the release of the first was refused',
    file: 'src/activities/reconciliation.ts',
    find: 'for (const { paymentNumber, remainingMinor: amountMinor } of unreleased) {',
    replace: 'for (const { paymentNumber, remainingMinor: amountMinor } of unreleased.slice(0, 1)) {',
    test: {
      file: 'test/workflows/reconciliation.test.ts',
      name: 'of two payments is given back where it can be, and what was refused is a task',
    },
  },
  {
    bug: 'a capture repeated with an idempotency key that was refused',
    file: 'src/domain/session/after-use.ts',
    find: 'if (use) use.capture.keyNumber += 1;',
    replace: '',
    test: {
      file: 'test/workflows/after-use.test.ts',
      name: 'uses the next key after a bound refusal, and captures the money once',
    },
  },
  {
    bug: "another key used for a capture that the provider's event log already shows",
    file: 'src/activities/money-call.ts',
    find: `if (log !== 'none' && isLogged(log, of, operationId)) throw notVisibleYet('outcome');`,
    replace: '',
    test: {
      file: 'test/activities/spent-key.test.ts',
      name: 'is not asked for with another key while the event log shows it as made and the read does not yet',
    },
  },
  {
    bug: 'a new key used while an unanswered call with the old one may still have an effect',
    file: 'src/activities/money-call.ts',
    find: ` && (earlier === null || earlier.state === 'refusedUnclear')`,
    replace: '',
    test: {
      file: 'test/activities/spent-key.test.ts',
      name: 'keeps its key for ever where one of its tries was not answered: that one may still act',
    },
  },
  {
    bug: 'a text acknowledged that was refused because it had waited too long',
    file: 'src/app/inbox/intake.ts',
    find: `next.done('overloaded');`,
    replace: `next.done([]);`,
    test: {
      file: 'test/app/intake.test.ts',
      name: 'what has waited for a second is refused and never stored',
    },
  },
  {
    bug: 'a text dispatched before an older one of its slot that waits for its next attempt',
    file: 'src/adapters/store/inbox/undispatched.ts',
    find: `.where((older) => older.not(isDue(older.ref('older.nextDispatchAt'), at))),`,
    replace: `.where((older) => older.lit(false)),`,
    test: {
      file: 'test/contract/stores.pglite.test.ts',
      name: 'takes the rows that are due, the longest waiting first, and none behind one of its slot that is not',
    },
  },
  {
    bug: "a capture called again while another try's call may still be under way, at a provider without keys",
    file: 'src/activities/money-call.ts',
    find: `this.assertAlone(earlier);`,
    replace: '',
    test: {
      file: 'test/activities/money-crash.test.ts',
      name: 'whose call may still be under way is not called for by the next try, where no key removes doubles',
    },
  },
  {
    bug: 'a call made by a process that stood still since it took the token',
    file: 'src/activities/money-call.ts',
    find: ` && now - recordedAfterMs <= BEGIN_WITHIN_MS`,
    replace: '',
    test: {
      file: 'test/activities/money-crash.test.ts',
      name: 'whose process stands still between its record and its call makes no call, and the next one does',
    },
  },
  {
    bug: 'a callback ignored although its session goes on',
    file: 'src/adapters/store/money.ts',
    find: `eb('chargeSession.state', 'not in', OPEN_STATES),`,
    replace: '',
    test: {
      file: 'test/contract/stores.pglite.test.ts',
      name: 'are final once their session is over and all that was reserved is accounted for',
    },
  },
  {
    bug: 'a callback after the approval ignored although the payment is not final',
    file: 'src/app/sessions/payment-hints.ts',
    find: '(owner) => !owner.isFinal',
    replace: '(owner) => owner.isApprovalAwaited',
    test: {
      file: 'test/api/payment-webhook.test.ts',
      name: 'is passed on a second later where something is left: the provider has cancelled, or a part is captured',
    },
  },
  {
    bug: 'a request that may have reached the vendor treated as not sent',
    file: 'src/adapters/http/exchange.ts',
    find: "        kind = 'lost';\n",
    replace: '',
    test: {
      file: 'test/adapters/exchange.test.ts',
      name: 'perhaps sent is a request to a server that never answers',
    },
  },
];
