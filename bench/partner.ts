// The partner of the reference flow, in the form `sms2pay partner add` takes: 1 NOK per started hour, of 5 NOK reserved. Without
// grace, so that a use of less than a second costs something; with a long-lived link, so that what one part began does not end in another.

const route = { gateway: 'link', shortNumber: '27222', serviceId: 'charge' };

export const PARTNER_FILE = {
  partner: {
    partnerId: 'reference',
    name: 'Reference partner',
    organisationNumber: '999888777',
    provider: 'paycore',
    timeZone: 'Europe/Oslo',
    language: 'en',
    receiptSmsOn: true,
    receiptSmsText: 'You have been charged {{amount}} NOK. Receipt: {{receiptPageUrl}}',
  },
  services: [
    {
      serviceId: 'charge',
      name: 'Charging',
      currency: 'NOK',
      reservationMinor: 500,
      tariff: { priceMinorPerUnit: 100, unit: '1h', step: '1h' },
      vatBasisPoints: 2500,
      linkLife: '4h',
      sessionLimit: '24h',
      warningBeforeLimit: '30m',
      whenUsedUp: 'continue',
    },
  ],
  routes: [
    { ...route, keyword: 'CHARGE', action: 'start' },
    { ...route, keyword: 'ENDCHARGE', action: 'end' },
  ],
};
