/** The vendors that are known, by the names that stand in the database, in settings and in the API. */
export const vendorNames = ['withings', 'renpho'] as const;

export type VendorName = (typeof vendorNames)[number];

/** The vendor that a text names; undefined when it names none. */
export function vendorNamedBy(text: unknown): VendorName | undefined {
  return vendorNames.find((name) => name === text);
}
