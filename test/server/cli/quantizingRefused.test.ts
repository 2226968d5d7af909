import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { MemoryData, type Tensor } from '../../../server/core/graph/tensor.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { graphOf, node, randomTensor, tensor } from '../../kit/graphs.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';
import { floatNpy, makeNpz } from '../../kit/npy.ts';
import { Random } from '../../kit/random.ts';

interface Answer {
  readonly error?: { readonly code: string; readonly message: string; readonly remedy?: string };
  readonly issues?: readonly { readonly code: string; readonly message: string }[];
  readonly layers?: readonly { readonly name: string; readonly method?: string }[];
  readonly skipped?: readonly { readonly node: string; readonly code: string }[];
  readonly quantized?: { readonly sqnrDb: number | string };
  readonly samples?: number;
}

/** A command and how it ends; `<...>` is a file of the suite's folder. */
interface Case {
  readonly line: string;
  readonly exit: number;
  readonly code: string;
  readonly says: RegExp;
}

const refused: readonly Case[] = [
  ...['calibrate', 'measure', 'sensitivity', 'evaluate'].map((verb) => ({
    line: `${verb} <net.onnx>`,
    ...{ exit: 2, code: 'usage', says: /needs --data: a folder of images/ },
  })),
  {
    line: 'correct <net.onnx>',
    exit: 2,
    code: 'no-data',
    says: /--method empirical needs --data.*synthetic.*analytical/s,
  },
  {
    line: 'correct <net.onnx> --method mixed',
    exit: 2,
    code: 'no-data',
    says: /mixed needs --data/,
  },
  { line: 'correct <net.onnx> --method magic', exit: 2, code: 'usage', says: /empirical/ },
  { line: 'correct <net.onnx> --method given', exit: 2, code: 'usage', says: /--input-mean/ },
  {
    line: 'correct <net.onnx> --method given --input-mean <long.npz>',
    exit: 3,
    code: 'wrong-length',
    says: /"dw" has 8 input channels, and 3 means/,
  },
  {
    line: 'correct <net.onnx> --method given --input-mean <strange.npz>',
    exit: 3,
    code: 'unknown-layer',
    says: /no layer "dww".*did you mean "dw"/s,
  },
  {
    line: 'correct <net.onnx> --method given --input-mean <nan.npz>',
    exit: 3,
    code: 'not-finite',
    says: /"dw"/,
  },
  {
    line: 'correct <net.onnx> --data <data.npz> --layers conv9',
    exit: 2,
    code: 'unknown-layer',
    says: /no layer "conv9".*"conv1"/s,
  },
  {
    line: 'correct <net.onnx> --data <data.npz> --ignore conv9',
    exit: 2,
    code: 'unknown-layer',
    says: /"conv9"/,
  },
  {
    line: 'correct <net.onnx> --data <data.npz> --start nowhere',
    exit: 2,
    code: 'unknown-layer',
    says: /node or value "nowhere"/,
  },
  {
    line: 'measure <net.onnx> --data <data.npz> --layers conv9',
    exit: 2,
    code: 'unknown-layer',
    says: /"conv9"/,
  },
  {
    line: 'sensitivity <net.onnx> --data <data.npz> --layers conv9',
    exit: 2,
    code: 'unknown-layer',
    says: /"conv9"/,
  },
  {
    line: 'correct <net.onnx> --data <data.npz> -o <net.onnx>',
    exit: 4,
    code: 'exists',
    says: /is the model itself.*--in-place/,
  },
  { line: 'correct <net.onnx> --remove', exit: 4, code: 'no-correction', says: /none to remove/ },
  { line: 'evaluate <net.onnx> --data <one.npz>', exit: 2, code: 'too-few-samples', says: /1/ },
  { line: 'evaluate <net.onnx> --data <wide.npz>', exit: 3, code: 'wrong-shape', says: /x/ },
  {
    line: 'evaluate <net.onnx> --data <data.npz> --judge 30..60',
    exit: 2,
    code: 'bad-range',
    says: /24/,
  },
  {
    line: 'evaluate <net.onnx> --data <data.npz> --reference <two.onnx>',
    exit: 3,
    code: 'other-model',
    says: /two\.onnx seems to be another network than net\.onnx: One takes 1 input, the other 2\./,
  },
  {
    line: 'repair <net.onnx> --data <data.npz> --metric top1',
    exit: 2,
    code: 'no-labels',
    says: /--labels/,
  },
  { line: 'repair <net.onnx> --metric top1', exit: 2, code: 'no-data', says: /--data/ },
  {
    line: 'repair <net.onnx> --data <data.npz> --method given',
    exit: 2,
    code: 'usage',
    says: /empirical/,
  },
  {
    line: 'repair <net.onnx> --data <data.npz> --correction 0..12 --judge 6..24',
    exit: 2,
    code: 'overlap',
    says: /judge/,
  },
  ...['calibrate', 'measure', 'sensitivity', 'evaluate', 'correct', 'repair'].map((verb) => ({
    line: `${verb} <quantized.onnx> --data synthetic`,
    ...{ exit: 4, code: 'quantized', says: /float model/ },
  })),
];

