/** Languages we write to customers in: Norwegian bokmål and English. */
export type Language = 'nb' | 'en';
export const LANGUAGES: readonly Language[] = ['nb', 'en'];
