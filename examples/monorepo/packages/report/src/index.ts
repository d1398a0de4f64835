import { metres, type Metres } from "@example/units";

export function total(lengths: readonly Metres[]): Metres {
  return metres(lengths.reduce((sum: number, length) => sum + length, 0));
}