const int8Weight: Tensor = {
  name: 'w',
  type: 'int8',
  dims: [2, 2],
  data: new MemoryData(Uint8Array.of(10, 20, 30, 40)),
};

describe('data and models that quantizing refuses', () => {
  const cli = commandLine();
  const dims = [24, 3, 12, 12];
  const size = 3 * 12 * 12;
  const random = new Random(8);
  const data = Array.from(random.normal(24 * size));

  before(async () => {
    cli.model(smallMobileNet(), 'net.onnx');
    cli.model(
      graphOf({
        inputs: { a: [1, 2], b: [1, 2] },
        outputs: ['y'],
        nodes: [node('Add', ['a', 'b'], ['y'])],
      }),
      'two.onnx',
    );
    cli.model(
      graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [
          node('QuantizeLinear', ['x', 's'], ['q']),
          node('DequantizeLinear', ['q', 's'], ['d']),
          node('DequantizeLinear', ['w', 's'], ['f']),
          node('Gemm', ['d', 'f'], ['y']),
        ],
        tensors: [tensor('s', [], [0.1]), int8Weight],
      }),
      'quantized.onnx',
    );
    await makeNpz(cli.at('data.npz'), { x: floatNpy(dims, data) });
    await makeNpz(cli.at('one.npz'), { x: floatNpy([1, 3, 12, 12], data.slice(0, size)) });
    await makeNpz(cli.at('wide.npz'), { x: floatNpy([8, 3, 12, 36], data) });
    await makeNpz(cli.at('constant.npz'), {
      x: floatNpy(
        dims,
        data.map(() => 0.5),
      ),
    });
    await makeNpz(cli.at('zero.npz'), {
      x: floatNpy(
        dims,
        data.map(() => 0),
      ),
    });
    const spoilt = data.map((value, i) => (i === 5 * size + 7 ? NaN : value));
    await makeNpz(cli.at('spoilt.npz'), { x: floatNpy(dims, spoilt) });
    await makeNpz(cli.at('long.npz'), { dw: floatNpy([3], [1, 2, 3]) });
    await makeNpz(cli.at('strange.npz'), { dww: floatNpy([8], data.slice(0, 8)) });
    await makeNpz(cli.at('nan.npz'), { dw: floatNpy([8], [...data.slice(0, 7), NaN]) });
    writeFileSync(cli.at('labels.txt'), '1\n2\n');
  });

  const ask = (line: string): ReturnType<typeof cli.ask<Answer>> =>
    cli.ask<Answer>(
      ...line.split(' ').map((word) => word.replace(/^<(.*)>$/, (_, name: string) => cli.at(name))),
    );

  for (const { line, exit, code, says } of refused) {
    it(`${exit} ${code}: ${line}`, async () => {
      const files = cli.folder.list();
      const said = await ask(line);
      const { error } = said.answer;
      assert.equal(said.exit, exit, said.err);
      assert.equal(error?.code, code, error?.message);
      assert.match(`${error.message} ${error.remedy ?? ''}`, says);
      assert.deepEqual(cli.folder.list(), files, 'nothing is written');
    });
  }

  const codes = ({ issues = [] }: Answer): string[] => issues.map(({ code }) => code);

  it('constant samples: goes on, and says that ranges mean nothing', async () => {
    const { exit, answer } = await ask('calibrate <net.onnx> --data <constant.npz>');
    assert.equal(exit, 0);
    assert.ok(codes(answer).includes('constant-activation'));
  });

  it('samples of zeros: every grid is finite, and the error is a number', async () => {
    const { exit, answer } = await ask('evaluate <net.onnx> --data <zero.npz>');
    assert.equal(exit, 0);
    assert.notEqual(answer.quantized?.sqnrDb, 'nan');
  });

  it('NaN in one sample: it is left out and named', async () => {
    const { exit, answer } = await ask(
      'evaluate <net.onnx> --data <spoilt.npz> --activation-bits float',
    );
    assert.equal(exit, 0);
    const issue = answer.issues?.find(({ message }) => /NaN|finite/.test(message));
    assert.match(issue?.message ?? '', /5/);
    assert.notEqual(answer.quantized?.sqnrDb, 'nan');
  });

  it('fewer than 100 samples: says how uncertain the means are', async () => {
    const { answer } = await ask('correct <net.onnx> --data <data.npz>');
    const issue = answer.issues?.find(({ code }) => code === 'few-samples');
    // 1 / sqrt(24)
    assert.match(issue?.message ?? '', /24 samples .* 0\.204 /);
  });

  it('one sample: corrects, and warns', async () => {
    const { exit, answer } = await ask('correct <net.onnx> --data <one.npz>');
    assert.equal(exit, 0);
    assert.equal(answer.samples, 1);
    assert.ok(codes(answer).includes('few-samples'));
  });

  it('no batch norms and no data: analytical correction says why nothing was done', async () => {
    const { exit, answer } = await ask('correct <net.onnx> --method analytical');
    assert.equal(exit, 0);
    const skipped = answer.skipped?.map(({ node: name, code }) => `${code} ${name}`);
    assert.deepEqual(skipped, ['first-layer conv1']);
    assert.deepEqual(
      answer.layers?.map(({ name, method }) => [name, method]),
      ['dw', 'pw', 'fc'].map((name) => [name, 'analytical']),
    );
    const plain = cli.model(
      graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [node('Gemm', ['x', 'w'], ['a']), node('Gemm', ['a', 'v'], ['y'])],
        tensors: [randomTensor(random, 'w', [2, 2]), randomTensor(random, 'v', [2, 2])],
      }),
    );
    const none = await cli.ask<Answer>('correct', plain, '--method', 'analytical');
    assert.equal(none.exit, 0);
    assert.deepEqual(
      none.answer.skipped?.map(({ code }) => code),
      ['first-layer', 'no-statistics'],
    );
  });

  it('analytical correction with data takes the first layer from the mean of the data', async () => {
    const { answer } = await ask('correct <net.onnx> --method analytical --data <data.npz>');
    assert.deepEqual(answer.skipped, []);
    assert.equal(answer.layers?.[0]?.name, 'conv1');
  });

  it('layers that share weight and bias: left alone, with the reason', async () => {
    const shared = cli.model(
      graphOf({
        inputs: { x: [1, 2] },
        outputs: ['y'],
        nodes: [node('Gemm', ['x', 'w', 'b'], ['a']), node('Gemm', ['a', 'w', 'b'], ['y'])],
        tensors: [randomTensor(random, 'w', [2, 2]), tensor('b', [2], 1)],
      }),
    );
    const { exit, answer } = await cli.ask<Answer>('correct', shared, '--data', 'synthetic');
    assert.equal(exit, 0);
    assert.deepEqual(
      answer.skipped?.map(({ code }) => code),
      ['shared-weight', 'shared-weight'],
    );
  });

  it('a part of the network: --start and --outputs', async () => {
    const from = await ask('correct <net.onnx> --data <data.npz> --start relu6');
    assert.deepEqual(
      from.answer.layers?.map(({ name }) => name),
      ['pw', 'fc'],
    );
    const to = await ask('correct <net.onnx> --data <data.npz> --outputs n2');
    assert.deepEqual(
      to.answer.layers?.map(({ name }) => name),
      ['conv1', 'dw'],
    );
  });

  it('a file corrected for one grid warns on another, and is corrected anew from the start', async () => {
    const channel = cli.at('channel.onnx');
    const [again, direct] = [cli.at('again.onnx'), cli.at('direct.onnx')];
    await ask('correct <net.onnx> --data <data.npz> -o <channel.onnx>');
    const same = await ask('evaluate <channel.onnx> --data <data.npz>');
    assert.ok(!codes(same.answer).includes('other-grid'));
    const other = await ask('evaluate <channel.onnx> --data <data.npz> --granularity tensor');
    const issue = other.answer.issues?.find(({ code }) => code === 'other-grid');
    assert.match(issue?.message ?? '', /per channel.*correct the file again/);
    const words = ['--data', cli.at('data.npz'), '--granularity', 'tensor', '--force'];
    const anew = await cli.ask<Answer>('correct', channel, ...words, '-o', again);
    assert.ok(codes(anew.answer).includes('corrected-before'));
    await cli.ask('correct', cli.at('net.onnx'), ...words, '-o', direct);
    const [one, two] = await Promise.all([again, direct].map((file) => cli.folder.open(file)));
    assert.ok(two && two.graph.tensors.size > 0);
    for (const [name, { data: bytes }] of two.graph.tensors) {
      assert.deepEqual(one?.graph.tensors.get(name)?.data.read(), bytes.read(), name);
    }
  });
});
