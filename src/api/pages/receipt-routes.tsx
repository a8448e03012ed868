import { Hono } from 'hono';
import type { ApiDeps } from '../api-deps.ts';
import { notFoundPage } from './message-page.tsx';
import { pageLanguage, isToken } from './page-request.ts';
import { pageResponse } from './page-response.ts';
import { ReceiptPage } from './receipt-page.tsx';

/** `/r/<token>`: a receipt or a credit note, with the documents that belong to it. */
export function receiptPages({ stores }: Pick<ApiDeps, 'stores'>): Hono {
  const routes = new Hono();
  routes.get('/r/:token', async (c) => {
    const token = c.req.param('token');
    const receipt = isToken(token) ? await stores.receipts.findByToken(token) : null;
    if (!receipt) return notFoundPage(c);
    const documents = await stores.receipts.listForSession(receipt.sessionId);
    const otherKind = receipt.kind === 'sale' ? 'creditNote' : 'sale';
    const page = (
      <ReceiptPage
        receipt={receipt}
        others={documents.filter(({ kind }) => kind === otherKind)}
        language={pageLanguage(c)}
      />
    );
    return pageResponse(c, page);
  });
  return routes;
}
