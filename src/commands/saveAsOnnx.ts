import { isOnnx, onnxNameFor } from '../modelFiles.ts';
import { modelOr, type Command } from './command.ts';
import { t } from '../l10n.ts';

/** Writes the model as ONNX to another file; the one in view stays what it is. */
export const saveAsOnnx: Command = {
  id: 'rangefinder.saveAsOnnx',
  async run(host, argument) {
    const model = await modelOr(host, argument);
    if (!model) return;
    if (isOnnx(model.uri)) {
      await host.tell(t('{0} is an ONNX model already: use “Save as”.', model.name));
      return;
    }
    const to = await host.pickSaveFile(t('Save as ONNX'), onnxNameFor(model.uri), {
      ONNX: ['onnx'],
    });
    if (!to) return;
    await model.saveAs(to);
    const name = to.path.slice(to.path.lastIndexOf('/') + 1);
    // Not waited for: the notice stays until it is read.
    void host
      .tell(t('{0} was written as {1}, corrections included.', model.name, name), t('Open'))
      .then((button) => (button === t('Open') ? host.openModel(to) : undefined));
  },
};
