import type { ComparisonView, OtherSource, OwnSide } from './compare.ts';
import type { GraphLayout, GraphView } from './graph.ts';
import type { CockpitState } from './cockpit.ts';
import type { ModelState, PanelCommand, RunStepId } from './model.ts';
import type { Fault, SamplePreview } from './requests.ts';
import type { TargetSettings } from './target.ts';

export type Tab = 'layers' | 'graph' | 'findings' | 'ledger' | 'compare' | 'proof';

/** Host to panel. */
export type ToPanel =
  | {
      readonly type: 'state';
      readonly state: ModelState;
      readonly isDirty: boolean;
      /** Below it a layer is weak, in dB, as the settings have it; 0: none is; absent: 20. */
      readonly weakLayerDb?: number;
    }
  | { readonly type: 'cockpit'; readonly cockpit: CockpitState }
  | {
      readonly type: 'busy';
      /** Absent: nothing is running. `share` 0..1 where known. */
      readonly job?: { readonly title: string; readonly detail: string; readonly share?: number };
    }
  /** The strip under the tabs: a job failed, or was stopped. */
  | {
      readonly type: 'failed';
      readonly title: string;
      readonly fault: Fault;
      /** What tries the same once more; absent: reading the file again. */
      readonly again?: PanelCommand;
    }
  /** `again` goes on where it was stopped. */
  | { readonly type: 'stopped'; readonly text: string; readonly again?: PanelCommand }
  /** The file cannot be read at all. */
  | { readonly type: 'unreadable'; readonly name: string; readonly fault: Fault }
  /** The file changed on disk while there are unsaved changes. */
  | { readonly type: 'changedOnDisk' }
  /** What the network will see of a sample, or why it cannot be read. */
  | { readonly type: 'sample'; readonly sample?: SamplePreview; readonly fault?: Fault }
  /** Where everything of the graph stands, or why not; neither: it was stopped. */
  | { readonly type: 'graph'; readonly layout?: GraphLayout; readonly fault?: Fault }
  /** What is compared with what, and what came of it. */
  | { readonly type: 'comparison'; readonly comparison: ComparisonView }
  | { readonly type: 'reveal'; readonly layer: number }
  | { readonly type: 'showTab'; readonly tab: Tab }
  /** Asks which of the charts that are shown is to be saved: the page has a menu of them. */
  | { readonly type: 'saveChart' };

/** A chart as a picture that stands alone: the colours of the theme are in it. */
export interface DrawnChart {
  /** What it shows of which layer, fit for the name of a file: `conv1.weights-on-the-8-bit-grid`. */
  readonly name: string;
  readonly svg: string;
  /** The same at two pixels for one, in base 64; absent where it could not be made. */
  readonly png?: string;
  /** As what it was asked for; absent: that is still to be chosen. */
  readonly as?: 'svg' | 'png';
}

/** Panel to host. */
export type FromPanel =
  | { readonly type: 'ready' }
  | { readonly type: 'select'; readonly layers: readonly number[] }
  | { readonly type: 'describe'; readonly layer: number }
  | {
      readonly type: 'preview';
      readonly steps: readonly RunStepId[];
      readonly layers?: readonly number[];
      /** Of the only step, above what the settings say. */
      readonly options?: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly type: 'apply'; readonly steps: readonly RunStepId[] }
  | { readonly type: 'discard' }
  | { readonly type: 'undoLayer'; readonly layer: number }
  | { readonly type: 'setTarget'; readonly target: TargetSettings }
  | { readonly type: 'previewSample'; readonly index: number }
  /** Files or folders that were dropped on the data picker, as URIs. */
  | { readonly type: 'dropData'; readonly uris: readonly string[] }
  /** `around`: a node that is to be in the picture where not all of it can be drawn. */
  | { readonly type: 'layoutGraph'; readonly view: GraphView; readonly around?: number }
  | { readonly type: 'cancelGraph' }
  /** A state of the model is to stand on one side of the comparison. */
  | { readonly type: 'compareSide'; readonly slot: 0 | 1; readonly side: OwnSide }
  /** Another model is, which the host asks for. */
  | { readonly type: 'comparePick'; readonly slot: 0 | 1; readonly source: OtherSource }
  | { readonly type: 'compareAgain' }
  | { readonly type: 'command'; readonly id: PanelCommand }
  /** Opens the page about a finding, by the finding's code. */
  | { readonly type: 'openPage'; readonly code: string }
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'saveChart'; readonly chart: DrawnChart }
  /** Forgets what a stopped measurement left half done. */
  | { readonly type: 'discardMeasured' }
  /** Names of all layers that corrections are to leave alone. */
  | { readonly type: 'leaveAlone'; readonly names: readonly string[] }
  | { readonly type: 'cancel' }
  /** A script error in the page, for the log. */
  | { readonly type: 'error'; readonly message: string };
