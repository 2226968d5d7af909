import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };
import { panelCommands } from '../../src/panelCommands.ts';
import { commands } from '../../src/commands/index.ts';

const root = join(import.meta.dirname, '../..');
const { contributes } = manifest;
const named = contributes.commands.map(({ command }) => command);

/** Every string of a value, however deep. */
const stringsOf = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(stringsOf)
      : [];

describe('package.json', () => {
  it('names the commands that there are', () => {
    assert.deepEqual(commands.map(({ id }) => id).sort(), [...named].sort());
  });

  it('has a file for each command, of its name', () => {
    const files = readdirSync(join(root, 'src/commands'));
    for (const id of named) assert.ok(files.includes(`${id.replace('rangefinder.', '')}.ts`), id);
  });

  it('puts every command under Quantization', () => {
    assert.deepEqual(
      new Set(contributes.commands.map(({ category }) => category)),
      new Set(['Quantization']),
    );
  });

  it('uses in menus and keys only commands that there are', () => {
    const used = [...Object.values(contributes.menus).flat(), ...contributes.keybindings]
      .map((item) => ('command' in item ? item.command : undefined))
      .filter((id) => id !== undefined);
    assert.deepEqual(
      used.filter((id) => !named.includes(id)),
      [],
    );
  });

  it('uses in links only commands that there are', () => {
    const links = Object.values(texts).flatMap((text) => [
      ...text.matchAll(/\(command:([^)]+)\)/g),
    ]);
    assert.ok(links.length > 0);
    for (const [, id] of links) assert.ok(id !== undefined && named.includes(id), id);
  });

  it('has a command for what pages may ask, or says that there is none yet', () => {
    const ids = Object.values(panelCommands).filter((id) => id !== undefined);
    assert.deepEqual(
      ids.filter((id) => !named.includes(id)),
      [],
    );
  });

  it('has a text for each key, and no text that nobody uses', () => {
    const keys = stringsOf(manifest).flatMap((text) => /^%(.+)%$/.exec(text)?.[1] ?? []);
    assert.deepEqual([...new Set(keys)].sort(), Object.keys(texts).sort());
  });

  it('has the pictures that it names', () => {
    for (const file of [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ]) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });

  it('has the pictures that the walkthrough shows', () => {
    const folder = join(root, 'media/walkthrough');
    const named = readdirSync(folder).flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g),
    ]);
    assert.equal(named.length, 3);
    for (const [, path = ''] of named) assert.ok(existsSync(join(folder, path)), path);
  });

  it('asks for context keys that are set', () => {
    const source = readFileSync(join(root, 'src/contextKeys.ts'), 'utf8');
    const asked = stringsOf(contributes).flatMap((text) => [
      ...text.matchAll(/rangefinder\.((?:is|has|can)\w+|active)\b/g),
    ]);
    for (const [, key] of asked) assert.ok(source.includes(`${key ?? ''}:`), key);
  });
});
