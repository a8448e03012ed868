import type { PartnerSettingsDeps } from '../../src/app/partners/partner-settings.ts';
import type { NewPartner } from '../../src/ports/settings-store.ts';

/** The settings of partners, kept as the database keeps them. */
export class MemorySettings implements PartnerSettingsSource {
  readonly #partners = new Map<string, NewPartner>();

  listPartners = async () => [...this.#partners.values()].map(({ partner }) => partner);
  findPartner = async (partnerId: string) => this.#partners.get(partnerId)?.partner ?? null;
  findService = async (serviceId: string) =>
    this.#all('services').find((service) => service.serviceId === serviceId) ?? null;
  listServices = async (partnerId: string) => this.#partners.get(partnerId)?.services ?? [];
  listRoutes = async (number: { gateway: string; shortNumber: string }) =>
    this.#all('routes').filter(
      (route) => route.gateway === number.gateway && route.shortNumber === number.shortNumber,
    );

  addPartner = async (added: NewPartner) => {
    if (this.#partners.has(added.partner.partnerId)) return false;
    this.#partners.set(added.partner.partnerId, added);
    return true;
  };

  updatePartner: PartnerSettingsSource['updatePartner'] = async (partnerId, change) => {
    const known = this.#partners.get(partnerId);
    if (!known) return null;
    const partner = { ...known.partner, ...change };
    this.#partners.set(partnerId, { ...known, partner });
    return partner;
  };

  #all<Part extends 'services' | 'routes'>(part: Part): NewPartner[Part][number][] {
    return [...this.#partners.values()].flatMap((added): NewPartner[Part][number][] => added[part]);
  }
}

type PartnerSettingsSource = PartnerSettingsDeps['settings'];
