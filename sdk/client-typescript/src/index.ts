import type { IncomingHttpHeaders } from "node:http";
import createClient, { type Client } from "openapi-fetch";
import { Webhook } from "standardwebhooks";
import type { components, paths } from "./api.js";

export type { components, paths };
export type FeedEntry = components["schemas"]["FeedEntry"];
export type PlatformEvent = components["schemas"]["PlatformEvent"];
export type Problem = components["schemas"]["Problem"];

/** The worker's API, by its paths. */
export type Sous = Client<paths>;

/** A client of a worker. Nothing is retried; a refusal is an answer's `error`, never thrown. */
export function connect(address: string, key: string): Sous {
  return createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${key}` } });
}

/** What was refused, for those who would rather catch it. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

/** An answer's data, or its refusal thrown. What is no problem of the worker's, such as a proxy's page, has the code `unknown`. */
export function dataOf<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (!answer.response.ok) {
    const { error, response: { status } } = answer;
    const isProblem = typeof error === "object" && error !== null && "code" in error;
    throw new Refused(isProblem ? (error as Problem) : { status, title: "unknown", code: "unknown", detail: `The host answered ${status}.` });
  }
  return answer.data as T;
}

/**
 * All items of a list, however long it is: its pages are asked for as they are needed.
 * `itemsOf((page) => sous.GET("/api/v1/tenants/{tenant}/connections", { params: { path, query: page } }))`
 * @param limit how many a page has at most: 1 to 1,000.
 * @throws Refused where a page is.
 */
export async function* itemsOf<T>(
  ask: (page: { after?: string; limit: number }) => Promise<{ data?: { items: T[]; next?: string }; error?: unknown; response: Response }>,
  limit = 1000,
): AsyncGenerator<T, void, undefined> {
  for (let page: { after?: string; limit: number } | undefined = { limit }; page; ) {
    const { items, next }: { items: T[]; next?: string } = dataOf(await ask(page));
    yield* items;
    page = next === undefined ? undefined : { after: next, limit };
  }
}

/** A delivery to an address that is subscribed. */
export interface Delivery {
  /** The event's type, such as `order.created`. */
  type: string;
  /** When it happened. */
  timestamp: string;
  /** The `webhook-id` of the delivery that somebody edited and replayed as this one. */
  editedFrom?: string;
  data: PlatformEvent;
}

/**
 * A delivery, if it was signed with the subscription's secret within the last five minutes.
 * @param body the bytes as they came: parsed and written again they are others.
 * @throws WebhookVerificationError where it was not.
 */
export function readDelivery(secret: string, headers: IncomingHttpHeaders, body: string | Buffer): Delivery {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Delivery;
}
