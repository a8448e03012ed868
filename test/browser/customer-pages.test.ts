// The customer's pages as a customer meets them: in Chromium, on a phone and on a desktop, in the dark, by keyboard, by a
// screen reader's rules, without JavaScript, and with the names that partners really choose.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { listen, type HttpServer } from '../../src/main/http-server.ts';
import { openChromium } from '../support/chromium.ts';
import { scaled } from '../support/scale.ts';
import { CUSTOMER_PAGES, openCustomerSite, pathOf, type CustomerSite } from './customer-site.ts';
import { axeViolations, PageWatch, sidewaysPx } from './page-watch.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };
const MAX_BYTES = 50_000;

let browser: Browser;
let wallet: HttpServer;
beforeAll(async () => {
  [browser, wallet] = await Promise.all([openChromium(), openWallet()]);
});
afterAll(async () => {
  await Promise.all([browser.close(), wallet.close()]);
});

/** Stands for a wallet at another address. */
function openWallet(): Promise<HttpServer> {
  const html =
    '<!doctype html><html lang="en"><title>Wallet</title><link rel="icon" href="data:,"><h1>Wallet</h1>';
  return listen(
    { host: '127.0.0.1', port: 0, portGiven: false },
    () => new Response(html, { headers: { 'content-type': 'text/html' } }),
  );
}

async function siteOf(options: Parameters<typeof openCustomerSite>[0] = {}): Promise<CustomerSite> {
  const site = await openCustomerSite(options);
  const paymentPageUrl = `${wallet.url}/pay?token=a%2Fb`;
  site.workflows.onOpened = () =>
    void Object.assign(site.session('pay'), { paymentPageUrl, paymentPageExpiresAt: '2999-01-01T00:00:00Z' });
  onTestFinished(() => site.close());
  return site;
}

async function pageOf(site: CustomerSite, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: PHONE, locale: 'en-GB', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const watch = await PageWatch.on(page, site.url, wallet.url);
  return { page, watch, open: (name: string) => page.goto(`${site.url}${pathOf(name)}`) };
}

