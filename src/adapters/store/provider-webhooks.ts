import type { ProviderWebhook, ProviderWebhookStore } from '../../ports/webhooks.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Database } from './database.ts';

const secretContext = (provider: string, webhookId: string): string =>
  `provider_webhook.secret:${provider}:${webhookId}`;

export function createProviderWebhookStore(deps: {
  database: Database;
  cipher: PersonalDataCipher;
}): ProviderWebhookStore {
  const { database, cipher } = deps;
  return {
    list: async (provider) => {
      const rows = await database
        .selectFrom('providerWebhook')
        .selectAll()
        .where('provider', '=', provider)
        .orderBy('createdAt')
        .orderBy('webhookId')
        .execute();
      return rows.map(({ webhookId, url, secretEncrypted, secretKeyId }): ProviderWebhook => {
        const secret = cipher.decrypt(
          { keyId: secretKeyId, data: secretEncrypted },
          secretContext(provider, webhookId),
        );
        return { provider, webhookId, url, secret };
      });
    },
    add: async ({ provider, webhookId, url, secret }, at) => {
      const { keyId, data } = cipher.encrypt(secret, secretContext(provider, webhookId));
      await database
        .insertInto('providerWebhook')
        .values({ provider, webhookId, url, secretEncrypted: data, secretKeyId: keyId, createdAt: at })
        .onConflict((conflict) => conflict.columns(['provider', 'webhookId']).doNothing())
        .execute();
    },
    remove: async (provider, webhookId) => {
      const result = await database
        .deleteFrom('providerWebhook')
        .where('provider', '=', provider)
        .where('webhookId', '=', webhookId)
        .executeTakeFirst();
      return Number(result.numDeletedRows) > 0;
    },
  };
}
