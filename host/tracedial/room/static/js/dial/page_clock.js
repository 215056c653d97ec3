// @ts-check
// The page's own clock.

/** Microseconds since the page was loaded. */
export const nowUs = () => Math.round(performance.now() * 1000);
