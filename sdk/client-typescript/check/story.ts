// The main story by the client alone, against a host that runs with a Toast on loopback. SOUS_URL and SOUS_KEY name the host
// and an admin's key, SOUS_RESTAURANT a restaurant of that Toast, SOUS_ORDERS how many orders it has, SOUS_REDIS a Redis's port.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Queue } from "bullmq";
import { follow } from "../examples/consumer.js";
import { connect, dataOf, itemsOf, readDelivery, Refused, type Delivery } from "../src/index.js";
import { Memory } from "./memory.js";

const { SOUS_URL = "", SOUS_KEY = "", SOUS_RESTAURANT = "", SOUS_ORDERS = "", SOUS_REDIS } = process.env;
const path = { tenant: "hill-street" };

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await after(100)) {
    const value = await read();
    if (holds(value)) {
      return value;
    }
  }
  throw new Error("What was waited for did not come within a minute.");
}

// A tenant and its key. A refusal is a value, or thrown where that is wanted.
const admin = connect(SOUS_URL, SOUS_KEY);
const misnamed = await admin.POST("/api/v1/tenants", { body: { id: "hill street" } });
assert.equal(misnamed.error?.code, "invalid");
assert.throws(() => dataOf(misnamed), Refused);
dataOf(await admin.POST("/api/v1/tenants", { body: { id: path.tenant, name: "Hill Street Group" } }));
const { key } = dataOf(await admin.POST("/api/v1/keys", { body: { scope: `tenant:${path.tenant}`, name: "platform" } }));
assert.ok(key);
const sous = connect(SOUS_URL, key);

// A list is read whole, or page by page as it is needed.
const whole = dataOf(await admin.GET("/api/v1/keys")).items.map(({ id }) => id);
const paged = [];
for await (const { id } of itemsOf((query) => admin.GET("/api/v1/keys", { params: { query } }), 1)) {
  paged.push(id);
}
assert.equal(paged.length, 2);
assert.deepEqual(paged, whole);

// What the host delivers is read with the subscription's secret; changed by a byte it is not.
const deliveries: Delivery[] = [];
let secret = "";
const receiver = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  assert.throws(() => readDelivery(secret, request.headers, Buffer.concat([body, Buffer.from(" ")])));
  deliveries.push(readDelivery(secret, request.headers, body));
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await once(receiver, "listening");
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/sous`;
const subscription = dataOf(await sous.POST("/api/v1/tenants/{tenant}/subscriptions", { params: { path }, body: { url, after: 0 } }));
assert.ok(subscription.secret);
secret = subscription.secret;

// Only an operator binds Toast's restaurants to a tenant; the tenant maps them and wants runs.
const binding = { params: { path }, body: { driver: "toast", settings: { restaurants: [SOUS_RESTAURANT] } } };
assert.equal((await sous.POST("/api/v1/tenants/{tenant}/connections", binding)).error?.code, "forbidden");
const named = { ...binding, params: { path, header: { "Idempotency-Key": "bind-hill-street" } } };
const { id } = dataOf(await admin.POST("/api/v1/tenants/{tenant}/connections", named));
assert.equal(dataOf(await admin.POST("/api/v1/tenants/{tenant}/connections", named)).id, id);
const connection = { ...path, id };
dataOf(await sous.POST("/api/v1/tenants/{tenant}/connections/{id}/locations/discover", { params: { path: connection } }));
const mapped = dataOf(await sous.PUT("/api/v1/tenants/{tenant}/connections/{id}/locations/{externalId}", { params: { path: { ...connection, externalId: SOUS_RESTAURANT } }, body: { ownId: "hill-street-main" } }));
assert.equal(mapped.ownId, "hill-street-main");
for (const stream of ["sales", "catalog"] as const) {
  const asked = await until(
    () => sous.POST("/api/v1/tenants/{tenant}/connections/{id}/syncs/{stream}/runs", { params: { path: { ...connection, stream } }, body: {} }),
    (answer) => answer.response.ok, // Until the run that began by itself has ended.
  );
  const run = dataOf(asked).id;
  const ended = await until(async () => dataOf(await sous.GET("/api/v1/runs/{run}", { params: { path: { run } } })), ({ outcome }) => outcome !== "running");
  assert.equal(ended.outcome, "completed");
}

// The consumer reads the feed to its end, is left in a feed that is no more, starts over, and has the same.
const ids = new Set<string>();
const counted = { addBulk: async (jobs: { opts?: { jobId?: string } }[]) => (jobs.forEach((job) => ids.add(job.opts?.jobId ?? "")), []) };
const queue = SOUS_REDIS ? new Queue("sous", { connection: { host: "127.0.0.1", port: Number(SOUS_REDIS) } }) : undefined;
async function readOn(memory: Memory) {
  const stop = new AbortController();
  memory.whole = () => stop.abort();
  await follow(sous, path.tenant, memory, queue ?? counted, stop.signal);
  assert.equal([...memory.records.keys()].filter((name) => name.includes("/sale/")).length, Number(SOUS_ORDERS));
  return { records: memory.records.size, queued: queue ? await queue.getWaitingCount() : ids.size };
}

const memory = new Memory();
const first = await readOn(memory);
assert.ok(first.queued >= first.records);
memory.leave("a-feed-that-is-no-more");
assert.deepEqual(await readOn(memory), first);
assert.equal(memory.swept.size, 1);
await queue?.close();

await until(async () => deliveries.length, (count) => count > 0);
assert.ok(deliveries.every((delivery) => delivery.type === delivery.data.type && delivery.data.tenant === path.tenant));
receiver.close();
receiver.closeAllConnections();
if (!queue) {
  console.log("NOT PROVEN HERE: there was no Redis, so nothing was handed over to a BullMQ queue.");
}
console.log(`${first.records} records of ${path.tenant} were read twice, and handed over as ${first.queued} jobs.`);
