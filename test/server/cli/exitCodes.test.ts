import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { main } from '../../../server/cli.ts';
import { commandLine, checkSchema } from '../../kit/commandLine.ts';
import { MemoryData } from '../../../server/core/graph/tensor.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';

/** A command after the name of the program; `<...>` is a file of the suite's folder. */
interface Case {
  readonly line: string;
  readonly exit: number;
  readonly code?: string;
  readonly says?: RegExp;
}

const cases: readonly Case[] = [
  { line: 'analyze <net.onnx>', exit: 0 },
  { line: 'analyze <net.onnx> --fail-on any', exit: 1 },
  { line: 'analyze <net.onnx> --fail-on warning', exit: 1 },
  { line: 'analyze <net.onnx> --fail-on error', exit: 0 },
  { line: 'analyze <net.onnx> --fail-on unfolded-batch-norm', exit: 1 },
  { line: 'analyze <net.onnx> --fail-on not-finite', exit: 0 },
  { line: 'analyze <net.onnx> --fail-on sqnr<99', exit: 1 },
  { line: 'analyze <net.onnx> --fail-on sqnr<-99', exit: 0 },
  {
    line: 'analyze <net.onnx> --fail-on sqnr<x',
    exit: 2,
    code: 'usage',
    says: /--fail-on "sqnr<x"/,
  },
  { line: 'analyze <none.onnx> --fail-on nonsense', exit: 2, code: 'usage', says: /weak-layer/ },
  { line: 'evaluate <net.onnx> --data synthetic:1 --fail-on sqnr<99', exit: 1 },
  { line: 'evaluate <net.onnx> --data synthetic:1 --fail-on logits<-99', exit: 0 },
  { line: 'measure <net.onnx> --data synthetic:1 --fail-on sqnr<99', exit: 1 },
  { line: 'sensitivity <net.onnx> --data synthetic:1 --fail-on sqnr<-99', exit: 0 },
  { line: 'repair <net.onnx> --fail-on sqnr<99', exit: 1 },
  {
    line: 'evaluate <net.onnx> --data synthetic:1 --fail-on top1<0.5',
    exit: 2,
    code: 'no-labels',
    says: /--labels/,
  },
  {
    line: 'evaluate <none.onnx> --fail-on top1<50',
    exit: 2,
    code: 'usage',
    says: /a share is from 0 to 1/,
  },
  {
    line: 'measure <none.onnx> --fail-on speed<5',
    exit: 2,
    code: 'usage',
    says: /agreement<SHARE/,
  },
  { line: 'fold <net.onnx> --fail-on any', exit: 2, code: 'usage', says: /--fail-on/ },

  { line: 'fold', exit: 2, code: 'usage', says: /name a model file/ },
  { line: 'analyze <net.onnx> --bits 1', exit: 2, code: 'usage', says: /2 to 16/ },
  { line: 'analyze <net.onnx> --bits 7.5', exit: 2, code: 'usage' },
  { line: 'analyze <net.onnx> --activation-bits many', exit: 2, code: 'usage' },
  { line: 'analyze <net.onnx> --granularity row', exit: 2, code: 'usage', says: /tensor, channel/ },
  { line: 'analyze <net.onnx> --target toaster', exit: 2, code: 'usage', says: /tensor-int8/ },
  {
    line: 'analyze <net.onnx> --target tensor-in8',
    exit: 2,
    code: 'usage',
    says: /; did you mean tensor-int8\?/,
  },
  { line: 'analyze <net.onnx> --symmetry strct', exit: 2, code: 'usage', says: /mean strict\?/ },
  { line: 'fold <net.onnx> --rounding neerest', exit: 2, code: 'usage', says: /mean nearest\?/ },
  { line: 'analyze <net.onnx> --range minimax', exit: 2, code: 'usage', says: /mean minmax\?/ },
  { line: 'analyze <net.onnx> --range percentile:30', exit: 2, code: 'usage', says: /over 50/ },
  {
    line: 'run <net.onnx> --data synthetic --preprocess {scale:1}',
    exit: 3,
    code: 'bad-json',
    says: /double quotes/,
  },
  { line: 'analyze <net.onnx> --range foo', exit: 2, code: 'usage', says: /one of minmax, sqnr/ },
  { line: 'analyze <net.onnx> --layers conv9', exit: 2, code: 'unknown-layer', says: /"conv9"/ },
  { line: 'fold <net.onnx> --pairs conv1', exit: 2, code: 'usage', says: /conv1:bn1/ },
  { line: 'equalize <net.onnx> --passes 0', exit: 2, code: 'usage', says: /converge/ },
  { line: 'equalize <net.onnx> --relu6 off', exit: 2, code: 'usage', says: /keep, relu, cap/ },
  { line: 'repair <net.onnx> --steps polish', exit: 2, code: 'usage', says: /absorb/ },
  {
    line: 'repair <net.onnx> --steps fold,eqalize',
    exit: 2,
    code: 'usage',
    says: /; did you mean equalize\?/,
  },
  { line: 'repair <net.onnx> --judge all', exit: 2, code: 'usage', says: /A\.\.B/ },
  { line: 'repair <net.onnx> --steps fold,correct', exit: 2, code: 'no-data', says: /--data/ },
  { line: 'repair <net.onnx> --metric speed', exit: 2, code: 'usage', says: /--metric "speed"/ },
  { line: 'fold <net.onnx> --bias-bits 24', exit: 2, code: 'usage', says: /8\|16\|32\|float/ },
  { line: 'fold <net.onnx> --rounding up', exit: 2, code: 'usage', says: /stochastic/ },
  { line: 'fold <net.onnx> --simulate exact', exit: 2, code: 'usage', says: /integer/ },
  { line: 'fold <net.onnx> --in-place -o <x.onnx>', exit: 2, code: 'usage', says: /exclude/ },
  { line: 'run <net.onnx>', exit: 2, code: 'usage', says: /--data/ },
  { line: 'run <net.onnx> --data synthetic:x', exit: 2, code: 'usage', says: /seed/ },
  {
    line: 'run <net.onnx> --data synthetic --outputs q',
    exit: 2,
    code: 'unknown-output',
    says: /"q"/,
  },
  { line: 'fold <net.onnx> --range sideways', exit: 2, code: 'usage', says: /--range "sideways"/ },

  { line: 'fold <none.onnx>', exit: 3, code: 'not-found', says: /none\.onnx/ },
  { line: 'fold <folder>', exit: 3, code: 'not-a-file', says: /folder/ },
  { line: 'analyze <text.onnx>', exit: 3, code: 'not-onnx' },
  { line: 'analyze <empty.onnx>', exit: 3, code: 'not-onnx', says: /empty\.onnx is empty\./ },
  { line: 'analyze <short.onnx>', exit: 3, code: 'truncated', says: /byte \d+/ },
  { line: 'run <net.onnx> --data <none.npz>', exit: 3, code: 'no-data', says: /none\.npz/ },
  { line: 'run <net.onnx> --data <text.npz>', exit: 3 },
  { line: 'repair <net.onnx> --data <none.npz>', exit: 3, code: 'no-data', says: /none\.npz/ },

  { line: 'analyze <net.h5>', exit: 3, says: /not an HDF5 file/ },
  { line: 'analyze <model.json>', exit: 3, says: /no modelTopology/ },
  {
    line: 'analyze <net.tflite>',
    exit: 4,
    code: 'not-supported-yet',
    says: /TensorFlow Lite|TFLite/,
  },
  { line: 'fold <net.onnx> --memory 100', exit: 4, code: 'not-supported-yet', says: /--memory/ },
  { line: 'fold <net.onnx> --target <none.json>', exit: 3, code: 'not-found', says: /none\.json/ },
  {
    line: 'fold <net.onnx> --target <model.json>',
    exit: 3,
    code: 'bad-target',
    says: /json:1:1: /,
  },
  {
    line: 'fold <net.onnx> --engine tfjs',
    exit: 4,
    code: 'not-supported',
    says: /layers models only/,
  },
  { line: 'run <net.onnx> --data <folder>', exit: 3, code: 'no-data' },
  { line: 'analyze <odd/net.onnx>', exit: 0 },
  {
    line: 'fold <odd/net.onnx>',
    exit: 3,
    code: 'not-a-file',
    says: /odd.rangefinder\.json is not/,
  },
  {
    line: 'run <odd/net.onnx> --data synthetic',
    exit: 3,
    code: 'bad-settings',
    says: /odd.rangefinder\.json is not/,
  },
  {
    line: 'fold <net.onnx> -o <net.onnx>',
    exit: 4,
    code: 'exists',
    says: /is the model itself .*--in-place/,
  },
  {
    line: 'export <net.onnx> --to onnx -o <net.onnx>',
    exit: 4,
    code: 'exists',
    says: /exists already .*--force/,
  },
  { line: 'fold <net.onnx> -o <text.onnx>', exit: 4, code: 'exists' },
  { line: 'fold <net.onnx> -o <gone/x.onnx>', exit: 4, code: 'not-found', says: /mkdir/ },
  { line: 'fold <net.onnx> -o <folder> --force', exit: 4, code: 'not-a-file', says: /a folder/ },
  { line: 'fold <net.onnx> -o <x.h5>', exit: 4, code: 'cannot-hold', says: /\.onnx/ },
  { line: 'fold <net.onnx> -o <x.keras> --force', exit: 4, code: 'cannot-hold', says: /\.onnx/ },
  { line: 'fold <net.onnx> -o <x>', exit: 4, code: 'cannot-hold', says: /no extension/ },
  {
    line: 'run <net.onnx> --data synthetic -o <x.csv>',
    exit: 4,
    code: 'cannot-hold',
    says: /\.npz/,
  },
  { line: 'run <net.onnx> --data synthetic -o <gone/x.npz>', exit: 4, code: 'not-found' },
  { line: 'fold <quantized.onnx>', exit: 4, code: 'quantized', says: /float model/ },
  { line: 'repair <quantized.onnx>', exit: 4, code: 'quantized' },
  { line: 'analyze <quantized.onnx>', exit: 0 },
];

