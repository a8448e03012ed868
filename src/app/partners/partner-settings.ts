/** Adding partners and changing their settings, with what this installation can do; for the API and the command line. */
import type { PartnerId, ServiceId } from '../../domain/ids.ts';
import { z } from 'zod';
import type { Currency } from '../../domain/money.ts';
import { receiptTemplateWarnings } from '../../domain/receipt-template.ts';
import { tariffWarning, unusualServiceWarnings } from '../../domain/service-warnings.ts';
import type { PaymentProvider } from '../../ports/payment-provider.ts';
import type { Partner, Service, SettingsStore } from '../../ports/settings-store.ts';
import { issueLine, readNewPartner, receiptText, type ReadableParts } from './new-partner.ts';

export interface PartnerSettingsDeps {
  settings: Omit<SettingsStore, 'findOffer'>;
  /** of this installation, by name */
  providers: Readonly<Record<string, { capabilities: ProviderOffer }>>;
  gateways: Readonly<Record<string, unknown>>;
}

type ProviderOffer = Pick<PaymentProvider['capabilities'], 'currencies' | 'minimumCaptureMinor'>;

export type PartnerAnswer =
  /** `warnings`: what the owner should know, though it was saved */
  | { outcome: 'saved'; partner: Partner; warnings: string[] }
  /** `problems`: everything that is wrong, one line each; nothing was changed */
  | { outcome: 'refused'; problems: string[] }
  | { outcome: 'unknown' };

/** Adds a partner with its services and words. `input`: the JSON that docs/deploy.md describes. */
export async function addPartner(deps: PartnerSettingsDeps, input: unknown): Promise<PartnerAnswer> {
  const { partner: added, readable, problems } = readNewPartner(input);
  problems.push(...placeProblems(deps, readable), ...(await duplicateProblems(deps.settings, readable)));
  if (added === null || problems.length > 0) return { outcome: 'refused', problems };
  const { partner, services } = added;
  if (!(await deps.settings.addPartner(added)))
    return { outcome: 'refused', problems: [partnerExists(partner.partnerId)] };
  const warnings = [
    ...warningsFor(deps, partner, services),
    ...services.flatMap((one) => unusualServiceWarnings(one)),
  ];
  return { outcome: 'saved', partner, warnings };
}

const changeSchema = z.strictObject({
  receiptSmsOn: z.boolean().optional(),
  receiptSmsText: receiptText.optional(),
  provider: z.string().optional(),
});

/** Changes what `input` names. Running sessions keep their provider; receipts use the new text at once. */
export async function changePartner(
  deps: PartnerSettingsDeps,
  partnerId: PartnerId,
  input: unknown,
): Promise<PartnerAnswer> {
  const services = await deps.settings.listServices(partnerId);
  const change = changeSchema.safeParse(input);
  const provider = z.object({ provider: z.string() }).safeParse(input).data?.provider;
  const problems = [
    ...(change.success ? [] : change.error.issues.map(issueLine)),
    ...(provider === undefined ? [] : providerProblems(deps, provider, 'provider', services)),
  ];
  if (!change.success || problems.length > 0) return { outcome: 'refused', problems };
  const partner = await deps.settings.updatePartner(partnerId, change.data);
  if (partner === null) return { outcome: 'unknown' };
  const warnings = warningsFor(deps, change.data, services);
  return { outcome: 'saved', partner, warnings };
}

/** What this installation cannot do for the partner. */
function placeProblems(deps: PartnerSettingsDeps, { partner, services, routes }: ReadableParts): string[] {
  const gateways = Object.keys(deps.gateways);
  return [
    ...(partner.provider === null
      ? []
      : providerProblems(deps, partner.provider, 'partner.provider', services)),
    ...routes.flatMap(({ gateway }, index) =>
      gateway === null || gateways.includes(gateway)
        ? []
        : [
            `routes[${index}].gateway: there is no gateway "${gateway}" here; there are: ${gateways.join(', ')}`,
          ],
    ),
  ];
}

function providerProblems(
  deps: PartnerSettingsDeps,
  name: string,
  place: string,
  services: readonly {
    serviceId: ServiceId | null;
    currency: Currency | null;
    reservationMinor: number | null;
  }[],
): string[] {
  const provider = offerOf(deps, name);
  if (provider === null) {
    const names = Object.keys(deps.providers).join(', ');
    return [`${place}: there is no provider "${name}" here; there are: ${names}`];
  }
  const { currencies, minimumCaptureMinor } = provider;
  return services.flatMap(({ serviceId, currency, reservationMinor }, index) => {
    const service = serviceId === null ? `services[${index}]` : `service "${serviceId}"`;
    return [
      ...(currency !== null && !currencies.includes(currency)
        ? [`${service}: ${name} takes ${currencies.join(', ')}, not ${currency}`]
        : []),
      ...(reservationMinor !== null && reservationMinor < minimumCaptureMinor
        ? [`${service}: ${name} takes no less than ${minimumCaptureMinor}, so reserve at least that`]
        : []),
    ];
  });
}

/** What belongs to somebody else already. */
async function duplicateProblems(
  settings: PartnerSettingsDeps['settings'],
  { partner, services, routes }: ReadableParts,
): Promise<string[]> {
  const problems: string[] = [];
  const { partnerId } = partner;
  if (partnerId !== null && (await settings.findPartner(partnerId))) problems.push(partnerExists(partnerId));
  for (const [index, { serviceId }] of services.entries())
    if (serviceId !== null && (await settings.findService(serviceId)))
      problems.push(`services[${index}].serviceId: there is a service "${serviceId}" already`);
  for (const [index, { gateway, shortNumber, keyword }] of routes.entries()) {
    if (gateway === null || shortNumber === null || keyword === null) continue;
    const routed = await settings.listRoutes({ gateway, shortNumber });
    if (routed.some((route) => route.keyword === keyword))
      problems.push(`routes[${index}].keyword: "${keyword}" on ${shortNumber} belongs to another service`);
  }
  return problems;
}

function partnerExists(partnerId: PartnerId): string {
  return `partner.partnerId: there is a partner "${partnerId}" already`;
}

/** About what was written; of a change only about what it names. */
function warningsFor(
  deps: PartnerSettingsDeps,
  written: { provider?: string | undefined; receiptSmsText?: string | undefined },
  services: readonly Service[],
): string[] {
  const { provider: name, receiptSmsText } = written;
  const provider = name === undefined ? null : offerOf(deps, name);
  return [
    ...(name === undefined || provider === null
      ? []
      : services.flatMap((service) => tariffWarning(service, { name, ...provider }) ?? [])),
    ...(receiptSmsText === undefined ? [] : receiptTemplateWarnings(receiptSmsText)),
  ];
}

function offerOf(deps: PartnerSettingsDeps, name: string): ProviderOffer | null {
  return Object.hasOwn(deps.providers, name) ? (deps.providers[name]?.capabilities ?? null) : null;
}
