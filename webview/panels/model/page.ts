import { render } from 'lit';
import type { CockpitState } from '../../../server/protocol/cockpit.ts';
import type {
  EncodingRow,
  LayerRow,
  ModelState,
  PanelCommand,
} from '../../../server/protocol/model.ts';
import type { FromPanel, ToPanel } from '../../../server/protocol/panel.ts';
import type { Comparison, ComparisonView, OwnSide } from '../../../server/protocol/compare.ts';
import type { Fault, SamplePreview } from '../../../server/protocol/requests.ts';
import type { Host } from '../../kit/host.ts';
import { GrowingRows } from '../../kit/growingRows.ts';
import { keepFocus } from '../../kit/keepFocus.ts';
import type { Menu } from '../../kit/menu.ts';
import { remember } from '../../kit/remember.ts';
import { TableFrame } from '../../kit/tableFrame.ts';
import { answeredTable, ownTable, type CompareTable } from './compareModel.ts';
import { comparedNames, type ComparedNames } from './compareNames.ts';
import type { Pin } from './cockpitModel.ts';
import { comparisonAtFirst } from './comparison.ts';
import { isAnyJudged } from './dataModel.ts';
import { readKept, type Kept, type Sort } from './kept.ts';
import { areEstimated, filterLayers, sortLayers, worstFirst } from './layersModel.ts';
import { filterLedger, groupLedger } from './ledgerModel.ts';
import { keptLimitsDb } from './limits.ts';
import type { OutdatedPreview, PreviewRequest } from './outdated.ts';
import { shortNames, type ShortNames } from './shortNames.ts';
import { graphAtFirst, GraphParts, type GraphState } from './tabs/graphState.ts';
import { pageView } from './view.ts';

export type Job = NonNullable<Extract<ToPanel, { type: 'busy' }>['job']>;

/** The strip under the tabs, besides a running job and a preview. */
export type Notice =
  | {
      readonly kind: 'failed';
      readonly title: string;
      readonly fault: Fault;
      readonly again?: PanelCommand | undefined;
    }
  | { readonly kind: 'stopped'; readonly text: string; readonly again?: PanelCommand | undefined };

/** Everything that the page draws from. */
export interface PageState {
  readonly model: ModelState | undefined;
  readonly isDirty: boolean;
  /** Below it a layer is weak, in dB, as the settings have it; 0: none is. */
  readonly weakDb: number;
  /** A preview that another target or other samples took away; absent: none. */
  readonly outdated: OutdatedPreview | undefined;
  /** The preview that the page asked for last. */
  readonly asked: PreviewRequest | undefined;
  readonly cockpit: CockpitState | undefined;
  readonly job: Job | undefined;
  readonly notice: Notice | undefined;
  readonly hasChangedOnDisk: boolean;
  /** What is compared with what. */
  readonly comparison: ComparisonView;
  /** The sample that is looked at, as far as it has come; absent: none. */
  readonly sample:
    { readonly index: number; readonly sample?: SamplePreview; readonly fault?: Fault } | undefined;
  /** A strip of the state that was put away. */
  readonly dismissed: string | undefined;
  readonly unreadable: { readonly name: string; readonly fault: Fault } | undefined;
  readonly kept: Kept;
  /** Nobody has picked a layer yet: the worst is selected, also when another turns out to be it. */
  readonly isFirstWaiting: boolean;
  /** Where a range of selected rows began. */
  readonly anchor: number | undefined;
  readonly menu: Menu | undefined;
  readonly pickedSet: number;
  /** Position in the strips of the cockpit. */
  readonly hovered: number | undefined;
  readonly pinned: Pin | undefined;
  readonly ledgerFolded: ReadonlySet<string>;
  readonly ledgerCurrent: string | undefined;
  readonly encodingCurrent: number;
  readonly graph: GraphState;
  readonly widthPx: number;
  readonly cockpitWidthPx: number;
}

