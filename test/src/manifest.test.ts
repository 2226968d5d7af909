import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
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

/** What a setting must say of itself. */
interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope: string;
  readonly enum?: readonly string[];
  readonly markdownDescription: string;
  readonly markdownEnumDescriptions?: readonly string[];
}

const sentence = (key: string): string =>
  (texts as Record<string, string>)[key.replaceAll('%', '')] ?? '';

/** Fields that people read. */
const readable =
  /^(title|name|displayName|label|contextualTitle|contents|(markdown)?(enum)?descriptions?)$/i;
/** Names, the same in every language. */
const properNames = [
  ...Array<[string, string]>(3).fill(['contextualTitle', 'Rangefinder']),
  ['title', 'Rangefinder'],
];

/** Every text that people read, with the name of its field. */
const textsOf = (value: unknown, name = ''): [string, string][] => {
  if (typeof value === 'string') return readable.test(name) ? [[name, value]] : [];
  if (Array.isArray(value)) return value.flatMap((one) => textsOf(one, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => textsOf(inner, field));
};

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
      new Set(['%category%']),
    );
    assert.equal(texts.category, 'Quantization');
  });

  it('has everything that people read in package.nls.json, where it can be translated', () => {
    const shown =
      /^(title|shortTitle|category|(markdown)?[dD]escription|displayName|label|contents|altText|(markdown)?[eE]numDescriptions|enumItemLabels)$/;
    // The name of the product is the same in every language.
    const names = new Set(['Rangefinder', 'Quantization Encodings']);
    const bare: string[] = [];
    const look = (value: unknown, key: string): void => {
      if (typeof value === 'string') {
        if (shown.test(key) && !/^%.+%$/.test(value) && !names.has(value)) bare.push(value);
      } else if (Array.isArray(value)) {
        for (const one of value) look(one, key);
      } else if (typeof value === 'object' && value !== null) {
        for (const [name, one] of Object.entries(value)) look(one, name);
      }
    };
    look(contributes, '');
    assert.deepEqual(bare, []);
    const keys = [...JSON.stringify(manifest).matchAll(/"%([^"%]+)%"/g)].map(
      ([, key]) => key ?? '',
    );
    assert.deepEqual(
      keys.filter((key) => !(key in texts)),
      [],
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
    /** Those of VS Code itself. */
    const foreign = /^workbench\.action\.openSettings\?/;
    for (const [, id = ''] of links) assert.ok(named.includes(id) || foreign.test(id), id);
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

  it('has no title, description or welcome text of its own: all of them can be translated', () => {
    const told = textsOf({ ...contributes, capabilities: manifest.capabilities });
    assert.ok(told.length > 100);
    const literal = told.filter(([, text]) => !/^%[\w.]+%$/.test(text));
    assert.deepEqual(literal, properNames);
  });

  it('obeys none of its settings in a workspace that is not trusted', () => {
    const { untrustedWorkspaces } = manifest.capabilities;
    assert.equal(untrustedWorkspaces.supported, 'limited');
    assert.deepEqual(
      untrustedWorkspaces.restrictedConfigurations,
      Object.keys(contributes.configuration.properties),
    );
  });

  it('runs where the files are', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  });

  const settings = Object.entries(contributes.configuration.properties) as [string, Setting][];
  for (const [name, setting] of settings) {
    it(`${name}: has a type, a default, a scope and sentences`, () => {
      const { type, scope, enum: choices, markdownEnumDescriptions: words = [] } = setting;
      assert.ok(['string', 'integer', 'number', 'boolean', 'array'].includes(type));
      assert.notEqual(setting.default, undefined);
      assert.ok(['resource', 'window', 'machine-overridable'].includes(scope));
      assert.equal(words.length, choices?.length ?? 0);
      for (const key of [setting.markdownDescription, ...words]) {
        assert.match(sentence(key), /^[A-Z`\d].*\.$/s, key);
      }
    });
  }

  it('has the pictures that it names', () => {
    for (const file of [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
    ]) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });

  it('has the pictures that the walkthrough shows, for each theme, and they are small', () => {
    const steps = contributes.walkthroughs.flatMap(({ steps }) => steps);
    assert.equal(steps.length, 4);
    const files = new Set(steps.flatMap(({ media }) => Object.values(media.image)));
    const sizes = [...files].map((file) => statSync(join(root, file)).size);
    assert.equal(sizes.length, 8);
    const sum = sizes.reduce((total, size) => total + size, 0);
    assert.ok(sum < 300e3, `${sum} bytes`);
    const folder = readdirSync(join(root, 'media/walkthrough'));
    assert.deepEqual(new Set(folder.map((file) => `media/walkthrough/${file}`)), files);
  });

  it('completes each step of the walkthrough by a command or context key that there is', () => {
    const events = contributes.walkthroughs
      .flatMap(({ steps }) => steps)
      .flatMap(({ completionEvents }) => completionEvents);
    for (const event of events) {
      const [kind, id = ''] = event.split(':');
      if (kind === 'onCommand') assert.ok(named.includes(id), id);
      else assert.equal(kind, 'onContext');
    }
  });

  it('says of an empty list of models one thing, and of models that git ignores how to see them', () => {
    const welcomes = contributes.viewsWelcome.filter(({ view }) => view === 'rangefinder.models');
    /** What is shown where these keys are true. */
    const shown = (...keys: string[]): string[] => {
      const holds = (term: string): boolean =>
        keys.includes(term.replace(/^!?rangefinder\./, '')) !== term.startsWith('!');
      return welcomes
        .filter(({ when }) => when.split(' && ').every(holds))
        .map(({ contents }) => sentence(contents));
    };
    assert.deepEqual(shown(), []);
    assert.match(shown('hasSearched').join('|'), /^No model in this workspace\.[^|]+$/);
    const ignored = shown('hasSearched', 'hasIgnored').join('|');
    assert.match(ignored, /^All models in this workspace are ignored by git[^|]+$/);
    const [, values = ''] =
      /\(command:workbench\.action\.openSettings\?([^)]+)\)/.exec(ignored) ?? [];
    assert.deepEqual(JSON.parse(decodeURIComponent(values)), ['search.useIgnoreFiles']);
  });

  it('begins the walkthrough with what needs no model: nothing is open then', () => {
    const [first] = contributes.walkthroughs.flatMap(({ steps }) => steps);
    const buttons = [...sentence(first?.description ?? '').matchAll(/\]\(command:([\w.]+)\)/g)];
    assert.equal(buttons.length, 2);
    for (const [, id] of buttons) {
      const command = contributes.commands.find((one) => one.command === id);
      const shown = contributes.menus.commandPalette.find((one) => one.command === id);
      const needs = [command && 'enablement' in command ? command.enablement : '', shown?.when];
      assert.ok(
        command && !/rangefinder\.(has|can|is)/.test(needs.join()),
        `${id}: ${needs.join()}`,
      );
    }
  });

  it('is activated by texts only where they may be ours, and starts nothing in a window without', () => {
    assert.deepEqual(manifest.activationEvents, ['onLanguage:json', 'onLanguage:jsonc']);
    // VS Code activates by itself what contributes a language: .encodings need no event.
    assert.deepEqual(
      contributes.languages.map(({ id }) => id),
      ['encodings'],
    );
  });

  it('offers in the menus of rows only what is about that row', () => {
    const rows = contributes.menus['view/item/context'];
    assert.ok(rows.length > 3);
    for (const { command, when } of rows) assert.match(when, /viewItem (==|=~) /, command);
  });

  it('offers in the title of the editor only what the palette would offer too', () => {
    /** Keys that are true only where the others are. */
    const implied: Readonly<Record<string, readonly string[]>> = {
      canRepair: ['canMeasure', 'hasLayers', 'hasModel'],
      canMeasure: ['hasLayers', 'hasModel'],
      hasLayers: ['hasModel'],
      canBeOnnx: ['hasModel'],
      isPreview: ['hasModel'],
    };
    const keysOf = (when: string | undefined): string[] =>
      (when ?? '').split(' && ').flatMap((term) => /^!?rangefinder\.\w+$/.exec(term)?.[0] ?? []);
    const wanted = new Map<string, string[]>();
    for (const { command, ...more } of contributes.commands) {
      wanted.set(command, keysOf('enablement' in more ? more.enablement : undefined));
    }
    for (const { command, when } of contributes.menus.commandPalette) {
      wanted.set(command, [...(wanted.get(command) ?? []), ...keysOf(when)]);
    }
    const titles = contributes.menus['editor/title'].filter(({ when }) =>
      when.startsWith('activeCustomEditorId'),
    );
    assert.ok(titles.length > 30);
    for (const { command, when } of titles) {
      const given = keysOf(when).flatMap((key) => {
        const name = key.replace('rangefinder.', '');
        return [key, ...(implied[name] ?? []).map((one) => `rangefinder.${one}`)];
      });
      const missing = (wanted.get(command) ?? []).filter((key) => !given.includes(key));
      assert.deepEqual(missing, [], command);
    }
  });

  it('asks for context keys that are set', () => {
    const source = ['src/contextKeys.ts', 'src/views/modelsView.ts']
      .map((file) => readFileSync(join(root, file), 'utf8'))
      .join('\n');
    const asked = stringsOf(contributes).flatMap((text) => [
      ...text.matchAll(/rangefinder\.((?:is|has|can)\w+|active)\b/g),
    ]);
    for (const [, key] of asked)
      assert.match(source, new RegExp(`(\\b|\\.)${key ?? ''}(:|',)`), key);
  });
});
