import { render, type TemplateResult } from 'lit';
import type { DrawnChart } from '../../../server/protocol/panel.ts';
import { toPng } from '../../kit/charts/chartImage.ts';
import { rangesChart } from '../../kit/charts/rangesChart.ts';
import { standAlone, type ChartWords } from '../../kit/charts/standAlone.ts';
import { plural } from '../../kit/numbers.ts';
import { selectedRows } from './actions.ts';
import { sortFindings } from './findingsModel.ts';
import { isMeasured, rangeAxis } from './layersModel.ts';
import type { Page } from './page.ts';
import { graphSvg } from './tabs/graphSvg.ts';
import { readTokens } from './tabs/graphTokens.ts';
import { findingAt, intervalsChart, remediesChart, type TableChart } from './tableCharts.ts';
import { tabToShow } from './viewModel.ts';

/** A chart that is shown, and how it becomes a picture of its own. */
interface ShownChart {
  readonly title: string;
  /** Empty for charts of the whole model. */
  readonly layer: string;
  draw(words: ChartWords): string;
}

/** Width of the bars in a chart of ranges, and how many rows it has at most. */
const barPx = 420;
const mostRows = 400;

/** Opens a menu on the chart under the pointer, or that has the focus; false where there is none. */
export function openChartMenu(page: Page, event: MouseEvent): boolean {
  const target = event.target instanceof Element ? event.target : undefined;
  const own = target?.closest('svg[data-chart]') ?? target?.querySelector('svg[data-chart]');
  const isGraph = Boolean(target?.closest('.graph-stage'));
  const table = target && tableChartAt(page, target);
  const chart = isGraph
    ? graphChart(page)
    : table
      ? table
      : own instanceof SVGSVGElement && (target?.closest('.strips, svg[data-chart]') ?? undefined)
        ? shownIn(page, own)
        : undefined;
  if (!chart) return false;
  const items = (['svg', 'png'] as const).map((as) => ({
    label: `Save chart as ${as.toUpperCase()}…`,
    run: () => save(page, chart, as),
  }));
  const box = target?.getBoundingClientRect();
  const at =
    event.button === 2
      ? { x: event.clientX, y: event.clientY }
      : { x: (box?.left ?? 0) + 40, y: (box?.top ?? 0) + 24 };
  page.change({ menu: { ...at, items, ...backTo(page) } });
  return true;
}

/** Opens a menu of all charts that are shown now. */
export function openChartList(page: Page, x = 40, y = 60): void {
  // The tab may just have been changed, and not be drawn yet.
  page.draw();
  const charts = shownCharts(page);
  const items = charts.map((chart) => ({
    label: `Save “${chart.title}”…`,
    run: () => save(page, chart, undefined),
  }));
  const none = {
    label: 'Save chart…',
    whyNot: 'No chart is shown here: go to Layers, Graph, Compare, Findings or Proof.',
    run: () => undefined,
  };
  page.change({ menu: { x, y, items: items.length > 0 ? items : [none], ...backTo(page) } });
}

function backTo(page: Page): { readonly back?: HTMLElement } {
  const now = document.activeElement;
  return now instanceof HTMLElement && now !== document.body && page.state.model
    ? { back: now }
    : {};
}

function shownCharts(page: Page): readonly ShownChart[] {
  const { model, kept } = page.state;
  if (!model) return [];
  const tab = tabToShow(model, kept.tab);
  const drawn = [...document.querySelectorAll<SVGSVGElement>('.panel svg[data-chart]')];
  const whole = [
    tab === 'layers' ? rangesOf(page) : undefined,
    tab === 'graph' ? graphChart(page) : undefined,
    tab === 'proof' ? ofTable(intervalsChart(model)) : undefined,
    ...(tab === 'findings'
      ? sortFindings(model.findings).map((finding) => ofTable(remediesChart(model, finding)))
      : []),
  ];
  return [
    ...whole.filter((chart) => chart !== undefined),
    ...drawn.map((chart) => shownIn(page, chart)),
  ];
}

