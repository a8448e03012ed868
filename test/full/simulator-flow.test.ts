// The reference flow as somebody does it who has just typed `npm start`: the real thing, by what is written on it.
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Installation } from '../e2e/installation.ts';
import { setUp } from '../e2e/set-up.ts';
import { openChromium } from '../support/chromium.ts';
import { PageWatch } from '../browser/page-watch.ts';

const LIMIT_MS = 120_000;
vi.setConfig({ testTimeout: LIMIT_MS });

let browser: Browser;
let installation: Installation;
setUp(
  async () => {
    installation = await Installation.create();
    [browser] = await Promise.all([openChromium(), installation.start()]);
  },
  async () => {
    await browser?.close();
    await installation?.end();
  },
  LIMIT_MS,
);

/** Opens the printed address. Any console message, error or request to another host fails the test. */
async function visit(options: BrowserContextOptions): Promise<Page> {
  const { url } = installation.client;
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const watch = await PageWatch.on(page, url);
  onTestFinished(async () => {
    await context.close();
    expect(watch.troubles).toEqual([]);
  });
  await page.goto(`${url}/sim`);
  await page.waitForSelector('body[data-connected="yes"]');
  return page;
}

const browserOf = (page: Page) => page.frameLocator('iframe[title="The phone\'s browser"]');
const step = (page: Page, title: string): Promise<void> =>
  page.getByRole('heading', { name: title }).waitFor();

/** From CHARGE to the open receipt; `press` is how things are pressed. Returns how many were. */
async function flow(page: Page, press: (what: Locator) => Promise<void>): Promise<number> {
  let presses = 0;
  const pressed = async (what: Locator): Promise<void> => {
    await what.waitFor();
    presses += 1;
    await press(what);
  };
  const messages = page.getByRole('log', { name: 'Messages' });
  await pressed(page.getByRole('button', { name: 'CHARGE', exact: true }));
  await step(page, 'Tour: step 3 of 8');
  await pressed(messages.getByRole('link').last());
  await pressed(browserOf(page).getByRole('button', { name: /NOK\s5/ }));
  await pressed(browserOf(page).getByRole('button', { name: 'Approve' }));
  await step(page, 'Tour: step 4 of 8');
  await pressed(page.getByRole('button', { name: '+1 h' }));
  await step(page, 'Tour: step 5 of 8');
  await pressed(page.getByRole('button', { name: 'Back to texts' }));
  await pressed(page.getByRole('button', { name: 'ENDCHARGE', exact: true }));
  await step(page, 'Tour done');
  await pressed(messages.getByRole('link').last());
  await browserOf(page).getByText('Receipt').first().waitFor();
  expect(await browserOf(page).locator('body').innerText()).toMatch(/NOK\s1\.00/);
  await pressed(page.getByRole('button', { name: 'Back to texts' }));
  expect(await messages.innerText()).toContain('You have been charged 1 NOK');
  return presses;
}

const click = (what: Locator): Promise<void> => what.click();

test('on a phone: twelve taps at most, and the wallet shows what was charged', async () => {
  const page = await visit({ viewport: { width: 390, height: 844 }, hasTouch: true });
  const taps = await flow(page, (what) => what.tap());
  await page.getByRole('button', { name: 'Wallet' }).tap();
  const wallet = page.getByRole('region', { name: 'Wallet' });
  expect(await wallet.innerText()).toMatch(/1\.00 NOK[\s\S]*Reserved\s+5\.00 NOK\s+Charged\s+1\.00 NOK/);
  expect(taps + 1).toBeLessThanOrEqual(12);
});

test('on a desktop: all three panes tell the same, and the log has each call of the flow', async () => {
  const page = await visit({ viewport: { width: 1440, height: 900 } });
  expect(await flow(page, click)).toBeLessThanOrEqual(12);
  const session = page.getByRole('region', { name: 'Session' });
  // The panel follows a moment after the text at the phone.
  await vi.waitFor(async () => expect(await session.innerText()).toMatch(/Charged[\s\S]*1 h, from/), {
    timeout: 10_000,
  });
  const temporal = await session.getByRole('link', { name: 'Open in Temporal' }).getAttribute('href');
  expect(temporal).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/charge-session-\w+$/);
  expect((await fetch(temporal ?? '')).status).toBe(200);

  await session.getByRole('button', { name: 'Show its calls only' }).click();
  await page.getByLabel('Find').fill('capture');
  await page
    .getByRole('button', { name: /^PUT .*capture\?amount=1\.00$/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'activity capturePayment' }).first().click();
  await page.getByLabel('Workflow').getByText('charge-session-').waitFor();
  await page.getByLabel('Find').fill('ChargeSession');
  await page.getByRole('button', { name: 'start ChargeSession' }).first().waitFor();
});

test('with the keyboard alone', async () => {
  const page = await visit({ viewport: { width: 1440, height: 900 } });
  const presses = await flow(page, async (what) => {
    await what.focus();
    await page.keyboard.press('Enter');
  });
  expect(presses).toBeLessThanOrEqual(12);
});

test('going to the limit ends the session by itself', async () => {
  const page = await visit({ viewport: { width: 1440, height: 900 } });
  await page.getByRole('button', { name: 'CHARGE', exact: true }).click();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('In use', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'To limit' }).click();
  await page.getByRole('region', { name: 'Session' }).getByText('Charged', { exact: true }).first().waitFor();
  const session = page.getByRole('region', { name: 'Session' });
  await vi.waitFor(async () => expect(await session.innerText()).toMatch(/1 d, from[\s\S]*5\.00 NOK/), {
    timeout: 10_000,
  });
});

test('the page goes on by itself when sms2pay was stopped and started again', async () => {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${installation.client.url}/sim`);
  const texts = page.getByRole('log', { name: 'Messages' }).locator('article > p');
  await page.getByRole('button', { name: 'STATUS' }).click();
  await texts.getByText('STATUS').last().waitFor();
  const before = await texts.allInnerTexts();
  await installation.app.stop();
  await page.waitForSelector('body[data-connected="no"]');
  await installation.start();
  await page.waitForSelector('body[data-connected="yes"]');
  expect((await texts.allInnerTexts()).slice(0, before.length)).toEqual(before);
  await page.getByRole('button', { name: 'CHARGE', exact: true }).click();
  await page.getByText('Waiting for approval', { exact: true }).waitFor();
});
