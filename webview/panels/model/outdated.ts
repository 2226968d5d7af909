import type { ModelState, PanelCommand } from '../../../server/protocol/model.ts';
import type { FromPanel } from '../../../server/protocol/panel.ts';

/** How a page asks for a preview of steps. */
export type PreviewRequest = Extract<FromPanel, { type: 'preview' }>;

/** A preview that went because it was made for another target, or with other samples. */
export interface OutdatedPreview {
  /** `Preview of Repair was for W8 A8 · per tensor.` */
  readonly text: string;
  /** What makes it anew. */
  readonly again: PreviewRequest | PanelCommand;
}

/** What the page knows when another state comes. */
interface Known {
  readonly model: ModelState | undefined;
  readonly outdated: OutdatedPreview | undefined;
  readonly asked: PreviewRequest | undefined;
}

/** What is to be said of a preview that `next` has no more, until there is another or it is applied. */
export function outdatedPreview(
  { model, outdated, asked }: Known,
  next: ModelState,
): OutdatedPreview | undefined {
  if (next.preview || next.changes.length !== model?.changes.length) return undefined;
  const { preview } = model;
  if (!preview) return outdated;
  const isOtherTarget = JSON.stringify(model.target) !== JSON.stringify(next.target);
  if (!isOtherTarget && samplesOf(model) === samplesOf(next)) return undefined;
  const made = isOtherTarget ? `was for ${model.targetLabel}` : 'was made with other samples';
  return {
    text: `${preview.title} ${made}. Nothing of it was applied.`,
    again: againOf(preview, asked),
  };
}

const samplesOf = ({ data }: ModelState): string =>
  data ? [data.label, data.split, data.ranges].join() : '';

/** As the page asked for it where it did; the steps alone where somebody else did. */
function againOf(
  { isRepair, steps }: NonNullable<ModelState['preview']>,
  asked: PreviewRequest | undefined,
): PreviewRequest | PanelCommand {
  if (isRepair) return 'previewRepair';
  return asked?.steps.join() === steps.join() ? asked : { type: 'preview', steps };
}
