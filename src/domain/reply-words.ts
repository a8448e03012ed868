/** The words that an answer to a customer names: how to start a service of the number, how to end an open session. */
import { GENERAL_END_WORDS, routeWord, type KeywordRoute, type OpenSlot } from './routing.ts';

/** Ends a session for which the partner has no end word of its own. */
const END_WORD_OF_ALL = GENERAL_END_WORDS[0] ?? 'STOP';

interface NamedRoute extends KeywordRoute {
  serviceName: string;
  merchantName: string;
}

interface ServiceWords {
  serviceId: string;
  serviceName: string;
  merchantName: string;
  startWord: string;
  endWord: string;
}

/** The first start word and end word of each service of a number. `endRoutes`: end words on other numbers. */
export function serviceWords(
  routes: readonly NamedRoute[],
  endRoutes: readonly KeywordRoute[],
): ServiceWords[] {
  const starts = routes.filter(({ action }) => action === 'start');
  const ends = [...routes, ...endRoutes].filter(({ action }) => action === 'end');
  return starts
    .filter(({ serviceId }, index) => starts.findIndex((other) => other.serviceId === serviceId) === index)
    .map(({ serviceId, serviceName, merchantName, keyword }) => ({
      serviceId,
      serviceName,
      merchantName,
      startWord: keyword,
      endWord: ends.find((route) => route.serviceId === serviceId)?.keyword ?? END_WORD_OF_ALL,
    }));
}

/** The first word that this number takes as the end of the service's session: another open session's may be the same. */
export function ownEndWord(
  serviceId: string,
  routes: readonly KeywordRoute[],
  openSessions: readonly OpenSlot[],
): string {
  const own = routes.find(({ keyword }) => {
    const ends = routeWord(routes, keyword, openSessions);
    return ends.word === 'end' && ends.serviceId === serviceId;
  });
  return own?.keyword ?? END_WORD_OF_ALL;
}
