import type { Uri } from 'vscode';
import type { DataChoice } from '../../server/protocol/data.ts';
import type { ActiveModel, Choice, Host } from '../host.ts';
import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Asks for samples, opens them and measures; keeps the choice with the workspace. */
export const chooseSamples: Command = {
  id: 'rangefinder.chooseSamples',
  async run(host, argument) {
    const model = await modelOr(host, argument, 'layers');
    if (!model) return;
    const kind = await host.choose(t('Choose samples'), sampleChoices(model));
    if (kind === undefined) return;
    switch (kind) {
      case 'none':
        return takeSamples(host, model, undefined);
      case 'keep':
        return keep(host, model);
      case 'labels':
        return chooseLabels(host, model);
      case 'synthetic':
        return takeSamples(host, model, { path: `synthetic:${host.seed}` });
      default: {
        const picked = await host.pickPath(
          titles[kind],
          kind,
          kind === 'file' ? filters : undefined,
        );
        if (picked) await takeSamples(host, model, { path: picked.fsPath });
      }
    }
  },
};

type Kind = 'folder' | 'file' | 'synthetic' | 'none' | 'labels' | 'keep';

const titles = { folder: t('Folder of samples'), file: t('File of samples') } as const;

/** Kinds of files that hold samples; a raw file may be called anything. */
const filters: Record<string, string[]> = {
  Samples: [
    'npz',
    'npy',
    'csv',
    'tsv',
    'pb',
    'tfrecord',
    'tfrecords',
    'bin',
    'raw',
    'jpg',
    'jpeg',
    'png',
    'bmp',
    'webp',
  ],
  [t('All files')]: ['*'],
};

/** What can be chosen: the kinds of samples, then what can be done about those that are. */
export function sampleChoices({ state, data }: ActiveModel): Choice<Kind>[] {
  const now = data.choice;
  const isSynthetic = now?.path.startsWith('synthetic') ?? false;
  const mark = (is: boolean, text = ''): { description: string; isCurrent: boolean } => ({
    description: [text, is ? 'now' : ''].filter(Boolean).join(' · '),
    isCurrent: is,
  });
  const label = now && !isSynthetic ? (state?.data?.label ?? now.path) : '';
  const choices: Choice<Kind>[] = [
    {
      label: t('Folder…'),
      detail: t('Images (labels from sub-folders or a CSV), or an ONNX test data set.'),
      value: 'folder',
      ...mark(label !== '', label),
    },
    {
      label: t('File…'),
      detail: t('NumPy .npz or .npy, CSV, TFRecord, .pb, or raw values.'),
      value: 'file',
    },
    {
      label: t('Synthetic inputs'),
      detail: t('Drawn from a seeded generator; every number made so says synthetic.'),
      value: 'synthetic',
      ...mark(isSynthetic),
    },
    {
      label: t('No samples'),
      detail: t('Weights only.'),
      value: 'none',
      ...mark(now === undefined),
    },
  ];
  if (now === undefined) return choices;
  const more: Choice<Kind>[] = [
    {
      label: t('Keep in rangefinder.json'),
      detail: t('Beside the model, so that the command line and others take the same samples.'),
      value: 'keep',
    },
  ];
  if (!isSynthetic)
    more.unshift({
      label: t('Labels…'),
      detail: t('A CSV or array of class numbers, one a sample.'),
      description: now.labels ?? '',
      value: 'labels',
    });
  return [...choices, ...more];
}

/** Opens samples, remembers them, and measures on them where there are some; with `sensitivity` each layer alone too. */
export async function takeSamples(
  host: Host,
  model: ActiveModel,
  data: DataChoice | undefined,
  sensitivity = false,
): Promise<void> {
  const askSize = (dimension: string): Promise<number | undefined> =>
    host.askNumber(
      t('Size of “{0}”', dimension),
      t('{0} leaves this dimension open, and the samples do not say its size.', model.name),
    );
  if (!(await model.data.choose(data, askSize))) return;
  // With the sizes that were asked for: they are asked for once.
  await host.rememberData(model.uri, model.data.choice);
  if (data) await model.data.measure(sensitivity);
}

async function chooseLabels(host: Host, model: ActiveModel): Promise<void> {
  const now = model.data.choice;
  if (!now) return;
  const file: Uri | undefined = await host.pickPath(t('Labels of the samples'), 'file', {
    [t('Labels')]: ['csv', 'txt', 'npy', 'npz'],
    [t('All files')]: ['*'],
  });
  if (file) await takeSamples(host, model, { ...now, labels: file.fsPath });
}

async function keep(host: Host, model: ActiveModel): Promise<void> {
  const path = await model.data.keep();
  if (path === undefined) return;
  // From now on the file says it, to everybody.
  await host.forgetData(model.uri);
  void host.tell(t('The choice of samples is kept in {0}.', path));
}
