import { modelOr, type Command } from './command.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

/** Writes a quantized ONNX model with QuantizeLinear and DequantizeLinear nodes. */
export const exportQdq: Command = {
  id: 'rangefinder.exportQdq',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'float');
    if (!model) return;
    await writeResult(host, model, {
      title: t('Export quantized ONNX (QDQ)'),
      ending: '.qdq.onnx',
      filters: { ONNX: ['onnx'] },
      what: { kind: 'qdq' },
    });
  },
};
