/** Notifies every listener; stores nothing. */
export class News<T = void> {
  readonly #listeners = new Set<(news: T) => void>();

  /** The returned function ends the listening. */
  listen(listener: (news: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(news: T): void {
    for (const listener of this.#listeners) listener(news);
  }
}
