import type { Uri } from 'vscode';
import type { ActiveModel, Host } from '../host.ts';
import { whatIsMissing, type Need } from './needs.ts';
import { t } from '../l10n.ts';

/** One command: the palette, menus, buttons and pages all run it through here. */
export interface Command {
  /** As `contributes.commands` has it. */
  readonly id: `rangefinder.${string}`;
  /**
   * `argument` is what a menu passes: the file of the explorer, the row of a tree; `selected` all
   * that are selected there.
   */
  run(host: Host, argument?: unknown, selected?: unknown): Promise<void>;
}

/**
 * The model that the command is about: the file of a menu, else the one in view; or a word, also
 * where the model has not what the command needs.
 */
export async function modelOr(
  host: Host,
  argument?: unknown,
  need?: Need,
): Promise<ActiveModel | undefined> {
  const model = isFile(argument) ? await host.openModel(argument) : host.model;
  const missing = model?.state && need && whatIsMissing(model, model.state, need);
  if (model?.state && missing === undefined) return model;
  await host.tell(
    model
      ? (missing ?? t('{0} is not read yet, or cannot be read.', model.name))
      : t(
          'Open a model first: right-click an .onnx, .h5 or .keras file, or a model.json, and choose “Open quantization diagnostics”.',
        ),
  );
  return undefined;
}

/** The number of a layer row that a tree passes, if it does. */
export function layerOf(argument: unknown): number | undefined {
  if (typeof argument !== 'object' || argument === null || !('layer' in argument)) return undefined;
  return typeof argument.layer === 'number' ? argument.layer : undefined;
}

/** True for the address of a file, which a menu of the explorer passes. */
export function isFile(argument: unknown): argument is Uri {
  if (typeof argument !== 'object' || argument === null) return false;
  return 'scheme' in argument && 'path' in argument && 'fsPath' in argument && 'with' in argument;
}
