import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { pictureFile } from '../../kit/pictures.ts';

interface Answer {
  readonly samples: number;
  readonly issues: readonly { readonly code: string; readonly message: string }[];
  readonly outputs: readonly { readonly shape: readonly number[] }[];
}

describe('data of the command line', () => {
  const cli = commandLine();
  let model: string;
  let folder: string;
  before(() => {
    const graph = graphOf({
      inputs: { x: ['n', 3, 'height', 'width'] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'w'], ['c']),
        node('GlobalAveragePool', ['c'], ['g']),
        node('Flatten', ['g'], ['y']),
      ],
      tensors: [tensor('w', [2, 3, 1, 1], 1)],
    });
    model = cli.model(graph, 'net.onnx');
    folder = cli.at('pictures');
    for (const [name, file] of [
      ['a/1.png', 'rgb.png'],
      ['a/2.jpg', 'cut.jpg'],
      ['b/3.bmp', 'rgb.bmp'],
    ] as const) {
      mkdirSync(join(folder, name.slice(0, 1)), { recursive: true });
      writeFileSync(join(folder, name), pictureFile(file));
    }
  });

  it('runs a folder of pictures, and names what was left out', async () => {
    const preprocess = JSON.stringify({ size: [17, 23], resize: 'none', scale: 1 });
    const out = cli.at('out.json');
    const { answer } = await cli.ask<Answer>(
      ...['run', model, '--data', folder, '--preprocess', preprocess, '-o', out],
    );
    assert.equal(answer.samples, 2);
    assert.deepEqual(answer.outputs[0]?.shape, [2, 2]);
    const codes = answer.issues.map(({ code }) => code);
    assert.deepEqual(codes, ['bad-image']);
    assert.match(answer.issues[0]?.message ?? '', /a\/2\.jpg .*: left out\.$/);
  });

  it('tells of raw bytes that are fed as they are, unless float is plainly right on them', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1, 2, 1] },
      outputs: [{ name: 'y', type: 'float32', shape: [1, 2] }],
      nodes: [node('Flatten', ['x'], ['f']), node('Gemm', ['f', 'w'], ['y'], {}, 'fc')],
      tensors: [tensor('w', [2, 2], [1, -1, -1, 1])],
    });
    const bytes = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? [200, 3] : [5, 190]));
    const data = cli.at('bytes.u8');
    writeFileSync(data, Uint8Array.from(bytes.flat()));
    const codesWith = async (labels: readonly number[]): Promise<readonly string[]> => {
      writeFileSync(cli.at('labels.csv'), labels.join('\n'));
      const { answer } = await cli.ask<Answer>(
        ...['evaluate', cli.model(graph, 'bytes.onnx'), '--data', data],
        ...['--labels', cli.at('labels.csv')],
      );
      return answer.issues.map(({ code }) => code);
    };
    assert.ok(!(await codesWith(bytes.map((_, at) => at % 2))).includes('raw-bytes'));
    const halves = bytes.map((_, at) => (at < 20 ? 0 : 1));
    assert.ok((await codesWith(halves)).includes('raw-bytes'));
  });

  it('asks for a size that is open, and takes it', async () => {
    const asked = await cli.ask<{ error: { code: string; message: string; remedy: string } }>(
      ...['run', model, '--data', folder],
    );
    assert.equal(asked.exit, 2);
    assert.equal(asked.answer.error.code, 'dynamic-dimension');
    assert.match(asked.answer.error.remedy, /--dims height=SIZE/);
    const given = await cli.ask<Answer>(
      ...['run', model, '--data', folder, '--dims', 'height=8,width=8', '--batch', '3'],
    );
    assert.equal(given.exit, 0);
    assert.equal(given.answer.samples, 2);
    assert.ok(given.answer.issues.some(({ code }) => code === 'guessed-preprocessing'));
  });

  it('reads what rangefinder.json keeps', async () => {
    const settings = cli.at('rangefinder.json');
    writeFileSync(settings, JSON.stringify({ data: 'pictures', dims: { height: 8, width: 8 } }));
    const { answer, exit } = await cli.ask<Answer>('run', model);
    assert.deepEqual([exit, answer.samples], [0, 2]);
    writeFileSync(settings, '{"dims": 3}');
    const wrong = await cli.ask<{ error: { code: string } }>('run', model);
    assert.deepEqual([wrong.exit, wrong.answer.error.code], [3, 'bad-settings']);
    writeFileSync(settings, '{}');
  });

  it('says which names of rangefinder.json mean nothing, and where', async () => {
    const settings = cli.at('rangefinder.json');
    writeFileSync(settings, '{\n  "data": "pictures",\n  "dim": {"height": 8, "width": 8}\n}');
    const { answer } = await cli.ask<Answer>('analyze', model);
    const told = answer.issues.filter(({ code }) => code === 'bad-settings');
    assert.equal(told.length, 1);
    assert.match(
      told[0]?.message ?? '',
      /rangefinder\.json, line 3: There is no setting "dim"\. Did you mean "dims"\?$/,
    );
    writeFileSync(settings, '{}');
  });

  const usage: readonly (readonly [options: readonly string[], exit: number, says: RegExp])[] = [
    [['--preprocess', '{"size": 0}'], 2, /"size"/],
    [['--preprocess', '{"size": '], 3, /no JSON/],
    [['--preprocess', 'none.json'], 3, /no file "none\.json"/],
    [['--dims', 'height:8'], 2, /name=size/],
    [['--dims', 'depth=8'], 3, /No input has an open dimension called "depth"/],
  ];
  for (const [options, exit, says] of usage) {
    it(`refuses ${options.join(' ')}`, async () => {
      const said = await cli.run('run', model, '--data', folder, ...options);
      assert.equal(said.exit, exit);
      assert.match(said.err, says);
    });
  }
});
