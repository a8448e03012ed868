// Owns: where the command line finds partners: in the running process, or in the database itself.
import { z } from 'zod';
import {
  addPartner,
  changePartner,
  type PartnerAnswer,
  type PartnerSettingsDeps,
} from '../app/partners/partner-settings.ts';
import type { Config } from '../config/config.ts';
import type { Partner } from '../ports/settings-store.ts';
import { openMigratedDatabase } from '../main/installation/migrated-database.ts';
import { demoSecrets } from '../main/demo/demo-secrets.ts';
import { callJson } from './http-json.ts';
import { findRunning, type RunningNote } from '../main/running-file.ts';
import { UsageError } from '../main/usage-error.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';

export interface SavedPartner {
  partner: Partner;
  warnings: string[];
}

/** `add` and `change` throw UsageError with everything that is wrong. */
export interface PartnerSource {
  list(): Promise<Partner[]>;
  add(written: unknown): Promise<SavedPartner>;
  change(partnerId: string, change: Record<string, unknown>): Promise<SavedPartner>;
}

/** A running process holds the embedded database alone, so that it is asked. */
export async function withPartners<T>(
  config: Config,
  work: (partners: PartnerSource) => Promise<T>,
): Promise<T> {
  const running = config.databaseUrl === null ? await findRunning(config.dataDir) : null;
  if (running) return await work(partnersOf(running));
  const demo = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.personalData] : []);
  const database = await openMigratedDatabase(config, () => {}, { keys, waits: 'unhurried' });
  try {
    // Asked for its capabilities only: no address of the simulator is needed.
    const accounts = vendorAccounts(config, demo && { secrets: demo, simulatorUrl: 'http://localhost' });
    const { providers, gateways } = createVendors(accounts, config.http.publicUrl ?? '', () => []);
    const deps: PartnerSettingsDeps = { settings: database.stores.settings, providers, gateways };
    return await work({
      list: () => deps.settings.listPartners(),
      add: async (written) => savedOf(await addPartner(deps, written)),
      change: async (partnerId, change) => savedOf(await changePartner(deps, partnerId, change)),
    });
  } finally {
    await database.close();
  }
}

function savedOf(answer: PartnerAnswer): SavedPartner {
  switch (answer.outcome) {
    case 'saved':
      return { partner: answer.partner, warnings: answer.warnings };
    case 'refused':
      throw new UsageError(
        ['The partner cannot be saved like this.', ...answer.problems.map((line) => `- ${line}`)].join('\n'),
      );
    case 'unknown':
      throw new UsageError('There is no such partner.');
  }
}

const partnersSchema = z.object({ items: z.array(z.custom<Partner>()) });
const savedSchema = z.object({ partner: z.custom<Partner>(), warnings: z.array(z.string()) });

function partnersOf({ url, adminToken: token }: RunningNote): PartnerSource {
  const address = `${url}/api/v1/partners`;
  return {
    list: async () => partnersSchema.parse(await callJson(address, { token })).items,
    add: async (written) =>
      savedSchema.parse(await callJson(address, { method: 'POST', body: written, token })),
    change: async (partnerId, change) => {
      const place = `${address}/${encodeURIComponent(partnerId)}`;
      return savedSchema.parse(await callJson(place, { method: 'PATCH', body: change, token }));
    },
  };
}
