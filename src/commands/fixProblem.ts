import type { Uri } from 'vscode';
import type { ActiveModel, Choice, Host } from '../host.ts';
import type { Problem, ProblemRemedy } from '../problems/problems.ts';
import { isFile, modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Chooses a remedy of what the Problems panel says of the model, and previews it. */
export const fixProblem: Command = {
  id: 'rangefinder.fixProblem',
  async run(host, argument) {
    const chosen = isChosen(argument) ? argument : undefined;
    const model = await modelOr(host, chosen?.model ?? argument, 'layers');
    if (!model?.state) return;
    if (chosen) return take(host, model, chosen.remedy);
    const choices = choicesOf(host.problems(model.uri));
    if (choices.length === 0) {
      await host.tell(t('{0} has no problem with a remedy at this target.', model.name));
      return;
    }
    const remedy = await host.choose(t('Fix a problem of {0}', model.name), choices);
    if (remedy) await take(host, model, remedy);
  },
};

/** Problems of one kind together, the worst first; each remedy once, with what it brings the worst. */
function choicesOf(problems: readonly Problem[]): Choice<ProblemRemedy>[] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) {
    kinds.set(problem.code, [...(kinds.get(problem.code) ?? []), problem]);
  }
  return [...kinds.values()].flatMap((alike) => {
    const group = headingOf(alike);
    const all = alike.flatMap(({ remedies }) => remedies);
    const once = all.filter(({ label }, at) => all.findIndex((one) => one.label === label) === at);
    return once.map((remedy) => ({
      label: remedy.steps ? t('Preview {0}', remedy.label) : t('Try {0}', remedy.label),
      ...(remedy.gain === undefined ? {} : { description: remedy.gain }),
      group,
      value: remedy,
    }));
  });
}

/** What is wrong, without its remedy; of several the worst, and how many there are. */
function headingOf([worst, ...others]: readonly Problem[]): string {
  const what = worst?.message.split(/\. |\.$/, 1)[0] ?? '';
  if (others.length === 0) return what;
  return others.length === 1
    ? t('{0}, and one more', what)
    : t('{0}, and {1} more', what, others.length);
}

async function take(host: Host, model: ActiveModel, remedy: ProblemRemedy): Promise<void> {
  if (remedy.steps) await model.preview(host.requests(remedy.steps));
  else if (remedy.target) await model.setTarget(remedy.target);
}

/** What a quick fix passes: the file, and the remedy that it names. */
function isChosen(argument: unknown): argument is { model: Uri; remedy: ProblemRemedy } {
  if (typeof argument !== 'object' || argument === null) return false;
  return 'model' in argument && 'remedy' in argument && isFile(argument.model);
}
