import { gains, hurtLayers, passesRule, type WeightScore } from '../weightScore.ts';

/** A step that was judged by the weights. */
interface JudgedStep {
  readonly kept: boolean;
  readonly before: WeightScore;
  readonly after: WeightScore;
}

/** So many layers are named in an option. */
const mostNames = 4;

/**
 * What can be done where a step was undone though the worst layer gains by it, since another one
 * loses; undefined where none was.
 */
export function undoneAdvice(steps: readonly JudgedStep[]): string | undefined {
  const undone = steps.find(
    ({ kept, before, after }) => !kept && gains(before, after) && !passesRule(before, after),
  );
  if (!undone) return undefined;
  const hurt = hurtLayers(undone.before, undone.after);
  const names = hurt.length > mostNames ? 'LAYER,...' : hurt.join(',');
  return `The worst layer gains by what was undone, and another loses: --ignore ${names} leaves that one alone, --no-stop-rule keeps every step. Samples judge better than weights: give --data.`;
}
