/** The frame of every page: works without JavaScript, on a phone, in the dark and on paper. */
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import { assetUrl, type AssetName } from './assets.ts';

export interface LayoutProps {
  /** of the words on the page: `nb`, `en` */
  language: string;
  title: string;
  /** loads another page by itself where no script does; `url` is one of our own paths */
  refresh?: { afterSeconds: number; url: string };
  /** above everything, across the page: "TEST" */
  banner?: Child;
  /** at the end of the header: languages, a menu */
  headerEnd?: Child;
  footer?: Child;
  /** `column`: one narrow column, for reading on a phone. `page`: the whole width. */
  width?: 'column' | 'page';
  /** of our own files, after ui.css */
  styles?: readonly AssetName[];
  /** of our own files, run after parsing, in this order */
  scripts?: readonly AssetName[];
  /** addresses of further style sheets and scripts on this host, for pages with files of their own */
  moreStyles?: readonly string[];
  moreScripts?: readonly string[];
  children?: Child;
}

export function Layout(props: LayoutProps) {
  const { language, banner, headerEnd, footer, width = 'column', children } = props;
  return (
    <html lang={language}>
      <Head {...props} />
      <body class={`ui-body ui-${width}`}>
        {banner}
        <header class="ui-header no-print">
          <span class="ui-brand">
            <BrandMark />
            sms2pay
          </span>
          {headerEnd}
        </header>
        <main id="content" class="ui-main">
          {children}
        </main>
        {footer !== undefined && <footer class="ui-footer no-print">{footer}</footer>}
      </body>
    </html>
  );
}

function Head({ title, refresh, styles = [], scripts = [], moreStyles = [], moreScripts = [] }: LayoutProps) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex, nofollow" />
      <meta name="color-scheme" content="light dark" />
      <meta name="format-detection" content="telephone=no" />
      {refresh && (
        <noscript>
          <meta http-equiv="refresh" content={`${refresh.afterSeconds}; url=${refresh.url}`} />
        </noscript>
      )}
      <title>{title}</title>
      <link rel="icon" href={assetUrl('favicon.svg')} type="image/svg+xml" />
      {[assetUrl('ui.css'), ...styles.map(assetUrl), ...moreStyles].map((href) => (
        <link rel="stylesheet" href={href} />
      ))}
      {[...scripts.map(assetUrl), ...moreScripts].map((src) => (
        <script src={src} defer></script>
      ))}
    </head>
  );
}

/** A whole document; JSX alone has no doctype, and without one browsers fall back to quirks mode. */
export function htmlDocument(page: Child) {
  return html`<!doctype html>${page}`;
}

/** Our mark: a text message with a clock in it. Drawn in the colour of the text around it. */
function BrandMark() {
  return (
    <svg class="ui-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <path
        fill="currentColor"
        d="M9 3h14a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-6.5l-6.2 4.9A.8.8 0 0 1 9 28.3V24a6 6 0 0 1-6-6V9a6 6 0 0 1 6-6z"
      />
      <path
        class="ui-mark-hand"
        fill="none"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
        d="M16 8.5v5.5l4 2.5"
      />
    </svg>
  );
}
