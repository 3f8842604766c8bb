// Prints four days of made-up requests of two services as OpenMetrics: what history.rbh was recorded from.
// promtool tsdb create-blocks-from openmetrics FILE DIR makes blocks of it that a Prometheus can serve.
const day = 86_400;
const hour = 3_600;
const step = 15;
/** 2026-11-16T00:00:00Z */
const start = 1_794_787_200;

/** Requests a second around noon, and what goes wrong: from, for how long, the share of requests that fail. */
const services = {
  backend: {
    busiest: 20,
    trouble: [
      [2 * day + 9 * hour + 720, 1500, 0.72], // release v42
      [3 * day + 13 * hour, 150, 0.62], // a dependency hiccups for two and a half minutes; no release is to blame
    ],
    silence: [2.9 * day, 2.9 * day + 1200], // nobody scrapes it
  },
  search: { busiest: 8, trouble: [[day + 15 * hour + 300, 2400, 0.3]], silence: [0, 0] }, // release s9
};

/** The same numbers at each run: a linear congruential generator, 0 to 1. */
let seed = 7;
function chance() {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
}

function shareAt(trouble, at) {
  for (const [from, lasts, share] of trouble)
    if (at >= from && at < from + lasts) return share * (0.95 + chance() / 10);
  return 0.008 * chance();
}

console.log('# TYPE http_requests counter');
for (const [service, { busiest, trouble, silence }] of Object.entries(services)) {
  const counted = { 200: [], 500: [] };
  let [good, bad] = [0, 0];
  for (let at = 0; at <= 4 * day; at += step) {
    const ofTheDay = 0.55 + 0.45 * Math.sin(2 * Math.PI * (at / day - 0.3));
    const requests = busiest * ofTheDay * (0.9 + chance() / 5) * step;
    const share = shareAt(trouble, at);
    good += requests * (1 - share);
    bad += requests * share;
    if (at >= silence[0] && at < silence[1]) continue;
    counted[200].push([good, at]);
    counted[500].push([bad, at]);
  }
  for (const [status, samples] of Object.entries(counted))
    for (const [value, at] of samples)
      console.log(
        `http_requests_total{service="${service}",status="${status}"} ${Math.floor(value)} ${start + at}`,
      );
}
console.log('# EOF');
