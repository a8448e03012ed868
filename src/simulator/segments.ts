// GSM 03.38: one unit per letter of the basic set, two for the extension set; anything else makes the text UCS-2.
const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM_EXTENSION = '\f^{}\\[~]|€';

export function fitsGsm(text: string): boolean {
  return [...text].every((letter) => GSM_BASIC.includes(letter) || GSM_EXTENSION.includes(letter));
}

/** How many parts the network splits a text into: GSM-7 160, then 153 each; UCS-2 70, then 67 each. */
export function countSegments(text: string): number {
  const gsm = fitsGsm(text);
  const units = [...text].map((letter) => (gsm ? (GSM_EXTENSION.includes(letter) ? 2 : 1) : letter.length));
  const total = units.reduce((sum, unit) => sum + unit, 0);
  if (total <= (gsm ? 160 : 70)) return 1;
  const perPart = gsm ? 153 : 67;
  let parts = 1;
  let used = 0;
  for (const unit of units) {
    // An escaped letter is never cut in two.
    if (used + unit > perPart) {
      parts += 1;
      used = 0;
    }
    used += unit;
  }
  return parts;
}
