// The simulator's page while sms2pay is stopped and started again under it.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '../e2e/installation.ts';
import { openChromium } from '../support/chromium.ts';

const LIMIT_MS = 120_000;

let browser: Browser;
let installation: Installation;
beforeAll(async () => {
  installation = await Installation.create();
  [browser] = await Promise.all([openChromium(), installation.start()]);
}, LIMIT_MS);
afterAll(async () => {
  await browser.close();
  await installation.end();
}, LIMIT_MS);

test(
  'the page goes on by itself when sms2pay was stopped and started again',
  async () => {
    const page = await browser.newPage();
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
  },
  LIMIT_MS,
);
