import type { PanelCommand } from '../../../server/protocol/model.ts';
import { copyRows, previewSteps, runCommand, selectAt, showLedger } from './actions.ts';
import type { Page } from './page.ts';
import { openChartList } from './saveChart.ts';
import { showInGraph } from './tabs/graphState.ts';

/** The menu of the layers table. */
export function openLayerMenu(page: Page, index: number, x: number, y: number): void {
  const row = page.layerRows()[index];
  const { model, kept } = page.state;
  if (!row || !model) return;
  if (!kept.selected.includes(row.id))
    selectAt(page, index, { extend: false, toggle: false, isPress: true });
  const layers = page.state.kept.selected;
  const isFloat = model.kind === 'float';
  const whyNotChange = !isFloat
    ? 'The model is quantized: corrections need the float model.'
    : model.preview
      ? 'Apply or discard the preview first.'
      : undefined;
  const close = (run: () => void) => () => {
    run();
    page.layersFrame.focus();
  };
  page.change({
    menu: {
      x,
      y,
      items: [
        {
          label: 'Preview Equalizing This Set',
          whyNot: whyNotChange,
          run: close(() => previewSteps(page, ['equalize'], layers)),
        },
        {
          label: 'Fold Selected…',
          whyNot: whyNotChange,
          run: close(() => runOnSelection(page, 'foldSelected')),
        },
        {
          label: 'Equalize Selected as a Set',
          whyNot:
            whyNotChange ??
            (layers.length < 2 ? 'Select the layers of the set: two or more.' : undefined),
          run: close(() => runOnSelection(page, 'equalizeSelected')),
        },
        {
          label: layers.length > 1 ? 'Correct Selected Layers' : 'Correct This Layer',
          whyNot: whyNotChange ?? (model.data ? undefined : 'Choose samples first.'),
          run: close(() => runOnSelection(page, 'correctSelected')),
        },
        {
          label: 'Undo for This Layer',
          whyNot: whyNotChange ?? (row.before ? undefined : 'Nothing has changed this layer.'),
          run: close(() => page.post({ type: 'undoLayer', layer: row.id })),
        },
        {
          label: 'Show in Graph',
          run: () => showInGraph(page, row.id),
        },
        {
          label: 'Show in Ledger',
          whyNot: isFloat ? undefined : whyNotChange,
          run: () => showLedger(page, row.name, undefined),
        },
        { label: 'Save Chart…', run: () => openChartList(page, x, y) },
        {
          label: layers.length > 1 ? 'Copy Rows' : 'Copy Row',
          key: 'Ctrl+C',
          run: close(() => copyRows(page)),
        },
      ],
    },
  });
}

/** A command about the selected layers; the host is told of them first. */
function runOnSelection(page: Page, id: PanelCommand): void {
  page.post({ type: 'select', layers: page.state.kept.selected });
  runCommand(page, id);
}
