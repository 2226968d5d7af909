import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { bodyClasses, themeStyle, type ThemeName } from '../themes.ts';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Puts the checker into a page; the page's content policy does not hold for what a debugger runs. */
export const addAxe = (page: Page): Promise<void> => page.evaluate(source);

/** Everything that depends on colours; the rest is the same in every theme. */
const ofColours = ['color-contrast', 'link-in-text-block'];
/** Rows of a table look alike: what the first ones show of a theme, the others do too. */
const otherRows = '.rows .row:nth-child(n + 9):not(.current)';

/** What is wrong with a page, one line for each element and rule; empty: nothing. */
export const violations = (page: Page): Promise<string[]> => run(page, { exclude: [] }, {});

/** What is wrong with the colours of a page that was checked in another theme already. */
export const colourViolations = (page: Page): Promise<string[]> =>
  run(page, { exclude: [otherRows] }, { runOnly: ofColours });

interface Axe {
  run(context: object, options: RunOptions): Promise<AxeResults>;
}

async function run(
  page: Page,
  context: { readonly exclude: string[] },
  options: { readonly runOnly?: string[] },
): Promise<string[]> {
  const found = await page.evaluate(
    async ([where, wish]) => {
      const axe = Reflect.get(window, 'axe') as Axe;
      const all = where.exclude.length === 0 ? document : where;
      return (await axe.run(all, { resultTypes: ['violations'], ...wish })).violations;
    },
    [context, options] as const,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, target, failureSummary = '' }) =>
        `${id}: ${target.join(' ')} ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ')}`,
    ),
  );
}

/** Gives an open page another theme, as VS Code does; `tokens` leaves all others out. */
export async function wear(
  page: Page,
  theme: ThemeName,
  tokens?: readonly string[],
): Promise<void> {
  await page.evaluate(
    ([style = '', classes = '']) => {
      document.documentElement.setAttribute('style', style);
      document.body.className = classes;
    },
    [themeStyle(theme, tokens), bodyClasses[theme]],
  );
}
