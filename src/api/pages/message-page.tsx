/** Pages that say one thing: not found, something went wrong, try later. */
import type { Context } from 'hono';
import type { Language } from '../../domain/language.ts';
import { Layout } from '../../ui/layout.tsx';
import { RETRY_AFTER_SECONDS } from '../problem.ts';
import { pageLanguage } from './page-language.ts';
import { pageResponse } from './page-response.ts';

const MESSAGES: Record<
  'notFound' | 'failed' | 'unavailable' | 'tooMany',
  Record<Language, { title: string; text: string }>
> = {
  notFound: {
    nb: { title: 'Siden finnes ikke', text: 'Sjekk at du har fått med hele lenken fra tekstmeldingen.' },
    en: { title: 'Page not found', text: 'Check that you have the whole link from the text message.' },
  },
  failed: {
    nb: { title: 'Noe gikk galt', text: 'Feilen er registrert hos oss. Prøv igjen om litt.' },
    en: { title: 'Something went wrong', text: 'We have recorded the error. Try again in a moment.' },
  },
  unavailable: {
    nb: { title: 'Prøv igjen om litt', text: 'Siden kan ikke vises akkurat nå. Ingenting er gått tapt.' },
    en: {
      title: 'Try again in a moment',
      text: 'This page cannot be shown just now. Nothing has been lost.',
    },
  },
  tooMany: {
    nb: {
      title: 'Vent litt',
      text: 'Det kom for mange forespørsler herfra. Last siden på nytt om et minutt.',
    },
    en: {
      title: 'Please wait',
      text: 'There were too many requests from here. Reload the page in a minute.',
    },
  },
};

function messagePage(
  c: Context,
  message: keyof typeof MESSAGES,
  status: 404 | 429 | 500 | 503,
  headers: Record<string, string> = {},
) {
  const language = pageLanguage(c.req.header('accept-language'));
  const { title, text } = MESSAGES[message][language];
  const page = (
    <Layout language={language} title={title}>
      <h1>{title}</h1>
      <p>{text}</p>
    </Layout>
  );
  return pageResponse(c, page, { status, headers });
}

export function notFoundPage(c: Context) {
  return messagePage(c, 'notFound', 404);
}

export function failedPage(c: Context) {
  return messagePage(c, 'failed', 500);
}

export function unavailablePage(c: Context) {
  return messagePage(c, 'unavailable', 503, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}

/** `headers` carry when to come back. */
export function tooManyPage(c: Context, headers: Record<string, string>) {
  return messagePage(c, 'tooMany', 429, headers);
}

/** A browser asks for HTML by name; gateways and scripts do not. */
export function wantsHtml(c: Context): boolean {
  return c.req.header('accept')?.includes('text/html') ?? false;
}
