import type { TargetSettings } from '../../server/protocol/target.ts';
import type { Command } from './command.ts';

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
        'The sample is not part of this installation. Run “npm run make:sample” in the sources to make it.',
      );
      return;
    }
    const model = await host.openModel(uri);
    const choices = await host.targets();
    const choice = choices.find(({ target }) => isPerTensor(target));
    if (!model?.state || model.state.preview || !choice) return;
    if (model.state.target.profile !== choice.target.profile) await model.setTarget(choice.target);
    // Not waited for: the notice stays until it is read.
    void host.tell(
      `The sample is shown for the target “${choice.title}”: one scale for each weight is what it suffers from. One scale for each channel hides that.`,
    );
  },
};
