import { type Metres, toFeet } from "@example/units";

export function formatLength(length: Metres): string {
  return `${length.toFixed(1)} m (${toFeet(length).toFixed(1)} ft)`;
}
