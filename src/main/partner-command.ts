// Owns: `sms2pay partner show|set`. Asks the running process where it holds the embedded database alone.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { validateReceiptTemplate } from '../domain/receipt-template.ts';
import type { Partner, PartnerChange } from '../ports/settings-store.ts';
import { openDatabase } from './database.ts';
import { demoSecrets } from './demo-secrets.ts';
import { callJson } from './http-json.ts';
import { findRunning } from './running-file.ts';
import { UsageError } from './usage-error.ts';

interface Partners {
  list(): Promise<Partner[]>;
  change(partnerId: string, change: PartnerChange): Promise<Partner | null>;
}

export async function partnerCommand(
  args: string[],
  config: Config,
  report: (line: string) => void,
): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      receipt: { type: 'string' },
      'receipt-text': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [verb, partnerId] = positionals;
  const show = (partners: Partner[]): void =>
    report(
      values.json ? JSON.stringify({ items: partners }, null, 2) : partners.map(describePartner).join('\n\n'),
    );
  if (verb === 'show') {
    const partners = await withPartners(config, (source) => source.list());
    const wanted = partners.filter((partner) => partnerId === undefined || partner.partnerId === partnerId);
    if (wanted.length === 0) throw new UsageError(noSuchPartner(partnerId));
    return show(wanted);
  }
  if (verb === 'set' && partnerId !== undefined) {
    const change = receiptChange(values.receipt, values['receipt-text']);
    const partner = await withPartners(config, (source) => source.change(partnerId, change));
    if (!partner) throw new UsageError(noSuchPartner(partnerId));
    return show([partner]);
  }
  throw new UsageError(
    'Use: sms2pay partner show [ID] | partner set ID [--receipt on|off] [--receipt-text TEXT]',
  );
}

function noSuchPartner(partnerId: string | undefined): string {
  return partnerId === undefined ? 'There is no partner yet.' : `There is no partner "${partnerId}".`;
}

function receiptChange(receipt: string | undefined, text: string | undefined): PartnerChange {
  if (receipt === undefined && text === undefined) {
    throw new UsageError('Say what to set: --receipt on|off and/or --receipt-text TEXT');
  }
  if (receipt !== undefined && receipt !== 'on' && receipt !== 'off') {
    throw new UsageError('--receipt takes on or off');
  }
  const problems = text === undefined ? [] : validateReceiptTemplate(text);
  if (problems.length > 0)
    throw new UsageError(`The receipt text cannot be used:\n- ${problems.join('\n- ')}`);
  return {
    ...(receipt === undefined ? {} : { receiptSmsOn: receipt === 'on' }),
    ...(text === undefined ? {} : { receiptSmsText: text }),
  };
}

function describePartner(partner: Partner): string {
  return [
    `${partner.partnerId}: ${partner.name} (${partner.organisationNumber}), ${partner.provider}, ${partner.timeZone}, ${partner.language}`,
    `  receipt text ${partner.receiptSmsOn ? 'on' : 'off'}: ${partner.receiptSmsText}`,
  ].join('\n');
}

const partnersSchema = z.object({ items: z.array(z.custom<Partner>()) });

async function withPartners<T>(config: Config, work: (partners: Partners) => Promise<T>): Promise<T> {
  const running = config.databaseUrl === null ? await findRunning(config.dataDir) : null;
  if (running) return await work(partnersOf(running));
  const demo = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.personalData] : []);
  const database = await openDatabase(config, keys, () => {});
  try {
    const { settings } = database.stores;
    return await work({
      list: () => settings.listPartners(),
      change: (partnerId, change) => settings.updatePartner(partnerId, change),
    });
  } finally {
    await database.close();
  }
}

function partnersOf(running: { url: string; adminToken: string }): Partners {
  const url = `${running.url}/api/v1/partners`;
  const token = running.adminToken;
  return {
    list: async () => partnersSchema.parse(await callJson(url, { token })).items,
    change: async (partnerId, change) => {
      const address = `${url}/${encodeURIComponent(partnerId)}`;
      return z.custom<Partner>().parse(await callJson(address, { method: 'PATCH', body: change, token }));
    },
  };
}