function shownIn(page: Page, chart: SVGSVGElement): ShownChart {
  const { model, kept } = page.state;
  const isOfLayer = chart.closest('.cockpit') !== null;
  const row = isOfLayer ? model?.layers.find(({ id }) => id === kept.current) : undefined;
  return {
    title: chart.dataset['chart'] ?? 'Chart',
    layer: row?.name ?? '',
    draw: (words) => {
      const said = chart.dataset['words'] ?? chart.getAttribute('aria-label') ?? '';
      return standAlone(chart, { ...words, description: `${said} ${words.description}`.trim() });
    },
  };
}

/** The bars of the table as one chart: those of the selected layers. */
function rangesOf(page: Page): ShownChart | undefined {
  const rows = selectedRows(page).filter(isMeasured).slice(0, mostRows);
  const { model, kept } = page.state;
  if (!model || rows.length === 0) return undefined;
  const title =
    rows.length === 1 ? 'Weight ranges' : `Weight ranges of ${plural(rows.length, 'layer')}`;
  return {
    title,
    layer: rows.length === 1 ? (rows[0]?.name ?? '') : '',
    draw: (words) => {
      const x = rangeAxis(model.layers, kept.axis, [6, barPx]);
      const heading = 'Weight range of each channel, max |w|';
      return drawAside(
        rangesChart(rows, (row) => page.names().name(row.name), x, heading),
        words,
      );
    },
  };
}

/** The chart of the table that an element stands in. */
function tableChartAt({ state: { model } }: Page, element: Element): ShownChart | undefined {
  if (!model) return undefined;
  if (element.closest('.report.states svg')) return ofTable(intervalsChart(model));
  const finding = element.closest('.remedies .plot') ? findingAt(model, element) : undefined;
  return finding && ofTable(remediesChart(model, finding));
}

const ofTable = (chart: TableChart | undefined): ShownChart | undefined =>
  chart && {
    title: chart.title,
    layer: '',
    draw: (words) => drawAside(chart.draw(), words),
  };

/** Draws a chart that the page has only row by row. */
function drawAside(chart: TemplateResult, words: ChartWords): string {
  // Style sheets reach it only in the page.
  const aside = document.body.appendChild(document.createElement('div'));
  aside.className = 'for-readers';
  aside.ariaHidden = 'true';
  render(chart, aside);
  const drawn = aside.querySelector('svg');
  const said = drawn?.getAttribute('aria-label') ?? '';
  const text = drawn
    ? standAlone(drawn, { ...words, description: `${said} ${words.description}` })
    : '';
  aside.remove();
  return text;
}

function graphChart(page: Page): ShownChart | undefined {
  const picture = page.graph.frame.picture;
  if (!picture) return undefined;
  return {
    title: 'Graph',
    layer: '',
    draw: (words) => graphSvg(picture, readTokens(document.body), words),
  };
}

/** Draws a chart apart from the page, and hands it to the host, which asks where it goes. */
async function draw(page: Page, chart: ShownChart, as: DrawnChart['as']): Promise<void> {
  const { model } = page.state;
  const { title, layer } = chart;
  const parts = [layer, model?.file.name ?? '', model?.targetLabel ?? ''];
  const svg = chart.draw({
    title: [title, ...parts.slice(0, 2)].filter(Boolean).join(', '),
    description: `Target: ${model?.targetLabel ?? ''}.`,
    foot: [...parts, model?.preview ? 'preview' : ''].filter(Boolean).join(' · '),
  });
  const png = as === 'svg' ? undefined : await toPng(svg);
  const name = [layer, title].filter(Boolean).map(inFileName).join('.');
  page.post({
    type: 'saveChart',
    chart: { name, svg, ...(png === undefined ? {} : { png }), ...(as ? { as } : {}) },
  });
}

const save = (page: Page, chart: ShownChart, as: DrawnChart['as']): void => {
  void draw(page, chart, as);
};

/** What every file system takes. */
const inFileName = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(-60)
    .toLowerCase();
