import type { Uri } from 'vscode';
import type { ActiveModel, Choice, Host } from '../host.ts';
import type { ProblemRemedy } from '../problems/problems.ts';
import { isFile, modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Chooses a remedy of what the Problems panel says of the model, and previews it. */
export const fixProblem: Command = {
  id: 'rangefinder.fixProblem',
  async run(host, argument) {
    const chosen = isChosen(argument) ? argument : undefined;
    const model = await modelOr(host, chosen?.model ?? argument);
    if (!model?.state) return;
    if (chosen) return take(host, model, chosen.remedy);
    const choices = host
      .problems(model.uri)
      .flatMap(({ message, remedies }): Choice<ProblemRemedy>[] =>
        remedies.map((remedy) => ({
          label: remedy.steps ? t('Preview {0}', remedy.label) : t('Try {0}', remedy.label),
          detail: message,
          value: remedy,
        })),
      );
    if (choices.length === 0) {
      await host.tell(t('{0} has no problem with a remedy at this target.', model.name));
      return;
    }
    const remedy = await host.choose(t('Fix a Problem'), choices);
    if (remedy) await take(host, model, remedy);
  },
};

async function take(host: Host, model: ActiveModel, remedy: ProblemRemedy): Promise<void> {
  if (remedy.steps) await model.preview(host.requests(remedy.steps));
  else if (remedy.target) await model.setTarget(remedy.target);
}

/** What a quick fix passes: the file, and the remedy that it names. */
function isChosen(argument: unknown): argument is { model: Uri; remedy: ProblemRemedy } {
  if (typeof argument !== 'object' || argument === null) return false;
  return 'model' in argument && 'remedy' in argument && isFile(argument.model);
}
