import type { TargetSettings } from '../../server/protocol/target.ts';
import { takeSamples } from './chooseSamples.ts';
import type { Command } from './command.ts';
import { t } from '../l10n.ts';

const isPerTensor = ({
  granularity,
  symmetry,
  weightBits,
  activationBits,
}: TargetSettings): boolean =>
  granularity === 'tensor' && symmetry === 'symmetric' && weightBits === 8 && activationBits === 8;

/** Copies the bundled sample to where it may be changed, and opens it. */
export const openSample: Command = {
  id: 'rangefinder.openSample',
  async run(host) {
    const uri = await host.copySample();
    if (!uri) {
      await host.tell(
        t(
          'The sample is not part of this installation. Run “npm run make:sample” in the sources to make it.',
        ),
      );
      return;
    }
    const model = await host.openModel(uri);
    const choices = await host.targets();
    const choice = choices.find(({ target }) => isPerTensor(target));
    if (!model?.state || model.state.preview || !choice) return;
    if (model.state.target.profile !== choice.target.profile) await model.setTarget(choice.target);
    const samples = uri.with({ path: uri.path.replace(/[^/]*$/, 'samples.npz') });
    // Not waited for: it is measured while the user reads, each layer alone too, which is soon done.
    if (!model.data.choice) void takeSamples(host, model, { path: samples.fsPath }, true);
    // What is corrected already does not suffer any more.
    if (model.state.changes.length > 0) return;
    // Not waited for: the notice stays until it is read.
    void host.tell(
      t(
        'The sample is shown for the target “{0}”: one scale for each weight is what it suffers from. One scale for each channel hides that.',
        choice.title,
      ),
    );
  },
};
