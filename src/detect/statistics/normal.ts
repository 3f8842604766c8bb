/** P(Z ≥ z) of the standard normal distribution, to about 14 digits. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  return z < 3 ? 0.5 - belowZero(z) : farTail(z);
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** P(0 ≤ Z ≤ z): φ(z) · Σ z^(2k+1) / (1·3·5·…·(2k+1)) (Abramowitz and Stegun 26.2.11). */
function belowZero(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; k < 120; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return density(z) * sum;
}

/** φ(z) / (z + 1/(z + 2/(z + 3/(z + …)))) (Abramowitz and Stegun 26.2.14). */
function farTail(z: number): number {
  let fraction = z;
  for (let k = 120; k >= 1; k--) fraction = z + k / fraction;
  return density(z) / fraction;
}
