/** Looks at a report as its reader does: the file that was written, in a browser. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { patienceMs } from './host.mjs';

/** What would run something, or fetch something: a report does neither. */
const active = /<(?:script|iframe|object|embed|link|form)\b|\son\w+\s*=|javascript:|@import|url\(/i;
const leadsOut = /\b(?:src|srcset|action|poster)\s*=|href="(?!#)/i;

const isLight = (rgb) => {
  const [r, g, b] = (rgb.match(/\d+/g) ?? []).map(Number);
  return 0.3 * r + 0.6 * g + 0.1 * b > 128;
};

/**
 * One file by itself, without scripts, that lists what the panel counts and proves what was done,
 * light or dark as its reader has it. `refused` are the places that the panel says of `Absorb`.
 */
export async function checkReport({ context, path, refused, shot }) {
  for (const end = Date.now() + patienceMs; !existsSync(path); await pause(50))
    assert.ok(Date.now() < end, 'no report is written');
  const text = readFileSync(path, 'utf8');
  assert.match(text, /^<!doctype html>[^]*<\/html>\s*$/);
  assert.doesNotMatch(text, active);
  assert.doesNotMatch(text, leadsOut);

  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const url = pathToFileURL(path).href;
  await page.goto(url);
  const look = async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await shot(`report-${colorScheme}`, page);
    return page.evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color];
    });
  };
  assert.deepEqual((await look('light')).map(isLight), [true, false]);
  assert.deepEqual((await look('dark')).map(isLight), [false, true]);
  const main = await page.locator('main').innerText();
  assert.match(main, /Why, and why not\s+Places that the steps looked at: refused \d/);
  assert.match(main, new RegExp(`refused [^.]*\\bAbsorb ${refused}\\b`));
  assert.match(main, /Refused · Absorb · \d/);
  const proofs = await page.locator('#proof ~ .wide .proofs tbody tr').allInnerTexts();
  assert.ok(
    proofs.some((row) => /Fold\s+✓ exact/.test(row)),
    proofs.join('\n'),
  );
  assert.ok(
    proofs.some((row) => /Equalize\s+✓ exact/.test(row)),
    proofs.join('\n'),
  );
  assert.deepEqual(asked, [url], 'it asks for nothing but itself');
  await page.close();
}
