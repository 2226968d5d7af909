import type { Answer } from '../envelope.ts';
import { CommandFault } from '../fault.ts';
import type { Workplace } from '../workplace.ts';

/** `rangefinder export --to onnx`: the model in another format, computing the same. */
export async function exportModel(place: Workplace): Promise<Answer> {
  const to = place.settings.choice('to', ['onnx', 'qdq'], 'onnx');
  if (to === 'qdq') {
    throw new CommandFault(4, 'not-supported-yet', '--to qdq comes with a later version');
  }
  const path = place.outputPath();
  if (path === undefined) throw new CommandFault(2, 'usage', 'export needs -o FILE.onnx');
  if (!/\.onnx$/i.test(path)) {
    throw new CommandFault(2, 'usage', `-o "${path}": an ONNX model is called .onnx`);
  }
  const document = await place.open();
  await place.save(document.graph, new Map());
  return { fields: { output: path }, text: [`Saved: ${path}`] };
}
