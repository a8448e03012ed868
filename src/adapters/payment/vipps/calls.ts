import type { z } from 'zod';
import { ProviderFault } from '../../../ports/payment-provider.ts';
import { fieldsOf, parseJson } from '../../http/body.ts';
import type { VippsCall, VippsClient } from './client.ts';
import { faultOf, type VippsOperation } from './faults.ts';

/** Calls that return a readable body or throw a `ProviderFault`. `find` returns null for a payment unknown to Vipps. */
export interface VippsCalls {
  request<T>(
    operation: VippsOperation,
    call: VippsCall,
    expected: Expected<T>,
    signal?: AbortSignal,
  ): Promise<T>;
  /** `GET` of a payment; null when Vipps has none. */
  find<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T | null>;
}

interface Expected<T> {
  statuses: readonly number[];
  schema: z.ZodType<T>;
}

/** `now`: wall time in ms since the epoch, for `Retry-After`. */
export function createVippsCalls(client: VippsClient, now: () => number): VippsCalls {
  async function request<T>(
    operation: VippsOperation,
    call: VippsCall,
    { statuses, schema }: Expected<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const answer = await client.call(call, signal);
    if (answer.kind !== 'answered' || !statuses.includes(answer.status))
      throw faultOf(operation, answer, now());
    const parsed = schema.safeParse(parseJson(answer.body));
    if (parsed.success) return parsed.data;
    throw doubtful(operation, 'unreadableReply', `unreadable fields: ${fieldsOf(parsed.error)}`);
  }

  return {
    request,
    async find(path, schema, signal) {
      try {
        return await request('read', { method: 'GET', path }, { statuses: [200], schema }, signal);
      } catch (error) {
        if (error instanceof ProviderFault && error.code === 'unknownPayment') return null;
        throw error;
      }
    },
  };
}

/** The fault of a reply that claims success and contradicts itself or the request. */
export function doubtful(operation: VippsOperation, code: string, what: string): ProviderFault {
  const kind = operation === 'read' || operation === 'webhook list' ? 'unavailable' : 'outcomeUnknown';
  return new ProviderFault(kind, `Vipps answered a ${operation} with ${what}`, { code });
}
