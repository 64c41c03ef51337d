import type { Store } from "../examples/consumer.js";
import type { FeedEntry } from "../src/index.js";

/** A platform's store, kept in memory. */
export class Memory implements Store {
  readonly records = new Map<string, { feed: string; version: number }>();
  /** The feeds that were read to their end. */
  readonly swept = new Set<string>();
  /** Told at each end of a feed. */
  whole = () => {};
  #position: { feed?: string; after: number } = { after: 0 };

  position = async () => this.#position;
  startOver = async () => void (this.#position = { after: 0 });
  leave = (feed: string) => void (this.#position = { feed, after: 7 });

  async apply(changes: FeedEntry[], feed: string, next: number) {
    for (const { connection, type, id, kind, version } of changes) {
      const key = `${connection}/${type}/${id}`;
      const known = this.records.get(key);
      if (known && known.feed === feed && known.version >= version) {
        continue;
      }
      if (kind === "delete") {
        this.records.delete(key);
      } else {
        this.records.set(key, { feed, version });
      }
    }
    this.#position = { feed, after: next };
  }

  async sweep(feed: string) {
    for (const [key, record] of this.records) {
      if (record.feed !== feed) {
        this.records.delete(key);
      }
    }
    this.swept.add(feed);
    this.whole();
  }
}