/** As it is read: Intl writes no-break spaces. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const wordsOf = async (page: Page, selector: string): Promise<string> =>
  plain(await page.locator(selector).innerText());

const LOOKS = [
  { viewport: PHONE, colorScheme: 'light' },
  { viewport: PHONE, colorScheme: 'dark' },
  { viewport: DESKTOP, colorScheme: 'light' },
] as const;

test.each(CUSTOMER_PAGES.map(({ name }, index) => ({ name, index })))(
  '$name has no axe violation on phone or desktop, in light or dark, asks nobody else, and weighs little',
  async ({ name, index }) => {
    const { page, watch, open } = await pageOf(await siteOf());
    const turn = index % LOOKS.length;
    const looks = scaled({
      sample: LOOKS.slice(turn, turn + 1),
      rest: LOOKS.toSpliced(turn, 1),
      full: [...LOOKS],
    });
    await open(name);
    for (const { viewport, colorScheme } of looks) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      expect(await axeViolations(page), `${viewport.width} px, ${colorScheme}`).toEqual([]);
    }
    const is404 = (trouble: string): boolean => name === 'not-found' && trouble.includes('404');
    expect(watch.troubles.filter((trouble) => !is404(trouble))).toEqual([]);
    expect(watch.bytes).toBeGreaterThan(2_000);
    expect(watch.bytes).toBeLessThan(MAX_BYTES);
  },
);

test('no page scrolls sideways at 320 px, nor with letters of twice the size', async () => {
  const { page, open } = await pageOf(await siteOf({ session: { language: 'nb' } }), { locale: 'nb-NO' });
  for (const { name } of CUSTOMER_PAGES) {
    await page.setViewportSize({ width: 320, height: 640 });
    await open(name);
    expect(await sidewaysPx(page), `${name} at 320 px`).toBe(0);
    await page.evaluate('document.documentElement.style.fontSize = "200%"');
    expect(await sidewaysPx(page), `${name} at 320 px and 200 %`).toBe(0);
  }
});

const HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>';
const NAMES = {
  'a script': HOSTILE,
  'right to left': 'شركة الدراجات \u202Eevil\u202C',
  emoji: '🚲⚡️👩‍👩‍👧‍👦 Bike 🇳🇴',
  'one endless word': 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen',
};

test.each(Object.entries(NAMES))(
  'a partner, a service and a reference that are %s are shown as they are',
  async (_what, name) => {
    const site = await siteOf({
      partner: { name, termsUrl: 'javascript:alert(3)', privacyUrl: 'https://x.example/"onclick="alert(4)' },
      session: { serviceReference: name.slice(0, 40) },
      receipt: { merchantName: name, serviceName: name, serviceReference: name.slice(0, 40) },
    });
    const { page, watch, open } = await pageOf(site, { viewport: { width: 320, height: 640 } });
    for (const shown of ['pay', 'active', 'charged', 'receipt']) {
      await open(shown);
      expect(await page.locator('bdi').first().innerText()).toBe(name);
      expect(await sidewaysPx(page), shown).toBe(0);
      expect(await page.locator('img, [onclick], [onerror], a[href^="javascript"]').count()).toBe(0);
    }
    expect(watch.troubles).toEqual([]);
  },
);

/** Presses Tab until `label` has the focus; fails when it never does, or when nothing shows where the focus is. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0 || plain(await focused.innerText()) !== label) continue;
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    return;
  }
  throw new Error(`the keyboard does not reach ${label}`);
}

test('by keyboard alone: reserve, come back, stop, say yes', async () => {
  const site = await siteOf();
  const { page, watch, open } = await pageOf(site);
  await open('pay');
  await tabTo(page, 'Reserve NOK 5.00');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${wallet.url}/**`);
  expect(await wordsOf(page, 'h1')).toBe('Wallet');

  await open('active');
  await tabTo(page, 'Stop and pay');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/stop');
  expect(await wordsOf(page, 'h1')).toBe('Stop now?');
  await tabTo(page, 'Yes, stop now');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${site.url}${pathOf('active')}`);
  expect(await wordsOf(page, 'h1')).toBe('Your use has ended');
  expect(site.workflows.session('session-active').received).toHaveLength(1);
  expect(watch.troubles).toEqual([]);
});

test('without JavaScript: the wallet, the language, Stop and the calm reload all work', async () => {
  const site = await siteOf();
  const { page, watch, open } = await pageOf(site, { javaScriptEnabled: false });
  await open('pay');
  await page.getByRole('button', { name: 'Reserve NOK 5.00' }).click();
  await page.waitForURL(`${wallet.url}/**`);

  await open('active');
  expect(await page.getByRole('timer').innerText()).toBe('1:03:20');
  expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe(
    `15; url=${pathOf('active')}`,
  );
  await page.getByRole('link', { name: 'Norsk' }).click();
  await page.getByRole('link', { name: 'Stopp og betal' }).click();
  expect(await wordsOf(page, 'h1')).toBe('Vil du stoppe nå?');
  await page.getByRole('button', { name: 'Ja, stopp nå' }).click();
  expect(await wordsOf(page, 'h1')).toBe('Bruken er avsluttet');
  await open('receipt');
  expect(await page.locator('html').getAttribute('lang')).toBe('nb');
  expect(watch.troubles).toEqual([]);
});

test('the live page runs on by itself, follows the session to its receipt, and then rests', async () => {
  const site = await siteOf();
  const { page, watch, open } = await pageOf(site);
  await open('active');
  const timer = page.getByRole('timer');
  await expect.poll(() => timer.innerText()).not.toBe('1:03:20');
  const lookNow = () => page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');

  site.clock.at = '2026-11-23T13:10:00.000Z';
  await lookNow();
  await expect.poll(() => wordsOf(page, '.meter-amount')).toContain('NOK 4.00');
  expect(await timer.innerText()).toMatch(/^3:10:0\d$/);

  site.inbox.down = true;
  await lookNow();
  await expect.poll(() => watch.troubles.splice(0)).toEqual([expect.stringContaining('500')]);
  expect(await timer.count()).toBe(1);
  site.inbox.down = false;

  const ended = { endedAt: site.clock.at, computedMinor: 400 };
  Object.assign(site.session('active'), { ...ended, state: 'capturing' });
  await lookNow();
  await expect.poll(() => wordsOf(page, 'h1')).toBe('Your use has ended');
  expect(await page.title()).toBe('Your use has ended');
  Object.assign(site.session('active'), { state: 'captured', capturedMinor: 400 });
  await lookNow();
  await expect.poll(() => wordsOf(page, 'h1')).toBe('Paid');
  site.addReceipt('active');
  await lookNow();
  await expect.poll(() => page.getByRole('link', { name: 'See the receipt' }).count()).toBe(1);

  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await lookNow();
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))');
  expect(asked).toEqual([]);
  expect(watch.troubles).toEqual([]);
});

test('the page that waits for the wallet becomes the live session by itself', async () => {
  const site = await siteOf();
  const { page, watch, open } = await pageOf(site);
  await open('checking');
  const lookNow = () => page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
  Object.assign(site.session('checking'), {
    state: 'active',
    startedAt: site.clock.at,
    reservedMinor: 500,
  });
  await lookNow();
  await expect.poll(() => wordsOf(page, 'h1')).toBe('You have started');
  site.clock.at = '2026-11-23T12:30:00.000Z';
  await lookNow();
  await expect.poll(() => wordsOf(page, '.meter-amount')).toContain('NOK 2.00');
  expect(watch.troubles).toEqual([]);
});

test('pages can be framed by our own alone, and print without their frame', async () => {
  const { page, open } = await pageOf(await siteOf());
  const response = await open('receipt');
  expect(response?.headers()['content-security-policy']).toContain("frame-ancestors 'self'");
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('.ui-header').isVisible()).toBe(false);
  expect(await page.locator('.ui-footer').isVisible()).toBe(false);
  expect(await page.locator('h1').isVisible()).toBe(true);
});
