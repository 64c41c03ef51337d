// A first sync of Square's sales as an application on Node would have it: node backfill.js API TOKEN FROM TO PORT.
// BullMQ runs a job a location, Square's own SDK fetches, and Redis on that port of the loopback keeps the records, their
// feed and the checkpoints, a transaction for each page. Of the service's own JSON nothing is kept, other than by ours.
import { createHash } from 'node:crypto';
import { Queue, QueueEvents, Worker } from 'bullmq';
import IORedis from 'ioredis';
import { SquareClient } from 'square';

const [baseUrl, token, from, to, port] = process.argv.slice(2);
const connection = new IORedis({ host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null });
const square = new SquareClient({ baseUrl, token });
const money = (value) => ({ minor: Number(value?.amount ?? 0), currency: value?.currency });

async function* pages(first) {
  for (let page = await first; ; page = await page.getNextPage()) {
    yield page.data;
    if (!page.hasNextPage()) {
      return;
    }
  }
}

function searchOrders(location, cursor) {
  return square.orders.search({
    locationIds: [location],
    query: { filter: { dateTimeFilter: { updatedAt: { startAt: from, endAt: to } } }, sort: { sortField: 'UPDATED_AT', sortOrder: 'ASC' } },
    limit: 500,
    cursor,
  });
}

async function listRefunds(location) {
  const refunds = new Map();
  const listed = square.refunds.list({ locationId: location, beginTime: from, endTime: to, sortOrder: 'ASC', limit: 100 });
  for await (const page of pages(listed)) {
    for (const refund of page) {
      refunds.set(refund.id, refund);
    }
  }
  return refunds;
}

// Payments are listed alongside the orders, as far as those have come.
function listPayments(location) {
  const payments = new Map();
  const listing = pages(square.payments.list({ locationId: location, beginTime: from, endTime: to, sortField: 'CREATED_AT', sortOrder: 'ASC', limit: 100 }));
  let listed = '';
  return async (until) => {
    while (listed <= until) {
      const { value, done } = await listing.next();
      if (done) {
        break;
      }
      for (const payment of value) {
        payments.set(payment.id, payment);
        listed = payment.createdAt;
      }
    }
    return payments;
  };
}

function toPayment(payment) {
  return {
    id: payment.id, method: payment.sourceType, status: payment.status, at: payment.createdAt,
    amount: money(payment.amountMoney), tip: money(payment.tipMoney), fee: (payment.processingFee ?? []).reduce((sum, fee) => sum + money(fee.amountMoney).minor, 0),
    cardBrand: payment.cardDetails?.card?.cardBrand, last4: payment.cardDetails?.card?.last4,
  };
}

function toLine(line) {
  return {
    id: line.uid, name: line.name, variation: line.variationName, item: line.catalogObjectId, quantity: line.quantity, note: line.note,
    gross: money(line.grossSalesMoney), discounts: money(line.totalDiscountMoney), tax: money(line.totalTaxMoney), total: money(line.totalMoney),
    modifiers: (line.modifiers ?? []).map((modifier) => ({ id: modifier.uid, item: modifier.catalogObjectId, name: modifier.name, quantity: modifier.quantity, amount: money(modifier.totalPriceMoney) })),
  };
}

function toSale(order, payments, refunds) {
  const paid = (order.tenders ?? []).map((tender) => payments.get(tender.paymentId ?? tender.id)).filter(Boolean);
  const back = paid.flatMap((payment) => payment.refundIds ?? []).map((id) => refunds.get(id)).filter(Boolean);
  return {
    id: order.id, location: order.locationId, state: order.state, version: order.version, openedAt: order.createdAt, closedAt: order.closedAt, modifiedAt: order.updatedAt,
    number: order.ticketName, channel: order.source?.name,
    discounts: money(order.totalDiscountMoney), tax: money(order.totalTaxMoney), tips: money(order.totalTipMoney), charges: money(order.totalServiceChargeMoney), total: money(order.totalMoney),
    lines: (order.lineItems ?? []).map(toLine),
    taxes: (order.taxes ?? []).map((tax) => ({ id: tax.uid, name: tax.name, percentage: tax.percentage, type: tax.type, amount: money(tax.appliedMoney) })),
    appliedDiscounts: (order.discounts ?? []).map((discount) => ({ id: discount.uid, name: discount.name, type: discount.type, amount: money(discount.appliedMoney) })),
    serviceCharges: (order.serviceCharges ?? []).map((charge) => ({ id: charge.uid, name: charge.name, amount: money(charge.totalMoney) })),
    payments: paid.map(toPayment),
    refunds: back.map((refund) => ({ id: refund.id, status: refund.status, at: refund.createdAt, reason: refund.reason, amount: money(refund.amountMoney) })),
  };
}

// What has not changed makes no change; records, feed and checkpoint are there together or not at all.
async function commit(sales, location, cursor) {
  const bodies = sales.map((sale) => JSON.stringify(sale));
  const hashes = bodies.map((body) => createHash('sha256').update(body).digest('base64'));
  const known = sales.length === 0 ? [] : await connection.hmget('hashes', sales.map((sale) => sale.id));
  const transaction = connection.multi();
  sales.forEach((sale, index) => {
    if (known[index] !== hashes[index]) {
      transaction.hset('sales', sale.id, bodies[index]);
      transaction.hset('hashes', sale.id, hashes[index]);
      transaction.xadd('feed', '*', 'id', sale.id, 'body', bodies[index]);
    }
  });
  transaction.hset('checkpoints', location, JSON.stringify({ until: sales.at(-1)?.modifiedAt, cursor }));
  await transaction.exec();
}

async function backfill({ data: { location } }) {
  const refunds = await listRefunds(location);
  const paymentsUntil = listPayments(location);
  let cursor;
  do {
    const page = await searchOrders(location, cursor);
    const orders = page.orders ?? [];
    const payments = orders.length === 0 ? new Map() : await paymentsUntil(orders.at(-1).updatedAt);
    cursor = page.cursor;
    await commit(orders.map((order) => toSale(order, payments, refunds)), location, cursor);
    for (const tender of orders.flatMap((order) => order.tenders ?? [])) {
      payments.delete(tender.paymentId ?? tender.id);
    }
  } while (cursor);
}

const queue = new Queue('backfill', { connection });
const events = new QueueEvents('backfill', { connection: connection.duplicate() });
await events.waitUntilReady();
const locations = (await square.locations.list()).locations.map((location) => location.id);
const cpu = process.cpuUsage();
const started = performance.now();
const worker = new Worker('backfill', backfill, { connection: connection.duplicate(), concurrency: locations.length });
const jobs = await queue.addBulk(locations.map((location) => ({ name: location, data: { location } })));
await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
const seconds = (performance.now() - started) / 1000;
const used = process.cpuUsage(cpu);
console.log(`seconds=${seconds}`);
console.log(`processor=${(used.user + used.system) / 1e6}`);
console.log(`records=${await connection.hlen('sales')}`);
console.log(`changes=${await connection.xlen('feed')}`);
await worker.close();
process.exit(0);
