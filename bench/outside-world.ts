// Everything outside the product, in the process of the bench: the simulated vendors and what a customer can see of them.
// Nothing polls the product or the simulator: a customer waits for a vendor's call to arrive here.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { createSimulator, type Simulator, type SimulatorOptions } from '../src/simulator/index.ts';
import { incomingMessage } from '../src/simulator/vendors/link/messages.ts';
import { timedPost } from './load.ts';
import { News } from './news.ts';

const textSchema = z.object({ destination: z.string(), userData: z.string() });

type WorldOptions = Omit<SimulatorOptions, 'baseUrl' | 'dataDir' | 'shortNumber'>;

const SHORT_NUMBER = '27222';

export class OutsideWorld {
  readonly url: string;
  /** `text <number>`, `read <payment>`, `captured <payment>` */
  readonly news = new News();
  /** How long the gateway waited for the acknowledgement of each text; beyond five seconds it goes on and repeats the text. */
  readonly acknowledgementsMs: number[] = [];
  /** so far */
  captures = 0;
  readonly #simulator: Simulator;
  readonly #server: ServerType;
  readonly #options: WorldOptions;
  readonly #app: Hono;
  readonly #approved = new Set<string>();
  readonly #uncaptured = new Set<string>();

  private constructor(server: ServerType, options: WorldOptions) {
    this.#server = server;
    this.#options = options;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}/sim`;
    this.#simulator = createSimulator({
      ...options,
      dataDir: null,
      shortNumber: SHORT_NUMBER,
      baseUrl: () => this.url,
    });
    this.#app = new Hono().use('/sim/*', this.#observe()).route('/sim', this.#simulator.app);
  }

  /** Listens on a free port. */
  static async open(options: WorldOptions): Promise<OutsideWorld> {
    const place: { world: OutsideWorld | null } = { world: null };
    const server = createAdaptorServer({
      fetch: (request, env) => place.world?.handle(request, env) ?? new Response(null, { status: 503 }),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    place.world = new OutsideWorld(server, options);
    return place.world;
  }

  handle(request: Request, env: object): Response | Promise<Response> {
    return this.#app.fetch(request, env);
  }

  async close(): Promise<void> {
    await this.#simulator.close();
    if ('closeAllConnections' in this.#server) this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** A phone sends a text; resolves when the gateway has its acknowledgement, or is to try again. */
  async sendText(from: string, text: string): Promise<void> {
    const startedMs = performance.now();
    await this.#api('/sms', { from, to: SHORT_NUMBER, text });
    this.acknowledgementsMs.push(performance.now() - startedMs);
  }

  /** The gateway's call of the webhook alone, timed and not repeated. */
  async callWebhook(from: string, text: string): Promise<{ status: number; ms: number }> {
    const { webhooks, link } = this.#options;
    const { smsUrl, username, password } = webhooks();
    const at = new Date().toISOString();
    const body = incomingMessage(
      { messageId: randomUUID(), from: from.slice(1), to: SHORT_NUMBER, text, sentAt: at, queuedAt: at },
      link,
    );
    const credentials = Buffer.from(`${username}:${password}`).toString('base64');
    return await timedPost(smsUrl, body, { authorization: `Basic ${credentials}` });
  }

  /** The wallet's owner approves; the provider calls back. */
  async approve(paymentId: string): Promise<void> {
    this.#approved.add(paymentId);
    this.#uncaptured.add(paymentId);
    await this.#api(`/payments/${paymentId}/approve`, {});
  }

  async #api(path: string, body: object): Promise<void> {
    const response = await this.#app.request(`${this.url}/api${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', host: new URL(this.url).host },
    });
    if (!response.ok) throw new Error(`the simulator refused ${path}: ${response.status}`);
    await response.text();
  }

  #observe(): MiddlewareHandler {
    return async (c, next) => {
      await next();
      if (!c.res.ok || c.req.path.startsWith('/sim/api/')) return;
      if (c.req.path.endsWith('/sms/send')) {
        const { destination, userData } = textSchema.parse(await c.req.json());
        this.news.add(`text ${destination}`, userData);
        return;
      }
      const isCapture = c.req.path.endsWith('/capture');
      if (!isCapture && c.req.method !== 'GET') return;
      for (const id of c.req.path.split('/')) {
        if (!(isCapture ? this.#uncaptured : this.#approved).delete(id)) continue;
        if (isCapture) this.captures += 1;
        this.news.add(`${isCapture ? 'captured' : 'read'} ${id}`, id);
      }
    };
  }
}
