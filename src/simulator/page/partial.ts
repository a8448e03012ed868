import { html } from 'hono/html';
import type { Child } from 'hono/jsx';

/** A part of the page for htmx to put in place: `outerMorph` for a part with its root, `innerHTML` for what is in it. */
export async function partial(id: string, swap: 'outerMorph' | 'innerHTML', content: Child): Promise<string> {
  const text = await html`<hx-partial hx-target="#${id}" hx-swap="${swap}">${content}</hx-partial>`;
  return text.toString();
}
