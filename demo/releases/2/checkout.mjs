// Release 2, which is bad: "faster", because it forgot to give its connections back. It starts healthy, serves until
// the pool is empty, and then answers 500 for ever.
const size = 40;
let used = 0;

export function pool() {
  return { used, size };
}

export function checkout() {
  if (used === size) throw new Error('no database connection left');
  used += 1;
  return { ok: true, total: 4200 };
}
