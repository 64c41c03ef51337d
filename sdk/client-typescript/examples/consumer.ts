import type { Queue } from "bullmq";
import { dataOf, type FeedEntry, type Sous } from "../src/index.js";

/** Yours: records by connection, type and id, and how far the feed was read, in one database. */
export interface Store {
  position(): Promise<{ feed?: string; after: number }>;
  /** In one transaction: upserts and deletes what is newer than stored, by `version`, or is stored from another feed, each marked with its feed; and the position. */
  apply(changes: FeedEntry[], feed: string, next: number): Promise<void>;
  /** Deletes what is marked with another feed: the new one, read to its end, did not tell of it. */
  sweep(feed: string): Promise<void>;
  /** The position is that of no feed, from 0. Records stay until they are swept. */
  startOver(): Promise<void>;
}

/** Reads a tenant's feed until it is stopped, which ends a question under way with an AbortError. Killed anywhere, it goes on from its position: a page may come again, and is neither stored nor queued twice. */
export async function follow(sous: Sous, tenant: string, store: Store, queue: Pick<Queue, "addBulk">, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const query = { ...(await store.position()), limit: 500, wait: 30 };
    const answer = await sous.GET("/api/v1/tenants/{tenant}/changes", { params: { path: { tenant }, query }, signal });
    if (answer.response.status === 410) {
      await store.startOver(); // feed_reset: the feed is another one, as after a restore.
      continue;
    }
    const { feed, changes, next, more } = dataOf(answer);
    await queue.addBulk(changes.map((change) => ({ name: `${change.type}.${change.kind}`, data: change, opts: { jobId: `${feed}-${change.sequence}` } })));
    await store.apply(changes, feed, next);
    if (!more) {
      await store.sweep(feed);
    }
  }
}
