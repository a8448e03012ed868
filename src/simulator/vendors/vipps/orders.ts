import { randomUUID } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import type { SimulatorParts } from '../../parts.ts';
import { jsonOf } from '../../problem.ts';
import type { VendorEnv } from '../../recording.ts';
import { disturbed } from '../../request-faults.ts';
import { forcedAnswers } from './answers.ts';
import type { FieldProblem } from './errors.ts';
import type { VippsPayments } from './payments.ts';
import type { VippsOrderRow } from './records.ts';
import { fieldProblems } from './requests.ts';

// Order Management (specs: vipps-order-management.v2.yaml): what the app shows with a payment. Its errors have a form
// of their own.

const minor = z.int();
const unsigned = z.int().min(0);
const orderLine = z
  .strictObject({
    name: z.string(),
    id: z.string(),
    totalAmount: minor,
    totalAmountExcludingTax: minor,
    totalTaxAmount: minor,
    taxPercentage: z.int().min(0).max(100).nullish(),
    taxRate: z.int().min(0).max(10_000).nullish(),
    unitInfo: z
      .strictObject({
        unitPrice: unsigned.nullable(),
        quantity: z
          .string()
          .max(10)
          .regex(/^\d+([.]\d{1,8})?$/),
        quantityUnit: z.enum(['PCS', 'KG', 'KM', 'MINUTE', 'LITRE', 'KWH']).nullish(),
      })
      .optional(),
    discount: unsigned.nullish(),
    productUrl: z.string().nullish(),
    isReturn: z.boolean().nullish(),
    isShipping: z.boolean().nullish(),
  })
  .refine((line) => line.taxRate != null || line.taxPercentage != null, {
    message: 'this or taxPercentage must be set',
    path: ['taxRate'],
  });
const bottomLine = z.strictObject({
  currency: z.enum(['NOK', 'DKK', 'EUR']).nullable(),
  tipAmount: unsigned.nullish(),
  giftCardAmount: unsigned.nullish(),
  posId: z.string().nullish(),
  totalAmount: minor.nullish(),
  totalTax: unsigned.nullish(),
  totalDiscount: unsigned.nullish(),
  shippingAmount: unsigned.nullish(),
  shippingInfo: z.looseObject({}).nullish(),
  paymentSources: z.record(z.enum(['giftCard', 'card', 'voucher', 'cash']), minor.nullish()).optional(),
  barcode: z
    .strictObject({
      format: z.enum(['EAN-13', 'CODE 39', 'CODE 128']).nullable(),
      data: z.string().nullable(),
    })
    .optional(),
  receiptNumber: z.string().nullish(),
  terminalId: z.string().nullish(),
});
const receipt = z.strictObject({ orderLines: z.array(orderLine).min(1), bottomLine });
const category = z.strictObject({
  category: z.enum(['GENERAL', 'RECEIPT', 'ORDER_CONFIRMATION', 'DELIVERY', 'TICKET', 'BOOKING']).nullable(),
  orderDetailsUrl: z.url().min(1),
  imageId: z
    .string()
    .max(128)
    .regex(/^[0-9A-Za-z-_.]+$/)
    .nullish(),
});

type Parts = SimulatorParts & { payments: VippsPayments };
type Refusal = 400 | 404 | 409;

export function orderRoutes(app: Hono<VendorEnv>, parts: Parts): void {
  const disturbedBy = (act: (c: Context<VendorEnv>) => Response | Promise<Response>) => {
    const refused = (c: Context<VendorEnv>) => refuse(c, 400, 'Refused');
    return disturbed(parts, 'receipt', forcedAnswers(parts.store, refused), act);
  };
  const path = '/order-management/v2/:paymentType{ECOM}';
  app.post(
    `${path}/receipts/:orderId`,
    disturbedBy((c) => addReceipt(parts, c)),
  );
  app.put(
    `${path}/categories/:orderId`,
    disturbedBy((c) => putCategory(parts, c)),
  );
  app.get(`${path}/:orderId`, (c) => {
    const order = parts.store.vippsOrders.get(c.req.param('orderId'));
    if (order === undefined) return refuse(c, 404, 'NotFound');
    return c.json({
      ...(order.category === null ? {} : { category: order.category }),
      ...(order.receipt === null ? {} : { receipt: order.receipt }),
    });
  });
}

/** A receipt can be added once and not changed. */
async function addReceipt(parts: Parts, c: Context<VendorEnv>): Promise<Response> {
  const order = orderOf(parts, c);
  if (order === null) return refuse(c, 404, 'NotFound');
  const parsed = receipt.safeParse(await jsonOf(c));
  if (!parsed.success) return refuse(c, 400, 'BadRequest', fieldProblems(parsed.error));
  if (order.receipt !== null) return refuse(c, 409, 'Conflict');
  parts.store.commit({ table: 'vippsOrder', put: { ...order, receipt: parsed.data } });
  return c.json(randomUUID(), 201);
}

async function putCategory(parts: Parts, c: Context<VendorEnv>): Promise<Response> {
  const order = orderOf(parts, c);
  if (order === null) return refuse(c, 404, 'NotFound');
  const parsed = category.safeParse(await jsonOf(c));
  if (!parsed.success) return refuse(c, 400, 'BadRequest', fieldProblems(parsed.error));
  parts.store.commit({ table: 'vippsOrder', put: { ...order, category: parsed.data } });
  return c.json(randomUUID(), 200);
}

/** The order of an existing payment, perhaps still empty. */
function orderOf({ store, payments }: Parts, c: Context<VendorEnv>): VippsOrderRow | null {
  const id = c.req.param('orderId') ?? '';
  if (payments.byReference(id) === null) return null;
  return store.vippsOrders.get(id) ?? { id, receipt: null, category: null };
}

function refuse(
  c: Context<VendorEnv>,
  status: Refusal,
  detail: string,
  invalidParams: FieldProblem[] = [],
): Response {
  const type = `https://httpstatuses.io/${status}`;
  return c.json({ type, title: `${detail} (TEST)`, detail, instance: randomUUID(), invalidParams }, status);
}
