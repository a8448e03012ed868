import type { Child } from 'hono/jsx';
import { raw } from 'hono/html';
import { decimalText } from './decimal.ts';

/** The frame of every page of the simulator: it says TEST, and nothing on it is inline script or style. */
export function TestPage(props: { title: string; mountPath: string; script?: boolean; children: Child }) {
  return (
    <>
      {raw('<!doctype html>')}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <title>{`TEST: ${props.title}`}</title>
          <link rel="stylesheet" href={`${props.mountPath}/assets/simulator.css`} />
          {props.script === true && <script src={`${props.mountPath}/assets/phone.js`} defer></script>}
        </head>
        <body>
          <p class="test-banner">TEST: a simulator. No real money, no real text messages.</p>
          {props.children}
        </body>
      </html>
    </>
  );
}

export function amountText(minor: number, currency: string): string {
  return `${decimalText(minor)} ${currency}`;
}
