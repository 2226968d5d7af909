import type { Choice } from '../host.ts';
import type { ProblemRemedy } from '../problems/problems.ts';
import { problemsOf } from '../problems/problems.ts';
import { modelOr, type Command } from './command.ts';

/** Chooses a remedy of what the Problems panel says of the model, and previews it. */
export const fixProblem: Command = {
  id: 'rangefinder.fixProblem',
  async run(host, argument) {
    const model = await modelOr(host, argument);
    if (!model?.state) return;
    const problems = problemsOf(model.state, host.problemLimits(model.uri));
    const choices = problems.flatMap(({ message, remedies }): Choice<ProblemRemedy>[] =>
      remedies.map((remedy) => ({
        label: remedy.step ? `Preview ${remedy.label}` : `Try ${remedy.label}`,
        detail: message,
        value: remedy,
      })),
    );
    if (choices.length === 0) {
      await host.tell(`${model.name} has no problem with a remedy at this target.`);
      return;
    }
    const remedy = await host.choose('Fix a Problem', choices);
    if (remedy?.step) await model.preview(host.requests([remedy.step]));
    else if (remedy?.target) await model.setTarget(remedy.target);
  },
};
