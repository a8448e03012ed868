import type { Child } from 'hono/jsx';
import { htmlDocument, Layout } from '../../ui/layout.tsx';
import { decimalText } from '../decimal.ts';
import { html } from 'hono/html';

interface TestPageProps {
  title: string;
  mountPath: string;
  language?: 'nb' | 'en';
  headerEnd?: Child;
  /** the page that changes by itself, across the whole width */
  live?: boolean;
  /** has a button that prints */
  sign?: boolean;
  children: Child;
}

/** The frame of every page of the simulator: marked TEST, and nothing on it is inline script or style. */
export function TestPage(props: TestPageProps) {
  const { title, mountPath, language = 'en', live = false, sign = false, headerEnd, children } = props;
  const assets = `${mountPath}/assets`;
  return htmlDocument(
    <Layout
      language={language}
      title={`TEST: ${title}`}
      banner={
        <aside class="test-banner" lang="en" aria-label="Test">
          TEST: a simulator. No real money, no real messages.
        </aside>
      }
      width={live ? 'page' : 'column'}
      headerEnd={headerEnd}
      moreStyles={[`${assets}/simulator.css`]}
      {...(live ? { scripts: ['htmx.js', 'hx-sse.js'], moreScripts: [`${assets}/simulator.js`] } : {})}
      {...(sign ? { moreScripts: [`${assets}/sign.js`] } : {})}
    >
      {children}
    </Layout>,
  );
}

export function amountText(minor: number, currency: string): string {
  return `${decimalText(minor)} ${currency}`;
}

/** A part of the page for htmx to put in place: `outerMorph` for a part with its root, `innerHTML` for what is in it. */
export async function partial(id: string, swap: 'outerMorph' | 'innerHTML', content: Child): Promise<string> {
  const text = await html`<hx-partial hx-target="#${id}" hx-swap="${swap}">${content}</hx-partial>`;
  return text.toString();
}
