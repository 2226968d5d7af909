import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noJob } from '../../../server/core/job.ts';
import { openDocument } from '../../../server/formats/index.ts';
import { channelsFirst, channelsLast } from '../../kit/channelsFirst.ts';
import { commandLine } from '../../kit/commandLine.ts';
import { unevenLayers, writeH5, writeLayersModel } from '../../kit/kerasNetwork.ts';
import { smallMobileNet } from '../../kit/mobileNet.ts';

const models = process.env['RANGEFINDER_MODELS'] ?? '../shared/models';

interface Compared {
  readonly layers: readonly { readonly output?: { readonly sqnrDb: number | string } }[];
  readonly model: {
    readonly others?: readonly { readonly sqnrDb: number | string; readonly agreement?: number }[];
    readonly unavailable?: string;
    readonly notes?: readonly string[];
  };
}

/** Of the same network in another order of axes: what float32 leaves. */
const isSame = (db: number | string | undefined): boolean => db === 'inf' || Number(db) > 100;

describe('compare across formats', () => {
  const cli = commandLine();
  const twin = async (path: string, name: string): Promise<string> => {
    const opened = await openDocument(path, noJob);
    assert.ok(opened.ok);
    try {
      return cli.model(channelsFirst(opened.value.graph), name);
    } finally {
      opened.value.dispose();
    }
  };
  const check = (answer: Compared, note: RegExp): void => {
    assert.equal(answer.model.unavailable, undefined);
    assert.ok(isSame(answer.model.others?.[0]?.sqnrDb), JSON.stringify(answer.model));
    assert.ok(answer.layers.length > 0);
    for (const { output } of answer.layers) assert.ok(isSame(output?.sqnrDb));
    assert.match(answer.model.notes?.join(' ') ?? '', note);
  };

  it('runs channels last beside channels first, whichever comes first', async () => {
    const last = cli.at('net.h5');
    await writeH5(last, unevenLayers(1));
    const first = await twin(last, 'torch.onnx');
    const data = ['--data', 'synthetic:4'];
    const there = await cli.ask<Compared>('compare', last, first, ...data);
    check(
      there.answer,
      /\[batch, 12, 12, 3\], are transposed to channels first .* \[batch, 3, 12, 12\]/,
    );
    assert.equal(there.answer.model.others?.[0]?.agreement, 1);
    const back = await cli.ask<Compared>('compare', first, last, ...data);
    check(back.answer, /are transposed to channels last/);
    const { out } = await cli.run('compare', last, first, ...data);
    assert.match(out, /Samples for "image", .* are transposed to channels first/);
  });

  it('compares feature maps after transposing those of the other', async () => {
    const last = cli.at('model.json');
    writeLayersModel(last, unevenLayers(2).slice(0, 6));
    const first = await twin(last, 'map.onnx');
    check(
      (await cli.ask<Compared>('compare', last, first, '--data', 'synthetic:4')).answer,
      /are transposed/,
    );
  });

  it('rounds feature maps beside a reference with channels elsewhere', async () => {
    const last = cli.at('maps.json');
    writeLayersModel(last, unevenLayers(2).slice(0, 6));
    const first = await twin(last, 'maps.onnx');
    const words = ['--data', 'synthetic:12', '--bits', '16', '--activation-bits', '16'];
    const { answer } = await cli.ask<{ quantized: { sqnrDb: number } }>(
      'evaluate',
      ...[first, '--reference', last, ...words],
    );
    assert.ok(answer.quantized.sqnrDb > 40, JSON.stringify(answer));
  });

  it('judges the other by a reference with channels elsewhere', async () => {
    const last = cli.at('own.h5');
    await writeH5(last, unevenLayers(3));
    const first = await twin(last, 'own.onnx');
    const words = ['--data', 'synthetic:12', '--bits', '16', '--activation-bits', 'float'];
    const { answer } = await cli.ask<{ quantized: { sqnrDb: number } }>(
      'evaluate',
      ...[last, '--reference', first, ...words],
    );
    assert.ok(answer.quantized.sqnrDb > 40, JSON.stringify(answer));
  });

  it('puts what both say on the samples into the report', async () => {
    const last = cli.at('report.h5');
    await writeH5(last, unevenLayers(1));
    const first = await twin(last, 'report.onnx');
    const page = cli.at('page.html');
    await cli.ask('compare', last, first, '--data', 'synthetic:12', '--report', page);
    const html = readFileSync(page, 'utf8');
    assert.match(
      html,
      /report\.onnx: Samples for &quot;image&quot;|report\.onnx: Samples for "image"/,
    );
    assert.match(html, /So far: everything before the layer quantized too/);
  });

  it('holds a quantized one with channels last against its float model', async () => {
    const small = cli.model(smallMobileNet(), 'small.onnx');
    const to = cli.at('qdq.onnx');
    await cli.ask('export', small, '--to', 'qdq', '--data', 'synthetic:8', '-o', to);
    const last = cli.model(channelsLast((await cli.folder.open(to)).graph), 'last.onnx');
    const page = cli.at('quantized.html');
    const words = ['--data', 'synthetic:8', '--report', page];
    const { answer } = await cli.ask<Compared>('compare', small, last, ...words);
    const plain = await cli.ask<Compared>('compare', small, to, ...words.slice(0, 2));
    assert.deepEqual(
      answer.model.others?.map(({ sqnrDb }) => sqnrDb),
      plain.answer.model.others?.map(({ sqnrDb }) => sqnrDb),
    );
    assert.match(readFileSync(page, 'utf8'), /So far: everything before the layer quantized too/);
  });

  it('runs a published network beside its twin', async function () {
    const path = join(models, 'mlperf-resnet8-cifar10/pretrainedResnet.h5');
    if (!existsSync(path)) this.skip();
    const first = await twin(path, 'resnet8.onnx');
    const { answer } = await cli.ask<Compared>('compare', path, first, '--data', 'synthetic:4');
    check(answer, /are transposed/);
  });
});
