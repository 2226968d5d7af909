/**
 * What no input of a network comes near in size: it holds every 32-bit integer. Bounds as large say
 * nothing of a value any more.
 */
export const vast = 2 ** 31;
