import { isOnnx, onnxNameFor } from '../modelFiles.ts';
import { modelOr, type Command } from './command.ts';

/** Writes the model as ONNX to another file; the one in view stays what it is. */
export const saveAsOnnx: Command = {
  id: 'rangefinder.saveAsOnnx',
  async run(host, argument) {
    const model = await modelOr(host, argument);
    if (!model) return;
    if (isOnnx(model.uri)) {
      await host.tell(`${model.name} is an ONNX model already: use Save As.`);
      return;
    }
    const to = await host.pickSaveFile('Save As ONNX', onnxNameFor(model.uri), { ONNX: ['onnx'] });
    if (!to) return;
    await model.saveAs(to);
    const name = to.path.slice(to.path.lastIndexOf('/') + 1);
    // Not waited for: the notice stays until it is read.
    void host
      .tell(`${model.name} was written as ${name}, corrections included.`, 'Open')
      .then((button) => (button === 'Open' ? host.openModel(to) : undefined));
  },
};
