// The sales document as the law and the customer need it: complete, exact, and honest about what was given back.
import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/ports/receipt-store.ts';
import { apiFixture, aReceipt, MSISDN, RECEIPT_TOKEN } from './api-fixture.ts';

async function readReceipt(receipts: Receipt[], language = 'en', token = RECEIPT_TOKEN) {
  const { app } = apiFixture({ receipts });
  const response = await app.request(`/r/${token}`, { headers: { 'accept-language': language } });
  const html = await response.text();
  const text = html
    .replaceAll(/<\/?bdi>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
  return { status: response.status, html, text, headers: response.headers };
}

describe('a receipt', () => {
  test('states all that a sales document must (English)', async () => {
    const { status, text } = await readReceipt([aReceipt()]);
    expect(status).toBe(200);
    for (const words of [
      'Receipt 41',
      'Fjord Bikes AS',
      'Org. no. 999 888 777 MVA',
      'Number 41',
      'Issued 23 Nov 2026, 12:00:45 CET',
      'Service Bike hire (BAY 7)',
      'From 23 Nov 2026, 11:00:00 CET',
      'To 23 Nov 2026, 12:00:30 CET',
      'Duration 1 h 0 min 30 s',
      'Price NOK 1 per started hour',
      'Excluding VAT NOK 0.80',
      'VAT 25% NOK 0.20',
      'Total including VAT NOK 1.00',
      'Reserved NOK 5.00',
      'Charged NOK 1.00',
    ])
      expect(text).toContain(words);
  });

  test('the same in Norwegian', async () => {
    const { html, text } = await readReceipt([aReceipt()], 'nb-NO');
    expect(html).toContain('<html lang="nb">');
    for (const words of [
      'Kvittering 41',
      'Org.nr 999 888 777 MVA',
      'Utstedt 23. nov. 2026, 12:00:45 CET',
      'Varighet 1 t 0 min 30 s',
      '1 kr per påbegynt time',
      'Uten mva. 0,80 kr',
      'Mva. 25 % 0,20 kr',
      'Sum med mva. 1,00 kr',
      'Reservert 5,00 kr',
      'Trukket 1,00 kr',
    ])
      expect(text).toContain(words);
  });

  test('shows VAT rates with their decimals', async () => {
    const { text } = await readReceipt([aReceipt({}, { vatBasisPoints: 1111 })]);
    expect(text).toContain('VAT 11.11%');
  });

  test('says "given back" only of what is known to be', async () => {
    const assumed = await readReceipt([aReceipt({}, { releaseSource: 'assumed' })]);
    expect(assumed.text).toContain('Not charged NOK 4.00');
    expect(assumed.text).toContain('released by your bank or wallet');
    expect(assumed.text).not.toContain('Given back');
    for (const releaseSource of ['call', 'provider'] as const) {
      const proven = await readReceipt([aReceipt({}, { releaseSource })]);
      expect(proven.text).toContain('Given back NOK 4.00');
      expect(proven.text).not.toContain('released by');
    }
  });

  test('of a reservation used up shows no rest, and no shortfall as a debt', async () => {
    const { text } = await readReceipt([
      aReceipt(
        {},
        { capturedMinor: 500, grossMinor: 500, releasedMinor: 0, releaseSource: null, shortfallMinor: 234 },
      ),
    ]);
    expect(text).not.toMatch(/Not charged|Given back|released|2\.34|7\.34/);
  });

  test('lists its credit notes, and a credit note its receipt', async () => {
    const note = aReceipt(
      { kind: 'creditNote', number: 42, token: 'credit_abcdefghijklmn1', operationId: 'session-a-refund-1' },
      { grossMinor: 60, netMinor: 48, vatMinor: 12 },
    );
    const sale = await readReceipt([aReceipt(), note]);
    expect(sale.html).toContain('href="/r/credit_abcdefghijklmn1"');
    expect(sale.text).toContain('Credit note 42');
    expect(sale.text).toContain('NOK 0.60');

    const credit = await readReceipt([aReceipt(), note], 'en', note.token);
    expect(credit.text).toContain('Credit note 42');
    expect(credit.text).toContain('Credited NOK 0.60');
    expect(credit.text).not.toContain('Reserved');
    expect(credit.html).toContain(`href="/r/${RECEIPT_TOKEN}"`);
  });

  test('escapes what partners and customers wrote', async () => {
    const { html } = await readReceipt([
      aReceipt({}, { merchantName: '<script>x</script>', serviceReference: '<b>7' }),
    ]);
    expect(html).not.toMatch(/<script|<b>7/);
  });

  test('is not stored, indexed or framed, and names nobody', async () => {
    const { html, headers } = await readReceipt([aReceipt()]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(html).toContain('noindex');
    expect(html).not.toMatch(new RegExp(`${MSISDN}|session-a|partner-1`));
  });

  test('that is unknown is a 404 page', async () => {
    const { status, text } = await readReceipt([], 'nb');
    expect(status).toBe(404);
    expect(text).toContain('Siden finnes ikke');
  });
});
