// Owns: what a page must never do in a browser, noted while it is open: complain, or ask another host for anything.
import axe from 'axe-core';
import type { Page } from 'playwright-core';

export class PageWatch {
  readonly troubles: string[] = [];
  /** bytes on the wire, headers included */
  bytes = 0;

  private constructor() {}

  /** `hosts`: origins the page may ask. A CSP complaint is a console error. */
  static async on(page: Page, ...origins: string[]): Promise<PageWatch> {
    const watch = new PageWatch();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        watch.troubles.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => watch.troubles.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      watch.troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!origins.includes(new URL(request.url()).origin)) watch.troubles.push(`asks ${request.url()}`);
    });
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    network.on('Network.loadingFinished', ({ encodedDataLength }) => (watch.bytes += encodedDataLength));
    return watch;
  }
}

/** What axe finds, one line each; rules of WCAG 2.2 A and AA and best practices. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run({ resultTypes: ["violations"] })');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** How far the page can be scrolled sideways: nobody should have to. */
export function sidewaysPx(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
