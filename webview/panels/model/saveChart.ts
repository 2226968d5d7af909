import { render, type TemplateResult } from 'lit';
import type { ModelState } from '../../../server/protocol/model.ts';
import type { DrawnChart } from '../../../server/protocol/panel.ts';
import { toPng } from '../../kit/charts/chartImage.ts';
import { standAlone, type ChartWords } from '../../kit/charts/standAlone.ts';
import { cutInMiddle } from '../../kit/cutNames.ts';
import type { MenuItem } from '../../kit/menu.ts';
import { sortFindings } from './findingsModel.ts';
import { layerChart, layerCharts } from './layerCharts.ts';
import type { Page } from './page.ts';
import { shownTable } from './tabs/compare.ts';
import { graphSvg } from './tabs/graphSvg.ts';
import { readTokens } from './tabs/graphTokens.ts';
import {
  findingAt,
  intervalsChart,
  remediesChart,
  sidesChart,
  type TableChart,
} from './tableCharts.ts';
import { tabToShow } from './viewModel.ts';

/** A chart that is shown, and how it becomes a picture of its own. */
interface ShownChart {
  readonly title: string;
  /** Empty for charts of the whole model. */
  readonly layer: string;
  readonly isOfSamples: boolean;
  draw(words: ChartWords): string;
}

/** Opens a menu on the chart under the pointer, or that has the focus; false where there is none. */
export function openChartMenu(page: Page, event: MouseEvent): boolean {
  const target = event.target instanceof Element ? event.target : undefined;
  const isByPointer = event.button === 2;
  const chart = target && chartAt(page, target, isByPointer);
  if (!chart) return false;
  const box = target.getBoundingClientRect();
  const [x, y] = isByPointer ? [event.clientX, event.clientY] : [box.left + 40, box.top + 24];
  openSaveMenu(page, chart, x, y);
  return true;
}

/** Opens a menu on the head of a column of the layers table; false where nothing is drawn of it. */
export function openColumnMenu(
  page: Page,
  column: string | undefined,
  x: number,
  y: number,
): boolean {
  const chart = ofTable(column === undefined ? undefined : layerChart(page, column));
  if (chart) openSaveMenu(page, chart, x, y);
  return chart !== undefined;
}

/** For the menu of a row: the column whose cell was pressed, as one chart. */
export function columnItems(page: Page, column: string | undefined): readonly MenuItem[] {
  const chart = ofTable(column === undefined ? undefined : layerChart(page, column));
  return chart ? [saveItem(page, chart)] : [];
}

function openSaveMenu(page: Page, chart: ShownChart, x: number, y: number): void {
  const items = (['svg', 'png'] as const).map((as) => ({
    label: `Save chart as ${as.toUpperCase()}…`,
    run: () => save(page, chart, as),
  }));
  page.change({ menu: { x, y, items, ...backTo(page) } });
}

const saveItem = (page: Page, chart: ShownChart): MenuItem => ({
  label: `Save “${cutInMiddle(chart.title, 60)}”…`,
  run: () => save(page, chart, undefined),
});

function chartAt(page: Page, target: Element, isByPointer: boolean): ShownChart | undefined {
  if (target.closest('.graph-stage')) return graphChart(page);
  const table = tableChartAt(page, target, isByPointer);
  if (table) return table;
  const own = target.closest('svg[data-chart]') ?? target.querySelector('svg[data-chart]');
  return own instanceof SVGSVGElement && target.closest('.strips, svg[data-chart]')
    ? shownIn(page, own)
    : undefined;
}

/** Opens a menu of all charts that are shown now. */
export function openChartList(page: Page, x = 40, y = 60): void {
  // The tab may just have been changed, and not be drawn yet.
  page.draw();
  const charts = shownCharts(page);
  const items = charts.map((chart) => saveItem(page, chart));
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
    ...(tab === 'layers' ? layerCharts(page).map(ofTable) : []),
    tab === 'graph' ? graphChart(page) : undefined,
    tab === 'proof' ? ofTable(intervalsChart(model)) : undefined,
    ...(tab === 'findings'
      ? sortFindings(model.findings).map((finding) => ofTable(remediesChart(model, finding)))
      : []),
    ...drawn.map((chart) => shownIn(page, chart)),
    tab === 'compare' ? ofTable(comparedChart(page)) : undefined,
  ];
  return whole.filter((chart) => chart !== undefined);
}

function shownIn(page: Page, chart: SVGSVGElement): ShownChart {
  const { model, kept } = page.state;
  const isOfLayer = chart.closest('.cockpit') !== null;
  const row = isOfLayer ? model?.layers.find(({ id }) => id === kept.current) : undefined;
  return {
    title: chart.dataset['chart'] ?? 'Chart',
    layer: row?.name ?? '',
    isOfSamples: chart.dataset['of'] === 'samples',
    draw: (words) => {
      const said = chart.dataset['words'] ?? chart.getAttribute('aria-label') ?? '';
      return standAlone(chart, { ...words, description: `${said} ${words.description}`.trim() });
    },
  };
}

/** The chart of the table that an element stands in; keys reach links and buttons of a row alone. */
function tableChartAt(page: Page, element: Element, isByPointer: boolean): ShownChart | undefined {
  const { model } = page.state;
  if (!model) return undefined;
  if (element.closest('.report.states svg')) return ofTable(intervalsChart(model));
  if (element.closest(isByPointer ? '.compare svg, .compare .axis-head' : '.report.compare'))
    return ofTable(comparedChart(page));
  const isOfFinding = element.closest(isByPointer ? '.remedies .plot' : '.remedies') !== null;
  const finding = isOfFinding ? findingAt(model, element) : undefined;
  return finding && ofTable(remediesChart(model, finding));
}

function comparedChart(page: Page): TableChart | undefined {
  const { model } = page.state;
  const table = shownTable(page);
  return model && table && sidesChart(table, page.comparedNames(model, table));
}

const ofTable = (chart: TableChart | undefined): ShownChart | undefined =>
  chart && {
    title: chart.title,
    layer: '',
    isOfSamples: chart.isOfSamples,
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
    isOfSamples: false,
    draw: (words) => graphSvg(picture, readTokens(document.body), words),
  };
}

/** Draws a chart apart from the page, and hands it to the host, which asks where it goes. */
async function draw(page: Page, chart: ShownChart, as: DrawnChart['as']): Promise<void> {
  const { model } = page.state;
  const { title, layer, isOfSamples } = chart;
  const parts = [layer, model?.file.name ?? '', model?.targetLabel ?? ''];
  const samples = isOfSamples && model ? samplesOf(model) : [];
  const svg = chart.draw({
    title: [title, ...parts.slice(0, 2)].filter(Boolean).join(', '),
    description: [
      `Target: ${model?.targetLabel ?? ''}.`,
      ...samples.map((text) => `${text}.`),
    ].join(' '),
    foot: [...parts, ...samples, model?.preview ? 'preview' : ''].filter(Boolean).join(' · '),
  });
  const png = as === 'svg' ? undefined : await toPng(svg);
  const name = [layer, title].filter(Boolean).map(inFileName).join('.');
  page.post({
    type: 'saveChart',
    chart: { name, svg, ...(png === undefined ? {} : { png }), ...(as ? { as } : {}) },
  });
}

/** Which samples the figures are of, and whether they are of the model as it is. */
const samplesOf = ({ data, evaluation }: ModelState): readonly string[] => [
  ...(data ? [data.label] : []),
  ...(evaluation?.isStale ? ['measured before the last change'] : []),
];

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
