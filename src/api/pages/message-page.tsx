/** Pages that say one thing: not found, something went wrong. */
import type { Context } from 'hono';
import type { Language } from '../../domain/language.ts';
import { Layout } from '../../ui/layout.tsx';
import { pageLanguage } from './page-language.ts';
import { pageResponse } from './page-response.ts';

const MESSAGES: Record<'notFound' | 'failed', Record<Language, { title: string; text: string }>> = {
  notFound: {
    nb: { title: 'Siden finnes ikke', text: 'Sjekk at du har fått med hele lenken fra tekstmeldingen.' },
    en: { title: 'Page not found', text: 'Check that you have the whole link from the text message.' },
  },
  failed: {
    nb: { title: 'Noe gikk galt', text: 'Feilen er registrert hos oss. Prøv igjen om litt.' },
    en: { title: 'Something went wrong', text: 'We have recorded the error. Try again in a moment.' },
  },
};

function messagePage(c: Context, message: keyof typeof MESSAGES, status: 404 | 500) {
  const language = pageLanguage(c.req.header('accept-language'));
  const { title, text } = MESSAGES[message][language];
  const page = (
    <Layout language={language} title={title}>
      <h1>{title}</h1>
      <p>{text}</p>
    </Layout>
  );
  return pageResponse(c, page, { status });
}

export function notFoundPage(c: Context) {
  return messagePage(c, 'notFound', 404);
}

export function failedPage(c: Context) {
  return messagePage(c, 'failed', 500);
}

/** A browser asks for HTML by name; gateways and scripts do not. */
export function wantsHtml(c: Context): boolean {
  return c.req.header('accept')?.includes('text/html') ?? false;
}
