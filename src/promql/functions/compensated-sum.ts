/**
 * A sum that does not lose small terms between large ones (Kahan, improved by Neumaier), as Prometheus adds.
 *
 * An infinite sum stays infinite: its compensation would be NaN.
 */
export class CompensatedSum {
  sum = 0;
  compensation = 0;

  add(term: number): void {
    const { sum } = this;
    const next = sum + term;
    if (next === Infinity || next === -Infinity) this.compensation = 0;
    else if (Math.abs(sum) >= Math.abs(term)) this.compensation += sum - next + term;
    else this.compensation += term - next + sum;
    this.sum = next;
  }

  /** What the sum would be behind one more term. */
  overflowsWith(term: number): boolean {
    const next = this.sum + term;
    return next === Infinity || next === -Infinity;
  }

  scale(factor: number): void {
    this.sum *= factor;
    this.compensation *= factor;
  }

  total(): number {
    return this.sum + this.compensation;
  }
}
