/*
 * The ellipsoid of WGS 84 and its normal gravity. NIMA TR8350.2, third edition, chapters 3 and 4: Somigliana's closed
 * formula for the gravity on the ellipsoid (4-1), and its second-order series for the height above it (4-3).
 */
const EQUATOR_MS2 = 9.7803253359;
const SOMIGLIANA = 0.00193185265241;
const ECCENTRICITY_SQUARED = 0.00669437999014;
const SEMI_MAJOR_M = 6_378_137;
const FLATTENING = 1 / 298.257223563;
/** The ratio of centrifugal force to gravity at the equator. */
const M = 0.00344978650684;

/**
 * Normal gravity in m/s² at a latitude in degrees and a height in metres above the sea. What lies beneath a place
 * makes the true value differ by up to some 0.01 %, which is 8 g for a person of 80 kg.
 */
export function gravityMs2(latitudeDeg: number, altitudeM: number): number {
  const sine2 = Math.sin((latitudeDeg * Math.PI) / 180) ** 2;
  const onEllipsoid = (EQUATOR_MS2 * (1 + SOMIGLIANA * sine2)) / Math.sqrt(1 - ECCENTRICITY_SQUARED * sine2);
  const ratio = altitudeM / SEMI_MAJOR_M;
  return onEllipsoid * (1 - 2 * (1 + FLATTENING + M - 2 * FLATTENING * sine2) * ratio + 3 * ratio ** 2);
}
