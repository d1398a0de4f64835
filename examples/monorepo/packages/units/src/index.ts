/** A length in metres. */
export type Metres = number & { readonly unit: "m" };

export function metres(value: number): Metres {
  return value as Metres;
}

export function toFeet(length: Metres): number {
  return length / 0.3048;
}
