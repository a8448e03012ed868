/** The frame of every page: works without JavaScript, on a phone, in the dark and on paper. */
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';

export interface LayoutProps {
  language: string;
  title: string;
  /** ask for another page by itself; `url` is one of our own paths */
  refresh?: { afterSeconds: number; url: string };
  children?: Child;
}

export function Layout({ language, title, refresh, children }: LayoutProps) {
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="color-scheme" content="light dark" />
        {refresh && <meta http-equiv="refresh" content={`${refresh.afterSeconds}; url=${refresh.url}`} />}
        <title>{title}</title>
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/pages.css" />
      </head>
      <body>
        <main>{children}</main>
      </body>
    </html>
  );
}

/** A whole document; JSX alone has no doctype, and without one browsers fall back to quirks mode. */
export function htmlDocument(page: Child) {
  return html`<!doctype html>${page}`;
}