/** The page: its state, the way to the host, and what outlives a drawing. */
export class Page {
  state: PageState;
  readonly layersFrame = new TableFrame('layer', () => this.draw());
  readonly ledgerFrame = new TableFrame('entry', () => this.draw());
  readonly encodingsFrame = new TableFrame('encoding', () => this.draw());
  readonly comparedRows = new GrowingRows(16, () => this.draw());
  readonly graph = new GraphParts();
  readonly #names = remember((layers: readonly LayerRow[], encodings: readonly EncodingRow[]) =>
    shortNames(
      layers.map((row) => row.name),
      encodings.map((row) => row.tensor),
    ),
  );
  readonly #worst = remember(worstFirst);
  readonly #sorted = remember(sortLayers);
  readonly #filtered = remember(filterLayers);
  readonly #ledger = remember(filterLedger);
  readonly #groups = remember(groupLedger);
  readonly #own = remember(ownTable);
  readonly #answered = remember(answeredTable);
  readonly #comparedNames = remember(comparedNames);
  #isDrawing = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly host: Host,
  ) {
    const kept = readKept(host.kept());
    this.state = {
      ...blank,
      kept,
      isFirstWaiting: kept.current === undefined,
      widthPx: root.clientWidth,
    };
  }

  post(message: FromPanel): void {
    if (message.type === 'preview') this.state = { ...this.state, asked: message };
    this.host.post(message);
  }

  /** Changes the state and draws it with the next frame. */
  change(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.draw();
    });
  }

  /** Changes what outlives a reload. */
  keep(change: Partial<Kept>): void {
    const kept = { ...this.state.kept, ...change };
    this.host.keep(kept);
    this.change({ kept });
  }

  draw(): void {
    keepFocus(() => render(pageView(this), this.root), focusPlaces);
  }

  /** Shorter names for what is drawn. */
  names(): ShortNames {
    const { model } = this.state;
    return this.#names(model?.layers ?? noLayers, model?.encodings ?? noEncodings);
  }

  /** Two states of the model side by side. */
  ownComparison(
    model: ModelState,
    [first, second]: readonly [OwnSide, OwnSide],
    answer: Comparison | undefined,
  ): ReturnType<typeof ownTable> {
    return this.#own(model, first, second, answer);
  }

  /** The answer about another model, as the tab draws it. */
  otherComparison(...shown: Parameters<typeof answeredTable>): ReturnType<typeof answeredTable> {
    return this.#answered(...shown);
  }

  /** What the layers of both sides of a comparison are called. */
  comparedNames(model: ModelState, { layers }: CompareTable): ComparedNames {
    const { result } = this.state.comparison;
    return this.#comparedNames(this.names(), model, layers, result?.unmatched);
  }

  /** How the layers table is sorted: as chosen, else worst first. */
  layerSort(): Sort {
    const { kept, model } = this.state;
    const layers = model?.layers ?? noLayers;
    const known = isAnyJudged(layers) ? 'samples' : areEstimated(layers) ? 'estimates' : 'weights';
    // A target with one scale a channel has no estimates to sort by.
    const isLost = kept.sort?.column === 'estimate' && !areEstimated(layers);
    return isLost || !kept.sort ? this.#worst(model?.target, known) : kept.sort;
  }

  /** Rows of the layers table as sorted and filtered now. */
  layerRows(): readonly LayerRow[] {
    const { model, kept } = this.state;
    if (!model) return [];
    return this.#filtered(this.#sorted(model.layers, this.layerSort()), kept.filter);
  }

  ledgerRows(): ReturnType<typeof filterLedger> {
    const { model, kept } = this.state;
    return model ? this.#ledger(model.ledger, kept.ledgerOutcome, kept.ledgerFilter) : [];
  }

  ledgerLines(): ReturnType<typeof groupLedger> {
    return this.#groups(this.ledgerRows(), this.state.ledgerFolded);
  }
}

const noLayers: readonly LayerRow[] = [];
const noEncodings: readonly EncodingRow[] = [];

/** Where the focus goes when the button that had it is gone: to the preview that it made, or the tab. */
const focusPlaces = ['.strip.preview', '[role=tab][aria-selected=true]'];

const blank: Omit<PageState, 'kept' | 'isFirstWaiting' | 'widthPx'> = {
  model: undefined,
  isDirty: false,
  weakDb: keptLimitsDb.hurts,
  outdated: undefined,
  asked: undefined,
  cockpit: undefined,
  job: undefined,
  notice: undefined,
  hasChangedOnDisk: false,
  comparison: comparisonAtFirst,
  sample: undefined,
  dismissed: undefined,
  unreadable: undefined,
  anchor: undefined,
  menu: undefined,
  pickedSet: 0,
  hovered: undefined,
  pinned: undefined,
  ledgerFolded: new Set(),
  ledgerCurrent: undefined,
  encodingCurrent: 0,
  graph: graphAtFirst,
  cockpitWidthPx: 400,
};
