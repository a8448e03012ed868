/** Pages with one message: not found, something went wrong, try later. */
import type { Context } from 'hono';
import type { Language } from '../../domain/language.ts';
import { Button, Card, StatusIcon } from '../../ui/elements.tsx';
import { RETRY_AFTER_SECONDS } from '../problem.ts';
import { CustomerLayout } from './customer-layout.tsx';
import { pageLanguage } from './page-request.ts';
import { pageResponse } from './page-response.ts';

type Message = 'notFound' | 'failed' | 'unavailable' | 'tooMany' | 'stopFailed';

const MESSAGES: Record<Message, Record<Language, { title: string; text: string }>> = {
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
  stopFailed: {
    nb: {
      title: 'Bruken er ikke stoppet',
      text: 'Vi fikk ikke tatt imot at du vil stoppe. Prøv igjen med en gang, eller send sluttordet som tekstmelding.',
    },
    en: {
      title: 'Your use has not stopped',
      text: 'We could not take in that you want to stop. Try again at once, or send the end word as a text message.',
    },
  },
};

const SIGNS = {
  notFound: { shape: 'question', tone: 'neutral' },
  failed: { shape: 'cross', tone: 'bad' },
  unavailable: { shape: 'clock', tone: 'warn' },
  tooMany: { shape: 'clock', tone: 'warn' },
  stopFailed: { shape: 'cross', tone: 'bad' },
} as const;

const COME_BACK = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
const TRY_AGAIN: Record<Language, string> = { nb: 'Prøv igjen', en: 'Try again' };

interface MessageOptions {
  status: 404 | 429 | 500 | 503;
  headers?: Record<string, string>;
  /** where the button to try again posts */
  retry?: string;
}

function messagePage(c: Context, message: Message, { status, headers = {}, retry }: MessageOptions) {
  const language = pageLanguage(c);
  const { title, text } = MESSAGES[message][language];
  const { shape, tone } = SIGNS[message];
  const page = (
    <CustomerLayout language={language} title={title} path={null}>
      <Card>
        <StatusIcon shape={shape} tone={tone} />
        <h1>{title}</h1>
        <p>{text}</p>
        {retry !== undefined && (
          <form method="post" action={retry}>
            <Button big>{TRY_AGAIN[language]}</Button>
          </form>
        )}
      </Card>
    </CustomerLayout>
  );
  return pageResponse(c, page, { status, headers, ...(retry === undefined ? {} : { form: 'own' }) });
}

export function notFoundPage(c: Context) {
  return messagePage(c, 'notFound', { status: 404 });
}

export function failedPage(c: Context) {
  return messagePage(c, 'failed', { status: 500 });
}

/** The Stop request could not be stored: nothing has ended, and the customer must know it. */
export function stopFailedPage(c: Context, retry: string) {
  return messagePage(c, 'stopFailed', { status: 503, headers: COME_BACK, retry });
}

export function unavailablePage(c: Context) {
  return messagePage(c, 'unavailable', { status: 503, headers: COME_BACK });
}

/** `headers` carry when to come back. */
export function tooManyPage(c: Context, headers: Record<string, string>) {
  return messagePage(c, 'tooMany', { status: 429, headers });
}

/** A browser accepts HTML by name; gateways and scripts do not. */
export function wantsHtml(c: Context): boolean {
  return c.req.header('accept')?.includes('text/html') ?? false;
}
