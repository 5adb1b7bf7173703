/** Figures of repeated measurements. */
export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** @param q - 0 to 1; nearest rank */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1));
  return sorted[index] ?? Number.NaN;
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** A line of the printed table. */
export interface Row {
  name: string;
  figure: string;
  product: string;
  floor: string;
  result: string;
  bar: string;
}

export interface Outcome {
  /** Goes into the JSON file under the benchmark's name. */
  json: Record<string, number | Record<string, number>>;
  rows: Row[];
}
