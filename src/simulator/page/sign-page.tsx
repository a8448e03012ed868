import type { Context } from 'hono';
import { encode } from 'uqr';
import type { ServiceShown } from '../sms2pay.ts';
import { TestPage } from './test-page.tsx';
import { mountPathOf } from '../recording.ts';
import { type PageParts, servicesOf } from './view.ts';

type Language = 'nb' | 'en';

/** The list of what can be rented, each with its sign. */
export function signList(parts: PageParts) {
  return async (c: Context) => {
    const services = await servicesOf(parts);
    const mountPath = mountPathOf(parts.baseUrl());
    return c.html(
      <TestPage title="Signs" mountPath={mountPath}>
        <section class="ui-card">
          <h1>Signs</h1>
          <p>One for each service: to print, and to put up where people pay.</p>
          <ul>
            {services.map(({ serviceId, name, partnerName, startWord, shortNumber }) => (
              <li>
                <a href={`${mountPath}/signs/${encodeURIComponent(serviceId)}`}>
                  {partnerName}: {name}
                </a>{' '}
                <span class="muted">
                  {startWord} to {shortNumber}
                </span>
              </li>
            ))}
            {services.length === 0 && <li>There is no service yet.</li>}
          </ul>
          <p>
            <a href={mountPath}>Back to the simulator</a>
          </p>
        </section>
      </TestPage>,
    );
  };
}

export function signPage(parts: PageParts) {
  return async (c: Context) => {
    const services = await servicesOf(parts);
    const service = services.find(({ serviceId }) => serviceId === c.req.param('serviceId'));
    if (service === undefined) return c.notFound();
    const wanted = c.req.query('lang');
    const language: Language = wanted === 'nb' || wanted === 'en' ? wanted : service.language;
    return c.html(
      <SignPage mountPath={mountPathOf(parts.baseUrl())} service={service} language={language} />,
    );
  };
}

/** What a camera makes a ready text of (RFC 5724, with the body field that phones understand). */
function smsUri({ shortNumber, startWord }: Pick<ServiceShown, 'shortNumber' | 'startWord'>): string {
  return `sms:${shortNumber}?body=${encodeURIComponent(startWord)}`;
}

function words({ startWord, endWord, shortNumber, reservation }: ServiceShown, language: Language) {
  if (language === 'nb')
    return {
      steps: [
        ['Skann', 'koden med kameraet'],
        ['Send', 'meldingen som kommer fram'],
        ['Trykk', 'på lenken i svaret'],
        ['Betal', 'i appen din'],
      ],
      reserved: `${reservation.nb} reserveres. Du betaler bare for det du bruker.`,
      or: `Uten kamera: send ${startWord} til ${shortNumber}`,
      end: `Ferdig? Send ${endWord}`,
      print: 'Skriv ut',
      other: 'In English',
    };
  return {
    steps: [
      ['Scan', 'the code with your camera'],
      ['Send', 'the message that comes up'],
      ['Tap', 'the link in the answer'],
      ['Pay', 'in your app'],
    ],
    reserved: `${reservation.en} is reserved. You pay only for what you use.`,
    or: `No camera? Text ${startWord} to ${shortNumber}`,
    end: `Done? Text ${endWord}`,
    print: 'Print',
    other: 'På norsk',
  };
}

function SignPage(props: { mountPath: string; service: ServiceShown; language: Language }) {
  const { mountPath, service, language } = props;
  const texts = words(service, language);
  const other: Language = language === 'nb' ? 'en' : 'nb';
  const tryIt = `${mountPath}?compose=${encodeURIComponent(service.startWord)}`;
  return (
    <TestPage title={`Sign: ${service.name}`} mountPath={mountPath} language={language} sign>
      <article class="sim-sign">
        <header>
          <p>{service.partnerName}</p>
          <h1 dir="auto">{service.name}</h1>
          <p class="sim-sign-price">{service.price[language]}</p>
        </header>
        <a href={tryIt} class="sim-sign-code" aria-label={`${texts.or}. ${smsUri(service)}`}>
          <QrCode text={smsUri(service)} />
        </a>
        <ol class="sim-sign-steps">
          {texts.steps.map(([title, text]) => (
            <li>
              <strong>{title}</strong> {text}
            </li>
          ))}
        </ol>
        <footer>
          <p class="sim-sign-or">{texts.or}</p>
          <p class="sim-sign-end">{texts.end}</p>
          <p class="small">{texts.reserved}</p>
        </footer>
      </article>
      <p class="sim-sign-actions no-print">
        <button type="button" class="ui-button ui-button-primary" data-print>
          {texts.print}
        </button>
        <a class="ui-button ui-button-quiet" href={`?lang=${other}`} hreflang={other} lang={other}>
          {texts.other}
        </a>
        <a class="ui-button ui-button-quiet" href={tryIt} lang="en">
          Try it in the simulator
        </a>
      </p>
    </TestPage>
  );
}

/** Dark on light in every colour scheme, with the quiet zone of four modules that readers need. */
function QrCode({ text }: { text: string }) {
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg class="sim-qr" viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges" aria-hidden="true">
      <path d={`M0 0h${size}v${size}H0z`} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
