import type { ExportParams } from '../../server/protocol/requests.ts';
import type { Choice } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { writeResult } from './writeResult.ts';
import { t } from '../l10n.ts';

type Version = Extract<ExportParams['what'], { readonly kind: 'encodings' }>['version'];

const versions: readonly Choice<Version>[] = [
  { label: '2.0.0', detail: t('AIMET 2 and newer.'), value: '2.0.0', isCurrent: true },
  { label: '1.0.0', detail: t('AIMET 1.33 and newer, and most compilers.'), value: '1.0.0' },
  { label: '2.1.0', detail: t('The newest, as text.'), value: '2.1.0' },
  { label: '0.6.1', detail: t('Older tools.'), value: '0.6.1' },
];

/** Writes the encodings of all tensors to a file. */
export const exportEncodings: Command = {
  id: 'rangefinder.exportEncodings',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'float');
    if (!model) return;
    const version = await host.choose(t('Version of the encodings'), versions);
    if (version === undefined) return;
    await writeResult(host, model, {
      title: t('Export encodings'),
      ending: '.encodings',
      filters: { Encodings: ['encodings', 'json'] },
      what: { kind: 'encodings', version },
    });
  },
};
