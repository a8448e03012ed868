// Owns: the two services that are used: one through Paycore, one through Vipps. Prices by the second, so that a use of
// seconds costs something: api and worker go by the wall clock.

export interface Service {
  provider: 'paycore' | 'vipps';
  partnerId: string;
  startWord: string;
  endWord: string;
}

export const SERVICES: readonly Service[] = [
  { provider: 'paycore', partnerId: 'chaos-paycore', startWord: 'CHARGE', endWord: 'ENDCHARGE' },
  { provider: 'vipps', partnerId: 'chaos-vipps', startWord: 'PARK', endWord: 'ENDPARK' },
];

export const SHORT_NUMBER = '27222';

const NAMES = { paycore: 'Chaos Paycore AS', vipps: 'Chaos Vipps AS' } as const;

/** What the auditor prices by, too: written here once, in the form `sms2pay partner add` takes. */
export const TERMS = {
  reservationMinor: 500,
  priceMinorPerSecond: 100,
  freeSeconds: 1,
  linkLifeSeconds: 40,
  sessionLimitSeconds: 20,
} as const;

export function partnerFile({ provider, partnerId, startWord, endWord }: Service): object {
  const route = { gateway: 'link', shortNumber: SHORT_NUMBER, serviceId: partnerId };
  return {
    partner: {
      partnerId,
      name: NAMES[provider],
      organisationNumber: '999888777',
      provider,
      timeZone: 'Europe/Oslo',
      language: 'en',
      receiptSmsOn: true,
      receiptSmsText: 'You have been charged {{amount}} NOK. Receipt: {{receiptPageUrl}}',
    },
    services: [
      {
        serviceId: partnerId,
        name: 'Seconds',
        currency: 'NOK',
        reservationMinor: TERMS.reservationMinor,
        tariff: {
          priceMinorPerUnit: TERMS.priceMinorPerSecond,
          unit: '1s',
          step: '1s',
          free: `${TERMS.freeSeconds}s`,
        },
        vatBasisPoints: 2500,
        linkLife: `${TERMS.linkLifeSeconds}s`,
        sessionLimit: `${TERMS.sessionLimitSeconds}s`,
        warningBeforeLimit: '4s',
        whenUsedUp: 'continue',
      },
    ],
    routes: [
      { ...route, keyword: startWord, action: 'start' },
      { ...route, keyword: endWord, action: 'end' },
    ],
  };
}
