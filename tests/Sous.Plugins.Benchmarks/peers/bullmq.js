// One figure of BullMQ: node bullmq.js register|lateness|runs COUNT PORT, against a Redis on that port of the loopback.
import { Queue, Worker } from 'bullmq';
import IORedis from 'ioredis';

const [figure, countText, port] = process.argv.slice(2);
const count = Number(countText);
const connection = new IORedis({ host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null });
const queue = new Queue('bench', { connection });
const jobs = { removeOnComplete: true, removeOnFail: true };
const later = '0 0 4 1 1 *';

// A hundred on their way at once, as an application would that registers many.
async function register(first, number, pattern) {
  for (let start = first; start < first + number; start += 100) {
    const ids = Array.from({ length: Math.min(100, first + number - start) }, (_, index) => start + index);
    await Promise.all(ids.map((id) => queue.upsertJobScheduler(`job ${id}`, { pattern, tz: 'UTC' }, { name: 'call', opts: jobs })));
  }
}

async function usedMemory() {
  return Number(/used_memory:(\d+)/.exec(await connection.info('memory'))[1]);
}

function work(called) {
  return new Worker('bench', called, { connection: connection.duplicate(), concurrency: 50 });
}

function print(values) {
  for (const [name, value] of Object.entries(values)) {
    console.log(`${name}=${value}`);
  }
}

async function measureRegister() {
  await register(1_000_000, 100, later);
  const before = await usedMemory();
  const started = performance.now();
  await register(0, count, later);
  const seconds = (performance.now() - started) / 1000;
  print({ 'per second': count / seconds, bytes: (await usedMemory() - before) / count });
}

async function measureLateness() {
  const due = count / 10;
  await register(due, count - due, later);
  // Far enough ahead that all of them are registered by then.
  const at = new Date(Math.ceil((Date.now() + 20_000) / 1000) * 1000);
  const late = [];
  const all = new Promise((resolve) => {
    work(async () => {
      late.push(Date.now() - at.getTime());
      if (late.length === due) {
        resolve();
      }
    });
  });
  await register(0, due, `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`);
  if (Date.now() > at.getTime()) {
    throw new Error('The machine was too slow to register the jobs in time.');
  }
  await all;
  late.sort((a, b) => a - b);
  const part = (fraction) => late[Math.min(late.length - 1, Math.ceil(fraction * late.length) - 1)];
  print({ count: late.length, p50: part(0.5), p99: part(0.99), 'p99.9': part(0.999) });
}

async function measureRuns() {
  let left = 0;
  let done = () => {};
  work(async () => {
    left -= 1;
    if (left === 0) {
      done();
    }
  });
  const round = async (number) => {
    left = number;
    const all = new Promise((resolve) => { done = resolve; });
    for (let start = 0; start < number; start += 1000) {
      await queue.addBulk(Array.from({ length: Math.min(1000, number - start) }, () => ({ name: 'call', data: {}, opts: jobs })));
    }
    await all;
  };
  await round(count / 10);
  const started = performance.now();
  await round(count);
  print({ 'per second': count / ((performance.now() - started) / 1000) });
}

await { register: measureRegister, lateness: measureLateness, runs: measureRuns }[figure]();
process.exit(0);
