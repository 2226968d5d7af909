import type { Tab, ToPanel } from '../../../server/protocol/panel.ts';
import { revealLayer, settleSelection } from './actions.ts';
import { keptPin } from './cockpitModel.ts';
import { pageTabs, type PageTab } from './kept.ts';
import { refreshComparison } from './comparison.ts';
import { prepareSort } from './layersModel.ts';
import { keptLimitsDb } from './limits.ts';
import { outdatedPreview } from './outdated.ts';
import type { Page } from './page.ts';
import { openChartList } from './saveChart.ts';
import { receiveGraph } from './tabs/graphState.ts';

/** Takes a message of the host into the page. */
export function receive(page: Page, message: ToPanel): void {
  switch (message.type) {
    case 'state':
      // The host says `changedOnDisk` again after each state while it is so.
      page.change({
        model: message.state,
        isDirty: message.isDirty,
        weakDb: message.weakLayerDb ?? keptLimitsDb.hurts,
        outdated: outdatedPreview(page.state, message.state),
        ...(page.state.model?.preview && !message.state.preview ? { asked: undefined } : {}),
        unreadable: undefined,
        hasChangedOnDisk: false,
      });
      settleSelection(page);
      requestIdleCallback(() => prepareSort(message.state.layers));
      return refreshComparison(page);
    case 'comparison':
      page.change({ comparison: message.comparison });
      return refreshComparison(page);
    case 'cockpit':
      return page.change({
        cockpit: message.cockpit,
        pinned: keptPin(page.state.pinned, message.cockpit),
      });
    case 'busy':
      page.change({ job: message.job, ...(message.job ? { notice: undefined } : {}) });
      return refreshComparison(page);
    case 'failed': {
      const { title, fault, again } = message;
      return page.change({ job: undefined, notice: { kind: 'failed', title, fault, again } });
    }
    case 'stopped': {
      const { text, again } = message;
      return page.change({ job: undefined, notice: { kind: 'stopped', text, again } });
    }
    case 'unreadable':
      return page.change({
        job: undefined,
        unreadable: { name: message.name, fault: message.fault },
      });
    case 'changedOnDisk':
      return page.change({ hasChangedOnDisk: true });
    case 'sample': {
      const { sample, fault } = message;
      const index = page.state.sample?.index;
      // Closed, or another one was asked for since.
      if (index === undefined || (sample && sample.index !== index)) return;
      return page.change({
        sample: { index, ...(sample ? { sample } : {}), ...(fault ? { fault } : {}) },
      });
    }
    case 'graph':
      return receiveGraph(page, message);
    case 'reveal':
      return revealLayer(page, message.layer);
    case 'saveChart':
      return openChartList(page);
    case 'showTab':
      page.keep({ tab: ofThisVersion(message.tab) });
      return refreshComparison(page);
    default:
      return unreachable(message);
  }
}

/** A wish for a tab that this version has not shows the layers. */
const ofThisVersion = (tab: Tab): PageTab => pageTabs.find((known) => known === tab) ?? 'layers';

function unreachable(message: never): never {
  throw new Error(`unknown message ${JSON.stringify(message)}`);
}
