import type { Choice } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { exportEncodings } from './exportEncodings.ts';
import { exportQdq } from './exportQdq.ts';
import { exportReport } from './exportReport.ts';
import { exportTable } from './exportTable.ts';
import { t } from '../l10n.ts';

const results: readonly Choice<Command>[] = [
  {
    label: t('Encodings…'),
    detail: t('Scales and zero points of all tensors, for another toolchain.'),
    value: exportEncodings,
  },
  {
    label: t('Quantized ONNX (QDQ)…'),
    detail: t('A model that ONNX Runtime runs with 8-bit kernels.'),
    value: exportQdq,
  },
  {
    label: t('Layers table…'),
    detail: t('Figures of all layers as CSV or JSON.'),
    value: exportTable,
  },
  {
    label: t('Report…'),
    detail: t('What was wrong, what was done and how it was proved, as one page.'),
    value: exportReport,
  },
];

/** Asks what to hand over, and hands it over. */
export const exportResult: Command = {
  id: 'rangefinder.exportResult',
  async run(host) {
    if (!(await modelOr(host, undefined, 'float'))) return;
    const command = await host.choose(t('Export'), results);
    await command?.run(host);
  },
};
