import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decode } from 'fast-png';
import { commandLine, sample } from '../../kit/commandLine.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { elementsOf, parseXml } from '../../kit/xml.ts';

const samples = join(dirname(sample), 'samples.npz');

describe('--charts', () => {
  const line = commandLine();
  let model = '';
  before(() => {
    model = line.model(smallMobileNet(), 'net.onnx');
  });

  /** Names and figures of the rows of a chart. */
  const figuresOf = (folder: string, name: string): Map<string, string> => {
    const picture = parseXml(readFileSync(join(line.at(folder), name), 'utf8'));
    const rows = elementsOf(picture, 'g').filter((one) => one.attributes.get('class') === 'row');
    return new Map(
      rows.map((row) => {
        const words = elementsOf(row, 'text').map(({ text }) => text);
        return [words[0] ?? '', words.at(-1) ?? ''];
      }),
    );
  };

  it('writes every chart of a report into a folder that it makes, with the figures of the model', async () => {
    const said = await line.ask<{
      charts: string[];
      layers: { name: string; folded: { sqnr: { chosen: number } } }[];
    }>('analyze', sample, '--target', 'tensor-int8', '--charts', line.at('made'));
    assert.equal(said.exit, 0, said.err);
    const names = readdirSync(line.at('made'));
    assert.deepEqual(names.sort(), [
      'by-depth.svg',
      'remedies-tiny-channels.svg',
      'remedies-uneven-channels.svg',
      'remedies-weak-layer.svg',
      'weight-ranges.svg',
      'weights-db.svg',
    ]);
    assert.deepEqual(
      [...said.answer.charts].sort(),
      names.map((name) => join(line.at('made'), name)),
    );
    const drawn = figuresOf('made', 'weights-db.svg');
    assert.equal(drawn.size, 13);
    for (const { name, folded } of said.answer.layers) {
      assert.equal(drawn.get(name), folded.sqnr.chosen.toFixed(1), name);
    }
  });

  it('has what samples say of layers and outputs', async () => {
    const said = await line.ask<{
      charts: string[];
      layers: { name: string; local: { sqnrDb: number }; accumulated: { sqnrDb: number } }[];
    }>('measure', sample, '--data', samples, '--charts', line.at('measured'));
    assert.equal(said.exit, 0, said.err);
    const names = readdirSync(line.at('measured'));
    for (const name of ['answers', 'by-depth', 'alone-db', 'so-far-db', 'bias-error']) {
      assert.ok(names.includes(`${name}.svg`), name);
    }
    const alone = figuresOf('measured', 'alone-db.svg');
    const soFar = figuresOf('measured', 'so-far-db.svg');
    for (const { name, local, accumulated } of said.answer.layers) {
      assert.equal(alone.get(name), local.sqnrDb.toFixed(1));
      assert.equal(soFar.get(name), accumulated.sqnrDb.toFixed(1));
    }
    assert.ok(said.answer.layers.length > 5);
  });

  it('says in words where they are, and that the samples are synthetic', async () => {
    const args = ['--data', 'synthetic:1', '--charts', line.at('swept')];
    const said = await line.run('sensitivity', model, ...args);
    assert.equal(said.exit, 0, said.err);
    assert.match(said.out, /\n\d charts in .*swept: weight-ranges\.svg, .*only-this-db\.svg/);
    const text = readFileSync(join(line.at('swept'), 'only-this-db.svg'), 'utf8');
    assert.match(text, /samples: synthetic, seed 1/);
  });

  it('draws a repair: its steps, and the remedies of the model as it was opened', async () => {
    const args = ['--granularity', 'tensor', '--charts', line.at('repaired')];
    const said = await line.ask<{
      steps: { id: string; before: { sqnrDb: number }; after: { sqnrDb: number } }[];
    }>('repair', sample, ...args);
    assert.equal(said.exit, 0, said.err);
    const equalize = said.answer.steps.find(({ id }) => id === 'equalize');
    const [before, after] = [equalize?.before.sqnrDb.toFixed(1), equalize?.after.sqnrDb.toFixed(1)];
    const steps = figuresOf('repaired', 'repair-steps.svg');
    assert.equal(steps.get('Equalize'), `${before} → ${after} ✓ kept`);
    assert.ok(existsSync(join(line.at('repaired'), 'remedies-uneven-channels-as-opened.svg')));
  });

  it('writes a page as well where both are asked for', async () => {
    const args = ['--report', line.at('both.html'), '--charts', line.at('both')];
    const said = await line.run('fold', model, ...args);
    assert.equal(said.exit, 0, said.err);
    assert.ok(existsSync(line.at('both.html')));
    assert.ok(existsSync(join(line.at('both'), 'weight-ranges.svg')));
  });

  it('draws two models side by side, with the figures of their report', async () => {
    const folded = line.at('folded.onnx');
    await line.run('fold', sample, '-o', folded);
    const args = ['--granularity', 'tensor', '--report', line.at('compared.json')];
    const said = await line.ask<{ charts: string[] }>(
      ...['compare', sample, folded, ...args, '--charts', line.at('compared')],
    );
    assert.equal(said.exit, 0, said.err);
    assert.deepEqual(readdirSync(line.at('compared')).sort(), ['by-depth.svg', 'weights-db.svg']);
    assert.equal(said.answer.charts.length, 2);
    const { layers } = JSON.parse(readFileSync(line.at('compared.json'), 'utf8')) as {
      layers: { name: string; firstDb: number; secondDb: number }[];
    };
    const drawn = figuresOf('compared', 'weights-db.svg');
    assert.equal(layers.length, 13);
    for (const { name, firstDb, secondDb } of layers) {
      const both = [...new Set([firstDb.toFixed(1), secondDb.toFixed(1)])].join(' → ');
      assert.equal(drawn.get(name), both, name);
    }
    const text = readFileSync(join(line.at('compared'), 'by-depth.svg'), 'utf8');
    assert.match(text, /folded\.onnx against sample\.onnx · /);
  });

  it('replaces the charts of the run before, and leaves the rest of the folder alone', async () => {
    mkdirSync(line.at('again'));
    writeFileSync(join(line.at('again'), 'weights-db.svg'), 'old');
    writeFileSync(join(line.at('again'), 'notes.txt'), 'mine');
    const said = await line.run('analyze', model, '--charts', line.at('again'));
    assert.equal(said.exit, 0, said.err);
    parseXml(readFileSync(join(line.at('again'), 'weights-db.svg'), 'utf8'));
    assert.equal(readFileSync(join(line.at('again'), 'notes.txt'), 'utf8'), 'mine');
    assert.deepEqual(
      readdirSync(line.at('again')).filter((name) => !/\.(svg|txt)$/.test(name)),
      [],
    );
  });

  describe('as pixels', () => {
    /** How many pixels of a part of the picture are dark, from `top` to `bottom` of it. */
    const inkOf = (
      folder: string,
      name: string,
      [top, bottom]: readonly [number, number],
    ): number => {
      const { data, width, channels } = decode(readFileSync(join(line.at(folder), name)));
      let ink = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = 0; x < width; x++) if ((data[(y * width + x) * channels] ?? 255) < 128) ink++;
      }
      return ink;
    };

    it('draws what the SVG says, with its words, two pixels for one', async () => {
      const said = await line.ask<{ charts: string[] }>(
        ...['analyze', sample, '--target', 'tensor-int8'],
        ...['--charts', line.at('pixels'), '--charts-as', 'png'],
      );
      assert.equal(said.exit, 0, said.err);
      await line.run('analyze', sample, '--target', 'tensor-int8', '--charts', line.at('twin'));
      const names = readdirSync(line.at('pixels')).sort();
      assert.deepEqual(
        names,
        readdirSync(line.at('twin'))
          .map((name) => name.replace('.svg', '.png'))
          .sort(),
      );
      assert.equal(said.answer.charts.length, names.length);
      for (const name of names) {
        const svg = parseXml(
          readFileSync(join(line.at('twin'), name.replace('.png', '.svg')), 'utf8'),
        );
        const size = (side: string): number => Number(svg.attributes.get(side));
        const picture = decode(readFileSync(join(line.at('pixels'), name)));
        assert.equal(picture.width, Math.round(2 * size('width')), name);
        assert.equal(picture.height, Math.round(2 * size('height')), name);
        assert.deepEqual([...picture.data.slice(0, 4)], [255, 255, 255, 255]);
        // The title, and the line under the chart; nothing but their letters is there.
        assert.equal(inkOf('pixels', name, [0, 34]), 0, name);
        const title = inkOf('pixels', name, [34, 66]);
        assert.ok(title > 400 && title < 0.2 * 32 * picture.width, `${name}: ${title}`);
        assert.ok(inkOf('pixels', name, [picture.height - 64, picture.height]) > 300, name);
      }
    });

    it('warns of letters that its typeface has not', async () => {
      const { nodes, ...graph } = smallMobileNet();
      const named = nodes.map((node, i) => (i === 0 ? { ...node, name: '卷积' } : node));
      const strange = line.model({ ...graph, nodes: named }, 'strange.onnx');
      const args = ['--charts', line.at('strange')];
      const pixels = await line.run('analyze', strange, ...args, '--charts-as', 'png');
      assert.equal(pixels.exit, 0, pixels.err);
      assert.match(pixels.out, /warning: The typeface of PNG charts has no letters such as 卷/);
      const drawn = await line.run('analyze', strange, ...args, '--charts-as', 'svg');
      assert.doesNotMatch(drawn.out, /typeface/);
    });

    it('are asked for together with a folder, in a kind that is known', async () => {
      const alone = await line.run('analyze', model, '--charts-as', 'png');
      assert.equal(alone.exit, 2);
      assert.match(alone.err, /nothing without it\ngive --charts FOLDER as well/);
      const unknown = await line.run(
        'analyze',
        model,
        '--charts',
        line.at('x'),
        '--charts-as',
        'pdf',
      );
      assert.equal(unknown.exit, 2);
      assert.match(unknown.err, /--charts-as "pdf": must be svg\|png/);
    });
  });

  const refused: readonly (readonly [
    what: string,
    options: readonly string[],
    exit: number,
    says: RegExp,
  ])[] = [
    ['a folder in no folder', ['--charts', 'none/charts'], 4, /does not exist\n.*mkdir -p/],
    ['a file', ['--charts', 'net.onnx'], 4, /is a file; charts are several\nname a folder/],
    [
      'a report that is one picture',
      ['--report', 'all.svg'],
      2,
      /a page or a table.*\ngive --charts/,
    ],
    [
      'a report that is one picture of pixels',
      ['--report', 'all.PNG'],
      2,
      /\ngive --charts FOLDER/,
    ],
  ];
  for (const [what, [option = '', path = ''], exit, says] of refused) {
    it(`refuses ${what} before any work`, async () => {
      const words = ['fold', model, '-o', line.at('out.onnx'), option, line.at(path)];
      const said = await line.run(...words);
      assert.equal(said.exit, exit, said.err);
      assert.match(said.err, says);
      assert.ok(!existsSync(line.at('out.onnx')));
    });
  }

  it('writes nothing where the command fails', async () => {
    writeFileSync(line.at('broken.onnx'), 'no model');
    const said = await line.run('analyze', line.at('broken.onnx'), '--charts', line.at('failed'));
    assert.equal(said.exit, 3);
    assert.ok(!existsSync(line.at('failed')));
  });

  it('says what cannot be written over', async () => {
    mkdirSync(join(line.at('blocked'), 'by-depth.svg'), { recursive: true });
    const said = await line.run('analyze', model, '--charts', line.at('blocked'));
    assert.equal(said.exit, 4);
    assert.match(said.err, /by-depth\.svg/);
  });

  it('is not understood by verbs that have nothing to tell, and is what --chart means', async () => {
    const run = await line.run('run', model, '--charts', line.at('run'));
    assert.match(run.err, /run has no option --charts/);
    const misspelt = await line.run('analyze', model, '--chart', line.at('run'));
    assert.match(misspelt.err, /did you mean "?--charts/i);
  });
});
