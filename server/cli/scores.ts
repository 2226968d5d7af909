import type { WeightScore } from '../weightScore.ts';
import { db } from '../weightScore.ts';

/** SQNR of the weights: `sqnrDb` is that of the worst layer. */
export const scoreFields = (score: WeightScore): object => ({
  sqnrDb: score.lowestDb,
  medianDb: score.medianDb,
  lowestLayer: score.lowestLayer,
  weightsOnly: true,
});

/** What a change did to the weights, in one sentence. */
export function scoreText(before: WeightScore, after: WeightScore): string {
  if (after.lowestLayer === '') return 'No layer has weights that can be measured.';
  const moved = (from: string, to: string): string => (from === to ? to : `${from} → ${to}`);
  const lowest = (score: WeightScore): string => `${db(score.lowestDb)} (${score.lowestLayer})`;
  const medians = moved(db(before.medianDb), db(after.medianDb));
  return `Weight SQNR: lowest ${moved(lowest(before), lowest(after))}, median ${medians}.`;
}
