import type { Graph } from '../../server/core/graph/graph.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import { connect, sharedEngine, type Client } from './connect.ts';
import { EditorTexts } from './editorTexts.ts';
import { graphOf, node, tensor } from './graphs.ts';
import { ModelFolder } from './onnxFiles.ts';

/** What a test of texts has, made anew for each. */
export interface TextsBeside {
  readonly folder: ModelFolder;
  readonly client: Client;
  readonly texts: EditorTexts;
}

/** An editor of texts in a folder with `net.onnx`, which the texts are about. */
export function textsBeside(net: () => Graph): TextsBeside {
  const engine = sharedEngine();
  const made = {} as { -readonly [Key in keyof TextsBeside]: TextsBeside[Key] };
  after(() => engine.dispose());
  beforeEach(async () => {
    made.folder = new ModelFolder();
    made.client = await connect(made.folder.at('storage'), engine.create);
    made.texts = new EditorTexts(made.client.connection);
    made.folder.file(encodeGraph(net(), []), 'net.onnx');
  });
  afterEach(async () => {
    await made.client.close();
    made.folder.remove();
  });
  return made;
}

/** Two layers, `first` and `second`. */
export const twoLayers = (): Graph =>
  graphOf({
    inputs: { x: [1, 2, 2, 2] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w'], ['a'], {}, 'first'),
      node('Relu', ['a'], ['b']),
      node('Conv', ['b', 'w'], ['y'], {}, 'second'),
    ],
    tensors: [tensor('w', [2, 2, 1, 1], [1, -2, 0.5, 0.25])],
  });
