import type { Settings } from './settings.ts';

/** Per minute and address. */
interface HttpLimitsConfig {
  readonly pageViewsPerMinute: number;
  readonly wrongLinksPerMinute: number;
  /** per payment link, whatever the address */
  readonly opensPerMinute: number;
  readonly failedLoginsPerMinute: number;
  /** per provider as well */
  readonly callbacksPerMinute: number;
}

/** Per customer. */
interface TextLimitsConfig {
  readonly startsPerHour: number;
  /** per session and kind of text */
  readonly sessionTextsPerHour: number;
  /** texts that belong to no session */
  readonly otherTextsPerMinute: number;
  readonly repliesPerHour: number;
}

export interface LimitsConfig {
  readonly http: HttpLimitsConfig;
  readonly texts: TextLimitsConfig;
}

export function limitsConfig(settings: Settings): LimitsConfig {
  return {
    http: {
      pageViewsPerMinute: settings.LIMIT_PAGE_VIEWS_PER_MINUTE,
      wrongLinksPerMinute: settings.LIMIT_WRONG_LINKS_PER_MINUTE,
      opensPerMinute: settings.LIMIT_OPENS_PER_MINUTE,
      failedLoginsPerMinute: settings.LIMIT_FAILED_LOGINS_PER_MINUTE,
      callbacksPerMinute: settings.LIMIT_CALLBACKS_PER_MINUTE,
    },
    texts: {
      startsPerHour: settings.LIMIT_STARTS_PER_HOUR,
      sessionTextsPerHour: settings.LIMIT_SESSION_TEXTS_PER_HOUR,
      otherTextsPerMinute: settings.LIMIT_OTHER_TEXTS_PER_MINUTE,
      repliesPerHour: settings.LIMIT_REPLIES_PER_HOUR,
    },
  };
}
