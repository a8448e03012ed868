// Owns: the services that are used, through Paycore and through Vipps. Prices by the second, so that a use of
// seconds costs something: api and worker go by the wall clock.

export interface Service {
  provider: 'paycore' | 'vipps';
  partnerId: string;
  startWord: string;
  endWord: string;
  /** the session ends by itself after this */
  sessionLimitSeconds: number;
}

/** Far beyond any use here: an ENDCHARGE that the gateway must bring again for a minute is still in time. */
const AMPLE_LIMIT_SECONDS = 300;

export const SERVICES: readonly Service[] = [
  {
    provider: 'paycore',
    partnerId: 'chaos-paycore',
    startWord: 'CHARGE',
    endWord: 'ENDCHARGE',
    sessionLimitSeconds: AMPLE_LIMIT_SECONDS,
  },
  {
    provider: 'vipps',
    partnerId: 'chaos-vipps',
    startWord: 'PARK',
    endWord: 'ENDPARK',
    sessionLimitSeconds: AMPLE_LIMIT_SECONDS,
  },
];

/** Whoever never ends uses this one. */
export const LIMITED_SERVICE: Service = {
  provider: 'vipps',
  partnerId: 'chaos-limited',
  startWord: 'RENT',
  endWord: 'ENDRENT',
  sessionLimitSeconds: 12,
};

export const ALL_SERVICES: readonly Service[] = [...SERVICES, LIMITED_SERVICE];

export const SHORT_NUMBER = '27222';

/** Some of the words that end the only open session whoever's it is. */
export const GENERAL_END_WORDS: readonly string[] = ['STOP', 'SLUTT', 'FERDIG', 'QUIT'];

/** What the auditor prices by, too: written here once, in the form `sms2pay partner add` takes. */
export const TERMS = {
  reservationMinor: 500,
  priceMinorPerSecond: 100,
  freeSeconds: 1,
  linkLifeSeconds: 40,
} as const;

export function partnerFile(service: Service): object {
  const { provider, partnerId, startWord, endWord, sessionLimitSeconds } = service;
  const route = { gateway: 'link', shortNumber: SHORT_NUMBER, serviceId: partnerId };
  return {
    partner: {
      partnerId,
      name: `Chaos AS, ${partnerId}`,
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
        sessionLimit: `${sessionLimitSeconds}s`,
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
