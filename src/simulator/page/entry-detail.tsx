import { Pill } from '../../ui/elements.tsx';
import type { Exchange, TemporalCall } from '../exchanges.ts';
import type { LogEntry, Logged } from './page-log.ts';
import { HIDDEN, withoutSecrets } from '../secrets.ts';
import { clockTime } from './times.ts';

/** One call in full, as a fragment beside the log. */
export function EntryDetail({ entry, logged }: { entry: LogEntry; logged: Logged }) {
  const { from, to, at, status, ms, trouble } = entry;
  const title =
    logged.kind === 'http'
      ? `${logged.exchange.method} ${new URL(logged.exchange.url).pathname}`
      : entry.what;
  return (
    <section class="sim-entry" aria-labelledby="entry-title" tabindex={-1} data-entry-detail>
      <header>
        <div class="sim-inline">
          <h3 id="entry-title">{title}</h3>
          <button type="button" class="ui-button ui-button-quiet" data-close-entry>
            Close
          </button>
        </div>
        <p class="small">
          <Pill tone={trouble ? 'bad' : 'good'}>{status}</Pill> {from} → {to}, {clockTime(at)}, {ms} ms
        </p>
      </header>
      {logged.kind === 'http' ? <Http {...logged.exchange} /> : <Temporal {...logged.call} />}
    </section>
  );
}

function Http(exchange: Exchange) {
  const { url, note } = exchange;
  return (
    <>
      {note !== null && <p class="ui-notice ui-tone-warn">{note}</p>}
      <h4>Request</h4>
      <Block label="Address" text={withoutSecrets(url)} />
      <dl class="sim-headers">
        {Object.entries(exchange.requestHeaders).map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Block label="Body of the request" text={readable(exchange.requestBody)} />
      <h4>Answer</h4>
      <Block label="Body of the answer" text={readable(exchange.responseBody)} />
      <h4>As a command</h4>
      <Block label="curl" text={curlOf(exchange)} id="curl" />
      <p class="sim-inline">
        <button type="button" class="ui-button ui-button-quiet" data-copy="curl">
          Copy as curl
        </button>
        <span class="small muted" role="status" data-copied></span>
      </p>
      <p class="small muted">
        No secret is in it: replace each &lt;…&gt; by your own. The demo keeps its own in demo-secrets.json in
        the data folder.
      </p>
    </>
  );
}

function Temporal({ workflowId, input, output }: TemporalCall) {
  return (
    <>
      {workflowId !== null && <Block label="Workflow" text={workflowId} />}
      <h4>Given</h4>
      <Block label="Input" text={readable(input)} />
      <h4>Result</h4>
      <Block label="Result" text={readable(output)} />
      <p class="small muted">Ids, amounts and instants only: no phone number and no text goes to Temporal.</p>
    </>
  );
}

function Block({ label, text, id }: { label: string; text: string; id?: string }) {
  if (text === '') return <p class="small muted">{label}: empty.</p>;
  return (
    <pre aria-label={label} role="region" tabindex={0} id={id} dir="ltr">
      {text}
    </pre>
  );
}

/** JSON on many lines; anything else as it came. */
function readable(text: string): string {
  try {
    return withoutSecrets(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return withoutSecrets(text);
  }
}

/** What an HTTP client adds by itself. */
const TRANSPORT_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'accept-encoding',
  'accept-language',
  'sec-fetch-mode',
  'user-agent',
]);

/** The request as a shell command. A placeholder names each secret to put in. */
export function curlOf({ method, url, requestHeaders, requestBody }: Exchange): string {
  const lines = [`curl -i -X ${method} ${quoted(withPlaceholders(url))}`];
  for (const [name, value] of Object.entries(requestHeaders)) {
    if (!TRANSPORT_HEADERS.has(name)) lines.push(`-H ${quoted(`${name}: ${headerValue(name, value)}`)}`);
  }
  if (requestBody !== '') lines.push(`-d ${quoted(withPlaceholders(requestBody))}`);
  return lines.join(' \\\n  ');
}

function headerValue(name: string, value: string): string {
  if (name !== 'authorization') return value.replace(HIDDEN, `<${name}>`);
  const scheme = value.split(' ')[0] ?? '';
  const wanted: Record<string, string> = {
    basic: '<base64 of user:password>',
    bearer: '<access token>',
    hmac: '<signature of this request>',
  };
  return `${scheme} ${wanted[scheme.toLowerCase()] ?? '<credentials>'}`;
}

function withPlaceholders(text: string): string {
  return withoutSecrets(text)
    .replaceAll(`//${HIDDEN}@`, '//<user>:<password>@')
    .replaceAll(`"${HIDDEN}"`, '"<secret>"');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
