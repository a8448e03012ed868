import { createHash } from 'node:crypto';
import { digitsOf, type Store } from '../store.ts';

const FIRST_PHONE = '+4790000001';

export interface Phone {
  /** stands for the number in addresses, where a phone number does not belong */
  key: string;
  digits: string;
  /** as its owner writes it */
  number: string;
}

/** Every phone there is: the first one, those that were added, and all that texted or were texted. */
export function phonesOf(store: Store): Phone[] {
  const texts = Array.from(store.texts.values(), (text) =>
    text.direction === 'in' ? text.from : store.phoneAsWritten(digitsOf(text.to)),
  );
  const added = Array.from(store.phones.values(), ({ number }) => number);
  const byDigits = new Map([FIRST_PHONE, ...added, ...texts].map((number) => [digitsOf(number), number]));
  return Array.from(byDigits, ([digits, number]) => phoneOf(digits, number));
}

function phoneOf(digits: string, number: string): Phone {
  return { key: phoneKey(digits), digits, number };
}

export function phoneKey(digits: string): string {
  return createHash('sha256').update(`phone ${digits}`).digest('hex').slice(0, 12);
}

/** The phone of this key; the first one when there is none. */
export function chosenPhone(store: Store, key: string | undefined): Phone {
  return phonesOf(store).find((phone) => phone.key === key) ?? phoneOf(digitsOf(FIRST_PHONE), FIRST_PHONE);
}

/** `+47 900 00 001`: how people write it. Other countries' numbers in threes. */
export function spokenNumber(number: string): string {
  const norwegian = /^\+47(\d{3})(\d{2})(\d{3})$/.exec(number);
  if (norwegian) return `+47 ${norwegian.slice(1).join(' ')}`;
  return number.replace(/(\d)(?=(?:\d{3})+$)/g, '$1\u2009');
}
