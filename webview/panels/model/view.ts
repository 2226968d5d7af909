import { html, nothing, type TemplateResult } from 'lit';
import { menuView } from '../../kit/menu.ts';
import { sampleView } from './dataPicker.ts';
import { fileLine, verdict } from './header.ts';
import type { PageTab } from './kept.ts';
import type { Page } from './page.ts';
import { rail } from './rail.ts';
import { noLayersView, openingView, unreadableView } from './states.ts';
import { progressLine, strips } from './strips.ts';
import { showTab } from './actions.ts';
import { compareTab } from './tabs/compare.ts';
import { encodingsTab } from './tabs/encodings.ts';
import { findingsTab } from './tabs/findings.ts';
import { graphTab } from './tabs/graph.ts';
import { askForGraph } from './tabs/graphState.ts';
import { layersTab } from './tabs/layers.ts';
import { ledgerTab } from './tabs/ledger.ts';
import { proofTab } from './tabs/proof.ts';
import { tabsOf, tabToShow } from './viewModel.ts';

/** The whole page. */
export function pageView(page: Page): TemplateResult {
  const { model, unreadable, menu } = page.state;
  if (unreadable) return unreadableView(page, unreadable.name, unreadable.fault);
  if (!model) return openingView(page);
  const head = html`${fileLine(page, model)} ${sampleView(page, model)} ${verdict(page, model)}`;
  if (model.kind === 'no-layers')
    return html`${head} ${progressLine(page)} ${strips(page, model)} ${noLayersView(page, model)}`;
  const tab = tabToShow(model, page.state.kept.tab);
  return html`${head} ${model.kind === 'float' ? rail(page, model, tab) : nothing}
    ${tabList(page, tab)} ${progressLine(page)} ${strips(page, model)}
    <div class="panel" role="tabpanel" id="panel-${tab}" aria-labelledby="tab-${tab}">
      ${tabViews[tab](page)}
    </div>
    ${menuView(menu, () => {
      page.change({ menu: undefined });
      if (menu?.back) menu.back.focus();
      else page.layersFrame.focus();
    })}`;
}

const tabViews: Readonly<Record<PageTab, (page: Page) => TemplateResult>> = {
  layers: layersTab,
  graph: graphTab,
  encodings: encodingsTab,
  findings: findingsTab,
  ledger: ledgerTab,
  compare: compareTab,
  proof: proofTab,
};

function tabList(page: Page, shown: PageTab): TemplateResult {
  const model = page.state.model;
  const tabs = model ? tabsOf(model) : [];
  const move = (event: KeyboardEvent): void => {
    // A second key may come before the first one is drawn.
    const now = model ? tabToShow(model, page.state.kept.tab) : shown;
    const at = tabs.findIndex(({ tab }) => tab === now);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    showTab(page, next.tab);
    document.getElementById(`tab-${next.tab}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Parts of the diagnosis" @keydown=${move}>
    ${tabs.map(
      ({ tab, label, badge }) =>
        html`<button
          role="tab"
          id="tab-${tab}"
          aria-selected=${String(tab === shown)}
          aria-controls="panel-${tab}"
          tabindex=${tab === shown ? 0 : -1}
          @pointerenter=${tab === 'graph' ? () => askForGraph(page) : null}
          @click=${() => showTab(page, tab)}
        >
          ${label}${badge === undefined ? nothing : html`<span class="badge">${badge}</span>`}
        </button>`,
    )}
  </div>`;
}