describe('exit codes of the command line', () => {
  const cli = commandLine();
  const original = (): Uint8Array => readFileSync(cli.at('net.onnx'));

  before(() => {
    const net = cli.model(smallMobileNet(), 'net.onnx');
    cli.model(quantized(), 'quantized.onnx');
    writeFileSync(cli.at('short.onnx'), readFileSync(net).subarray(0, 900));
    writeFileSync(cli.at('empty.onnx'), '');
    for (const name of ['text.onnx', 'text.npz', 'net.h5', 'net.tflite'])
      writeFileSync(cli.at(name), 'hello\n');
    writeFileSync(cli.at('model.json'), '{}');
    mkdirSync(cli.at('folder'));
    mkdirSync(cli.at('odd/rangefinder.json'), { recursive: true });
    copyFileSync(net, cli.at('odd/net.onnx'));
  });

  for (const { line, exit, code, says } of cases) {
    it(`${exit}${code === undefined ? '' : ` ${code}`}: ${line}`, async () => {
      const files = cli.folder.list();
      const before = original();
      const words = line
        .split(' ')
        .map((word) => word.replace(/^<(.*)>$/, (_, at: string) => cli.at(at)));
      const said = await cli.ask(...words, '--quiet');
      assert.equal(said.exit, exit, said.err);
      const error = said.answer['error'] as { code: string; message: string; remedy?: string };
      if (code !== undefined) assert.equal(error.code, code);
      if (says) assert.match(`${error.message} ${error.remedy ?? ''}`, says);
      assert.equal(error === undefined, exit <= 1);
      // A failure is told to people too, in one or two lines.
      if (exit > 1) assert.match(said.err, /^rangefinder.*: .+\n(.+\n)?$/);
      else assert.equal(said.err, '');
      assert.deepEqual(cli.folder.list(), files, 'files were left behind');
      assert.deepEqual(original(), before, 'the model was changed');
    });
  }

  it('2: --json never goes over a model or data, even with --force', async () => {
    const model = cli.at('net.onnx');
    symlinkSync(model, cli.at('link'));
    for (const file of [model, cli.at('link'), cli.at('new.onnx'), cli.at('model.json')]) {
      const said = await cli.run('fold', model, '--force', '--json', file);
      assert.equal(said.exit, 2, file);
      assert.match(said.err, /written over a model or data/);
    }
    assert.equal(readFileSync(cli.at('model.json'), 'utf8'), '{}');
  });

  it('0: analyze says that a folder called rangefinder.json is no file', async () => {
    const said = await cli.ask<{ issues: { code: string; message: string }[] }>(
      ...['analyze', cli.at('odd/net.onnx')],
    );
    const [told] = said.answer.issues.filter(({ code }) => code === 'bad-settings');
    assert.match(told?.message ?? '', /odd.rangefinder\.json is not a file\./);
  });

  it('4: a JSON file in a folder that is not there', async () => {
    const said = await cli.run('analyze', cli.at('net.onnx'), '--json', cli.at('gone/a.json'));
    assert.equal(said.exit, 4);
    assert.match(said.err, /gone.* does not exist/);
  });

  it('4: a read-only file is not written over', async function () {
    if (process.platform === 'win32') this.skip();
    const file = cli.model(smallMobileNet(), 'locked.onnx');
    chmodSync(file, 0o444);
    const before = readFileSync(file);
    for (const words of [['--in-place'], ['-o', file, '--force']]) {
      const said = await cli.ask('fold', file, '--no-proof', ...words);
      assert.equal(said.exit, 4);
      assert.equal((said.answer['error'] as { code: string }).code, 'read-only');
    }
    assert.deepEqual(readFileSync(file), before);
  });

  it('0: --in-place and --force write over the model itself', async () => {
    for (const words of [['--in-place'], ['-o', cli.at('own.onnx'), '--force']]) {
      const file = cli.model(smallMobileNet(), 'own.onnx');
      const said = await cli.ask('fold', file, '--no-proof', ...words);
      assert.equal(said.exit, 0);
      assert.equal(said.answer['output'], file);
      const { graph } = await cli.folder.open(file);
      assert.ok(graph.nodes.every(({ op }) => op !== 'BatchNormalization'));
    }
  });

  it('0: equalize tells of both weights, those that it has written over too', async () => {
    const file = cli.model(smallMobileNet(), 'own.onnx');
    const kept = await cli.ask('equalize', file, '--no-proof');
    const said = await cli.ask('equalize', file, '--no-proof', '--in-place');
    assert.equal(said.exit, 0);
    assert.deepEqual(said.answer['before'], kept.answer['before']);
    assert.deepEqual(said.answer['after'], kept.answer['after']);
  });

  it('0: paths with spaces and letters of any script', async () => {
    const from = cli.model(smallMobileNet(), 'mit Leer ü 模型.onnx');
    const to = cli.at('aus gäbe →.onnx');
    const said = await cli.ask('fold', from, '-o', to, '--no-proof');
    assert.equal(said.exit, 0);
    await cli.folder.open(to);
  });

  it('1: repair that gains nothing writes the file all the same', async () => {
    const from = cli.model(onlyOneLayer());
    const to = cli.at('nothing.onnx');
    const said = await cli.ask<{ gained: boolean }>('repair', from, '-o', to, '--no-proof');
    assert.equal(said.exit, 1);
    assert.equal(said.answer.gained, false);
    assert.deepEqual(readFileSync(to), readFileSync(from));
  });

  it('1: repair of a model without layers gains nothing', async () => {
    const said = await cli.ask<{ gained: boolean; before: { quantized: { sqnrDb: unknown } } }>(
      ...['repair', cli.model(noLayers()), '--no-proof'],
    );
    assert.equal(said.exit, 1);
    assert.equal(said.answer.gained, false);
    assert.equal(said.answer.before.quantized.sqnrDb, 'inf');
  });

  it('130: stopped; nothing is written and nothing is left behind', async () => {
    const to = cli.at('stopped.onnx');
    const files = cli.folder.list();
    let out = '';
    let err = '';
    let isReleased = false;
    const exit = await main(['repair', cli.at('net.onnx'), '-o', to, '--json'], {
      out: (text) => (out += text),
      err: (text) => (err += text),
      onStop: (stop) => {
        stop();
        return () => (isReleased = true);
      },
    });
    assert.equal(exit, 130);
    const answer = JSON.parse(out) as { error: { code: string } } & Record<string, unknown>;
    checkSchema(answer);
    assert.equal(answer.error.code, 'stopped');
    assert.match(err, /stopped/);
    assert.ok(isReleased);
    assert.deepEqual(cli.folder.list(), files);
  });
});

/** x -> QuantizeLinear -> DequantizeLinear -> Conv, whose weight is dequantized from int8. */
const quantized = (): ReturnType<typeof graphOf> =>
  graphOf({
    inputs: { x: [1, 1, 2, 2] },
    outputs: ['y'],
    nodes: [
      node('QuantizeLinear', ['x', 's'], ['q']),
      node('DequantizeLinear', ['q', 's'], ['d']),
      node('DequantizeLinear', ['w8', 's'], ['w']),
      node('Conv', ['d', 'w'], ['y']),
    ],
    tensors: [
      tensor('s', [], [0.1]),
      { name: 'w8', type: 'int8', dims: [1, 1, 1, 1], data: new MemoryData(Uint8Array.of(10)) },
    ],
  });

const onlyOneLayer = (): ReturnType<typeof graphOf> =>
  graphOf({
    inputs: { x: [1, 2] },
    outputs: ['y'],
    nodes: [node('Gemm', ['x', 'w'], ['y'])],
    tensors: [tensor('w', [2, 3], [0.3, -1, 0.7, 0.11, 0.5, -0.9])],
  });

const noLayers = (): ReturnType<typeof graphOf> =>
  graphOf({ inputs: { x: [1, 2] }, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] });
