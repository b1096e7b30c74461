/** Counts of durations in slots of half a microsecond, up to half a second; what is longer is in the last slot. */
const SLOTS_PER_MS = 2000;
const SLOTS = 2 ** 20;

export function createHistogram() {
  const slots = new Uint32Array(SLOTS);
  let count = 0;
  return {
    /** @param {number} ms */
    add(ms) {
      const slot = ms * SLOTS_PER_MS;
      slots[slot < SLOTS ? slot | 0 : SLOTS - 1] += 1;
      count += 1;
    },
    reset() {
      slots.fill(0);
      count = 0;
    },
    /**
     * The duration, in microseconds, that the given share of all durations does not exceed; undefined when there
     * is none.
     *
     * @param {number} share 0 to 1
     */
    quantileUs(share) {
      let left = Math.max(1, Math.ceil(count * share));
      for (let slot = 0; slot < SLOTS; slot += 1) {
        left -= slots[slot];
        if (left <= 0) return ((slot + 1) * 1000) / SLOTS_PER_MS;
      }
      return undefined;
    },
  };
}
