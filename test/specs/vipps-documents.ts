// Owns: the vendor's API documents (unchanged copies plus overlay.json) as a judge of HTTP exchanges. Knows nothing of
// the stand-in or the adapter: either side can be held against it.
import { readFileSync } from 'node:fs';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { parse } from 'yaml';
import { applyOverlay, type Change } from './overlay.ts';

export interface DocumentedExchange {
  method: string;
  /** from the vendor's host on, with its query */
  path: string;
  requestHeaders: Headers;
  requestBody: string;
  status: number;
  responseHeaders: Headers;
  responseBody: string;
}

interface Media {
  content?: Record<string, { schema?: unknown }>;
  $ref?: string;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: unknown;
  $ref?: string;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: Media & { required?: boolean };
  responses: Record<string, Media>;
}
type PathItem = Record<string, Operation> & { parameters?: Parameter[] };
interface ApiDocument {
  paths: Record<string, PathItem>;
}

/** File -> what its servers put before every path. */
const documentFiles = {
  'vipps-epayment.v1.yml': '',
  'vipps-webhooks.v1.yaml': '/webhooks',
  'vipps-access-token.yaml': '',
  'vipps-order-management.v2.yaml': '/order-management',
} as const;
type DocumentFile = keyof typeof documentFiles;

/** Where the ePayment document looks for the receipt. */
const receiptAddress =
  'https://raw.githubusercontent.com/vippsas/vipps-order-management-api/2.3.24/docs/swagger.yaml';

const folder = new URL('vipps/', import.meta.url);
const readText = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const overlay = JSON.parse(readText('overlay.json')) as Record<DocumentFile, Change[]>;

/** The vendor's text, as it was published. */
export function publishedDocument(file: string): unknown {
  return parse(readText(file));
}

const documents = Object.entries(documentFiles).map(([file, prefix]) => {
  const document = publishedDocument(file);
  applyOverlay(document, overlay[file as DocumentFile]);
  return { id: `https://documents.test/${file}`, prefix, document: document as ApiDocument };
});

const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, formats: fullFormats });
for (const { id, document } of documents) ajv.addSchema(document, id);
ajv.addSchema(documents.find(({ id }) => id.includes('order-management'))?.document ?? {}, receiptAddress);

type Validate = (value: unknown) => string[];
const compiled = new Map<string, ValidateFunction>();

/** By the schema at this address; an object may have no member the document does not know. */
function validator(address: string): Validate {
  let validate = compiled.get(address);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: address, unevaluatedProperties: false });
    compiled.set(address, validate);
  }
  const checked = validate;
  return (value) =>
    checked(value)
      ? []
      : (checked.errors ?? []).map(
          ({ instancePath, message, params }) =>
            `${instancePath || 'body'} ${message ?? ''} ${JSON.stringify(params)}`,
        );
}

/** Problems of a value against a named schema of a document, for what is not an answer (a webhook's body). */
export function schemaProblems(file: DocumentFile, schema: string, value: unknown): string[] {
  return validator(`https://documents.test/${file}#/components/schemas/${schema}`)(value);
}

interface Found {
  id: string;
  document: ApiDocument;
  item: PathItem;
  operation: Operation;
  /** JSON pointer of the operation */
  at: string;
  pathValues: Record<string, string>;
}

function find(method: string, path: string): Found | null {
  const [pathname = ''] = path.split('?');
  for (const { id, prefix, document } of documents) {
    for (const [template, item] of Object.entries(document.paths)) {
      const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const pattern = `^${prefix}${template.replace(/\{\w+\}/g, '([^/]+)')}$`;
      const values = new RegExp(pattern).exec(pathname);
      const operation = item[method.toLowerCase()];
      if (values === null || operation === undefined) continue;
      const pathValues = Object.fromEntries(names.map((name, index) => [name, values[index + 1] ?? '']));
      const at = `/paths/${pointerPart(template)}/${method.toLowerCase()}`;
      return { id, document, item, operation, at, pathValues };
    }
  }
  return null;
}

/**
 * What in this exchange the documents do not allow; empty: nothing. A request that was refused is not judged: it may be
 * refused for being wrong.
 */
export function documentProblems(exchange: DocumentedExchange): string[] {
  const found = find(exchange.method, exchange.path);
  if (found === null) return [`${exchange.method} ${exchange.path} is in no document`];
  const taken = exchange.status < 400;
  const problems = [...(taken ? requestProblems(found, exchange) : []), ...answerProblems(found, exchange)];
  return problems.map((problem) => `${exchange.method} ${exchange.path} ${exchange.status}: ${problem}`);
}

function requestProblems(found: Found, { requestHeaders, requestBody }: DocumentedExchange): string[] {
  const { id, at, item, operation } = found;
  const located = [
    ...(item.parameters ?? []).map((parameter, index) => ({
      parameter,
      at: `${at.slice(0, at.lastIndexOf('/'))}/parameters/${index}`,
    })),
    ...(operation.parameters ?? []).map((parameter, index) => ({
      parameter,
      at: `${at}/parameters/${index}`,
    })),
  ];
  const problems = located.flatMap(({ parameter: given, at: place }) => {
    const { value: parameter, at: address } = resolve(found, given, place);
    const value =
      parameter.in === 'header' ? requestHeaders.get(parameter.name) : found.pathValues[parameter.name];
    if (parameter.in === 'query') return [];
    if (value == null) return parameter.required === true ? [`${parameter.name} is missing`] : [];
    const found1 =
      parameter.schema === undefined ? [] : validator(`${id}#${encodeURI(address)}/schema`)(value);
    return found1.map((problem) => `${parameter.name}: ${problem}`);
  });
  if (operation.requestBody === undefined || requestBody === '') return problems;
  const address = `${id}#${encodeURI(at)}/requestBody/content/application~1json/schema`;
  return [
    ...problems,
    ...validator(address)(JSON.parse(requestBody)).map((problem) => `request: ${problem}`),
  ];
}

function answerProblems(found: Found, exchange: DocumentedExchange): string[] {
  const { id, at, operation } = found;
  const given = operation.responses[String(exchange.status)];
  if (given === undefined) return ['this status is not documented'];
  const { value: response, at: address } = resolve(found, given, `${at}/responses/${exchange.status}`);
  if (response.content === undefined) return [];
  const contentType = exchange.responseHeaders.get('content-type') ?? '';
  const mediaType = Object.keys(response.content).find((type) => mediaOf(type) === mediaOf(contentType));
  if (mediaType === undefined) return [`content type ${contentType} is not documented`];
  const schema = `${id}#${encodeURI(address)}/content/${encodeURIComponent(pointerPart(mediaType))}/schema`;
  return validator(schema)(JSON.parse(exchange.responseBody));
}

function resolve<T extends { $ref?: string }>(
  { document }: Found,
  value: T,
  at: string,
): { value: T; at: string } {
  if (value.$ref === undefined) return { value, at };
  const pointer = value.$ref.replace(/^#/, '');
  const parts = pointer.split('/').slice(1);
  const target = parts.reduce<unknown>(
    (node, part) => (node as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
  return { value: target as T, at: pointer };
}

function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function mediaOf(contentType: string): string {
  return contentType.split(';')[0]?.trim().toLowerCase() ?? '';
}
