import assert from 'node:assert/strict';
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };

const { commands, menus } = manifest.contributes;
const titleOf = ({ title }: { title: string }): string =>
  (texts as Readonly<Record<string, string>>)[title.slice(1, -1)] ?? title;

/** Names that have capitals wherever they stand. */
const names = /^\(?(ONNX|QDQ)\)?$/;

/** What works with nothing open, and why. */
const always: Readonly<Record<string, string>> = {
  'rangefinder.openDiagnostics': 'asks for a model',
  'rangefinder.openSample': 'brings its own model',
  'rangefinder.showLog': 'there is a log from the start',
  'rangefinder.restartServer': 'the way out when the server does not answer',
  'rangefinder.manageTrust': 'trust belongs to the window',
};

/** What the palette has not, and its way by keyboard. */
const hidden: Readonly<Record<string, string>> = {
  'rangefinder.compareSelected':
    'its menu opens with Shift+F10; “Compare with file...” asks for the other',
  'rangefinder.undo': 'Ctrl+Z; the palette has “Undo” of VS Code itself',
  'rangefinder.redo': 'Ctrl+Y; the palette has “Redo” of VS Code itself',
};

const paletteWhen = new Map(menus.commandPalette.map((item) => [item.command, item.when] as const));

describe('titles and conditions of commands', () => {
  it('are in sentence style: one capital, no full stop, three dots where something is asked', () => {
    for (const title of commands.map(titleOf)) {
      assert.doesNotMatch(title, /^%|\.\.\.\.|[^.]\.$|…|^Quantization|\s{2}|^\s|\s$/, title);
      const [first = '', ...others] = title.replace(/\.\.\.$/, '').split(/[\s:,]+/);
      assert.match(first, /^[A-Z][a-z]+$/, title);
      for (const word of others)
        assert.ok(names.test(word) || /^[a-z]+$/.test(word), `“${word}” in “${title}”`);
    }
  });

  it('stand under one category', () => {
    assert.deepEqual([...new Set(commands.map(({ category }) => category))], ['%category%']);
    assert.equal(texts.category, 'Quantization');
  });

  it('are different from each other', () => {
    const titles = commands.map(titleOf);
    assert.deepEqual(
      titles.filter((title, i) => titles.indexOf(title) !== i),
      [],
    );
  });

  it('have something that hides them where they would refuse', () => {
    const bare = commands.filter(
      (one) => !('enablement' in one) && !paletteWhen.has(one.command) && !(one.command in always),
    );
    assert.deepEqual(
      bare.map(({ command }) => command),
      [],
    );
    for (const id of Object.keys(always))
      assert.ok(
        commands.some(({ command }) => command === id),
        `${id} is no command`,
      );
  });

  it('leave every command a way by keyboard: none is kept out of the palette that could know what it is about', () => {
    assert.deepEqual(
      [...paletteWhen].filter(([, when]) => when === 'false').map(([id]) => id),
      Object.keys(hidden),
    );
  });

  it('have a picture where they stand in a title bar, not in its menu', () => {
    const shown = [...menus['editor/title'], ...menus['view/title']]
      .filter(({ group }) => group.startsWith('navigation'))
      .concat(menus['view/item/context'].filter(({ group }) => group === 'inline'));
    const icons = new Map(commands.map((one) => [one.command, 'icon' in one ? one.icon : '']));
    assert.ok(shown.length > 4);
    assert.deepEqual(
      shown.filter(({ command }) => !icons.get(command)).map(({ command }) => command),
      [],
    );
  });

  it('stand in their menus in one order: no place is had twice, and no number has two groups', () => {
    for (const [menu, entries] of Object.entries(menus)) {
      const groups = entries.flatMap((one) => ('group' in one ? one.group : []));
      // In the title bar itself one button takes the place of another.
      const places = groups.filter((group) => group.includes('@') && !/^navigation/.test(group));
      assert.deepEqual(
        places.filter((place, at) => places.indexOf(place) !== at),
        [],
        menu,
      );
    }
    const names = [...new Set(menus['editor/title'].map(({ group }) => group.replace(/@.*/, '')))];
    const numbers = names.flatMap((name) => /^\d+/.exec(name)?.[0] ?? []);
    assert.equal(new Set(numbers).size, numbers.length, names.join(', '));
  });
});
