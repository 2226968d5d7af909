import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { commandLine } from '../../kit/commandLine.ts';
import { Net } from '../../kit/net.ts';

interface Tensor {
  readonly name: string;
  readonly kind: string;
  readonly bits: number;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}
interface Issue {
  readonly code: string;
  readonly severity: string;
  readonly where: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}
interface Answer {
  readonly tensors: readonly Tensor[];
  readonly issues: readonly Issue[];
  readonly outputs?: readonly string[];
  readonly version?: string;
  readonly missing?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}
interface Listed {
  readonly version: string;
  readonly param_encodings: readonly { name: string; scale: number[]; offset: number[] }[];
  readonly activation_encodings: readonly { name: string; scale: number[]; offset: number[] }[];
}

const root = path.resolve(import.meta.dirname, '../../..');
const models = process.env['RANGEFINDER_MODELS'] ?? path.join(root, '../shared/models');
const oracle = process.env['RANGEFINDER_ORACLE'] ?? path.join(root, '../shared/oracle');

const net = () => new Net([1, 2, 4, 4]).conv('first', [3, 2, 1, 1], 3).relu().graph();

describe('encodings on the command line', () => {
  const cli = commandLine();
  const read = (name: string): Listed => JSON.parse(readFileSync(cli.at(name), 'utf8')) as Listed;
  let model = '';
  before(() => {
    model = cli.model(net(), 'net.onnx');
  });

  it('writes weights only without samples, and says so', async () => {
    const said = await cli.ask<Answer>('encodings', model, '-o', cli.at('weights'));
    assert.equal(said.exit, 0);
    assert.deepEqual(said.answer.outputs, [
      cli.at('weights.encodings'),
      cli.at('weights.v2.encodings'),
    ]);
    assert.deepEqual(
      said.answer.tensors.map(({ name, kind, scale }) => [name, kind, scale.length]),
      [['first.w', 'weight', 3]],
    );
    assert.ok(said.answer.issues.some(({ code }) => code === 'weights-only'));
    const [entry] = read('weights.encodings').param_encodings;
    assert.deepEqual(entry?.scale, said.answer.tensors[0]?.scale);
    assert.equal(read('weights.v2.encodings').version, '2.0.0');
  });

  it('writes activations with samples; what was written is loaded and kept', async () => {
    const file = cli.at('all.encodings');
    const words = ['encodings', model, '--data', 'synthetic:3'];
    const said = await cli.ask<Answer>(...words, '-o', file, '--encodings-version', '1.0.0');
    assert.deepEqual(said.answer.outputs, [file]);
    assert.ok(!existsSync(cli.at('all.v2.encodings')));
    const names = read('all.encodings').activation_encodings.map(({ name }) => name);
    assert.deepEqual(names, ['x', 'relu1']);
    // one scale is set by hand: evaluate on other samples keeps it, and calibrates nothing else
    const text = readFileSync(file, 'utf8');
    const scale = read('all.encodings').activation_encodings[1]?.scale[0] ?? 0;
    const edited = text.replace(JSON.stringify([scale]), JSON.stringify([scale * 16]));
    assert.notEqual(edited, text);
    const own = cli.folder.file(Buffer.from(edited), 'edited.encodings');
    const loaded = await cli.ask<Answer>(
      ...['encodings', model, '--data', 'synthetic:9', '--encodings', own],
    );
    const relu = loaded.answer.tensors.find(({ name }) => name === 'relu1');
    assert.deepEqual(relu?.scale, [scale * 16]);
    const sqnr = async (given: string): Promise<number> => {
      const words = ['evaluate', model, '--data', 'synthetic:3', '--encodings', given];
      const { answer } = await cli.ask<{ quantized: { sqnrDb: number } }>(...words);
      return answer.quantized.sqnrDb;
    };
    // steps 16 times as wide: 24 dB less in what Relu gives, which is the output
    assert.ok((await sqnr(own)) < (await sqnr(file)) - 6);
  });

  it('calibrate writes the same file', async () => {
    const words = ['--data', 'synthetic:3', '--encodings-version', '2.0.0', '-o'];
    await cli.ask('encodings', model, ...words, cli.at('one.encodings'));
    const said = await cli.ask<Answer>('calibrate', model, ...words, cli.at('two.encodings'));
    assert.deepEqual(said.answer.outputs, [cli.at('two.encodings')]);
    assert.deepEqual(read('two.encodings'), read('one.encodings'));
  });

  it('places quantizers where the file of the target says', async () => {
    const configuration = {
      defaults: { ops: { is_output_quantized: 'True' }, params: { is_quantized: 'True' } },
      params: {},
      op_type: { Relu: { is_output_quantized: 'False' } },
      supergroups: [],
      model_input: {},
      model_output: {},
    };
    const text = Buffer.from(JSON.stringify(configuration));
    const target = cli.folder.file(text, 'target.json');
    const words = ['calibrate', model, '--data', 'synthetic:3', '--target'];
    const said = await cli.ask<Answer>(...words, target);
    const values = said.answer.tensors.filter(({ kind }) => kind === 'activation');
    // the input is not named, ReLU is left out, and no supergroup keeps Conv from being rounded
    assert.deepEqual(
      values.map(({ name }) => name),
      ['first.y'],
    );
  });

  it('checks a file, with line and column, and ends with 1 where it is wrong', async () => {
    const file = cli.folder.file(
      Buffer.from(
        `{"version": "2.0.0", "encodings": [
  {"name": "x", "output_dtype": "uint8", "y_scale": 0.1},
  {"name": "frist.w", "output_dtype": "int8", "y_scale": 0.1},
  {"name": "relu1", "output_dtype": "uint8", "y_scale": -1}
]}`,
      ),
      'wrong.encodings',
    );
    const said = await cli.ask<Answer>('encodings', model, '--check', file);
    assert.equal(said.exit, 1);
    assert.equal(said.answer.version, '2.0.0');
    assert.deepEqual(said.answer.missing, ['first.w']);
    const found = said.answer.issues.map(({ code, line, column, where }) => {
      assert.equal(where, file);
      return [code, line, column];
    });
    assert.deepEqual(found, [
      ['missing', 1, 35],
      ['unknown-tensor', 3, 12],
      ['bad-scale', 4, 57],
    ]);
    assert.match(said.answer.issues[1]?.message ?? '', /first\.w/);
    const text = await cli.run('encodings', model, '--check', file);
    assert.equal(text.exit, 1);
    assert.match(text.out, /wrong\.encodings:3:12: error: .*\[unknown-tensor\]/);
  });

  it('a file that is no JSON is an answer of --check, and refused by --encodings', async () => {
    const file = cli.folder.file(Buffer.from('{"version": }'), 'broken.encodings');
    const said = await cli.ask<Answer>('encodings', model, '--check', file);
    assert.equal(said.exit, 1);
    assert.deepEqual(
      said.answer.issues.map(({ code, line, column }) => [code, line, column]),
      [['not-json', 1, 13]],
    );
    const refused = await cli.ask<Answer>('encodings', model, '--encodings', file);
    assert.equal(refused.exit, 3);
    assert.equal(refused.answer.error?.code, 'not-json');
    assert.match(refused.answer.error.message, /line 1/);
  });

  for (const [line, exit, code] of [
    ['encodings <model> --check <none.encodings>', 3, 'not-found'],
    ['encodings <model> --check <all.encodings> -o <x>', 2, 'usage'],
    ['encodings <model> --encodings-version 2.0.0', 2, 'usage'],
    ['encodings <model> --encodings-version 3 -o <x>', 2, 'usage'],
    ['encodings <model> -o <net.onnx> --force', 4, 'cannot-hold'],
    ['encodings <model> -o <all.encodings>', 4, 'exists'],
    ['encodings <model> --bits 5 -o <five> --encodings-version 2.0.0', 4, 'cannot-express'],
    ['fold <model> --check <all.encodings>', 2, 'usage'],
  ] as const) {
    it(`${exit} ${code}: ${line}`, async () => {
      const words = line.split(' ').map((word) => {
        const name = /^<(.*)>$/.exec(word)?.[1];
        return name === undefined ? word : name === 'model' ? model : cli.at(name);
      });
      const said = await cli.ask<Answer>(...words);
      assert.equal(said.exit, exit);
      assert.equal(said.answer.error?.code, code);
    });
  }

  it('leaves version 2 out where it has no type for the width', async () => {
    const words = ['encodings', model, '--bits', '5', '-o', cli.at('five')];
    const said = await cli.ask<Answer>(...words);
    assert.deepEqual(said.answer.outputs, [cli.at('five.encodings')]);
    assert.ok(said.answer.issues.some(({ code }) => code === 'cannot-express'));
  });

  it('finds the files of AIMET to fit their model, and no other', async function () {
    const file = path.join(models, 'micro-kws-m/micro_kws_m_static_fp32.onnx');
    const folder = path.join(oracle, 'encodings');
    if (!existsSync(file) || !existsSync(folder)) this.skip();
    const names = readdirSync(path.join(folder, 'micro-kws-m')).filter((name) =>
      /^per-channel-w8a8-.*\.encodings$/.test(name),
    );
    assert.ok(names.length >= 3);
    for (const name of names) {
      const words = ['encodings', file, '--check', path.join(folder, 'micro-kws-m', name)];
      const said = await cli.ask<Answer>(...words);
      assert.equal(said.exit, 0, name);
      assert.ok(name.includes(said.answer.version ?? '?'), name);
    }
    const other = path.join(folder, 'mlperf-resnet8-cifar10');
    const [name = ''] = readdirSync(other).filter((one) => one.endsWith('.encodings'));
    const said = await cli.ask<Answer>('encodings', file, '--check', path.join(other, name));
    assert.equal(said.exit, 1);
    assert.ok(said.answer.issues.some(({ code }) => code === 'other-model'));
  });
});
