import { inject } from 'vitest';
import type { SharedParts } from './global-setup.ts';

/** A part that the whole run shares, started by the first test that asks. */
export async function shared<Part extends keyof SharedParts>(part: Part): Promise<SharedParts[Part]> {
  const response = await fetch(`${inject('sharedPartsUrl')}/${part}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as SharedParts[Part];
}
