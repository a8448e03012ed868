// `sms2pay partner show|add|set`.
import { readFile } from 'node:fs/promises';
import { type Config, UsageError } from '../config/config.ts';
import type { Partner } from '../ports/settings-store.ts';
import { withAdminApi, type SavedPartner } from './admin-api.ts';
import { readArgs } from './read-args.ts';

const USAGE = `Use: sms2pay partner show [ID] | partner add FILE.json
     sms2pay partner set ID [--receipt on|off] [--receipt-text TEXT] [--provider NAME]`;

const OPTIONS = {
  receipt: { type: 'string' },
  'receipt-text': { type: 'string' },
  provider: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export async function partnerCommand(
  args: string[],
  config: Config,
  report: (line: string) => void,
): Promise<void> {
  const { values, positionals } = readArgs({ args, allowPositionals: true, options: OPTIONS }, USAGE);
  const [verb, subject] = positionals;
  const showSaved = ({ partner, warnings }: SavedPartner): void =>
    report(
      values.json
        ? JSON.stringify({ items: [partner], warnings }, null, 2)
        : [describePartner(partner), ...warnings.map((line) => `Warning: ${line}`)].join('\n'),
    );
  if (verb === 'show') {
    const partners = await withAdminApi(config, 'nothing', (api) => api.listPartners());
    const wanted = partners.filter(({ partnerId }) => subject === undefined || partnerId === subject);
    if (wanted.length === 0)
      throw new UsageError(
        subject === undefined
          ? 'There is no partner yet. Add one: sms2pay partner add FILE.json'
          : `There is no partner "${subject}".`,
      );
    const described = wanted.map(describePartner).join('\n\n');
    return report(values.json ? JSON.stringify({ items: wanted }, null, 2) : described);
  }
  if (verb === 'add' && subject !== undefined) {
    const written = await readJson(subject);
    return showSaved(await withAdminApi(config, 'nothing', (api) => api.addPartner(written)));
  }
  if (verb === 'set' && subject !== undefined) {
    const change = changeOf(values);
    return showSaved(await withAdminApi(config, 'nothing', (api) => api.changePartner(subject, change)));
  }
  throw new UsageError(USAGE);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read.`, { cause: error });
  });
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} is not JSON: ${reason}`, { cause: error });
  }
}

function changeOf(values: {
  receipt?: string | undefined;
  'receipt-text'?: string | undefined;
  provider?: string | undefined;
}): Record<string, unknown> {
  const { receipt, 'receipt-text': receiptSmsText, provider } = values;
  if ([receipt, receiptSmsText, provider].every((value) => value === undefined)) {
    throw new UsageError(
      'Say what to set: --receipt on|off and/or --receipt-text TEXT and/or --provider NAME',
    );
  }
  if (receipt !== undefined && receipt !== 'on' && receipt !== 'off') {
    throw new UsageError('--receipt takes on or off');
  }
  return {
    ...(receipt === undefined ? {} : { receiptSmsOn: receipt === 'on' }),
    ...(receiptSmsText === undefined ? {} : { receiptSmsText }),
    ...(provider === undefined ? {} : { provider }),
  };
}

function describePartner(partner: Partner): string {
  return [
    `${partner.partnerId}: ${partner.name} (${partner.organisationNumber}), ${partner.provider}, ${partner.timeZone}, ${partner.language}`,
    `  receipt text ${partner.receiptSmsOn ? 'on' : 'off'}: ${partner.receiptSmsText}`,
  ].join('\n');
}
