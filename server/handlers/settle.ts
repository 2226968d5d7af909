/**
 * How long an answer waits for the numbers of what it answers: small models are then whole in the
 * first state, and a panel does not flicker.
 */
export const settleMs = 250;
