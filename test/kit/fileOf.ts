import type { Attribute, Graph, Node } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import {
  attr,
  FLOAT,
  graph as graphFields,
  initializer,
  input,
  INT64,
  model,
  node,
  output,
  raw,
  tensor,
  type Field,
} from './onnxBuilder.ts';

const BOOL = 9;

/**
 * An ONNX file of a graph, every name as the graph has it. `inner` names, by the output of each If
 * (whose condition is the constant `yes`), a value within its branches; both give the captured
 * value back.
 */
export function fileOf(graph: Graph, inner: ReadonlyMap<string, string>): Uint8Array {
  return model(
    graphFields(
      ...graph.inputs.map(({ name, shape }) => input(name, shape as (number | string)[])),
      initializer(tensor('yes', [], BOOL, raw(Uint8Array.of(1)))),
      ...[...graph.tensors.values()].map((made) => initializer(fieldsOf(made))),
      ...graph.nodes.map((made) => nodeField(made, inner.get(made.outputs[0] ?? ''))),
      ...graph.outputs.map(({ name }) => output(name)),
    ),
  );
}

const fieldsOf = ({ name, dims, type, data }: Tensor): Field =>
  tensor(name, dims, type === 'int64' ? INT64 : FLOAT, raw(data.read()));

function nodeField(made: Node, inner: string | undefined): Field {
  const [captured = ''] = made.captures;
  const attributes = [...made.attributes].map(([name, value]) => attributeFields(name, value));
  if (inner !== undefined) {
    const [then, other] = [`${inner}.then`, `${inner}.else`];
    attributes.push(
      attr.graph(
        'then_branch',
        graphFields(
          node({ op: 'Neg', inputs: [captured], outputs: [inner] }),
          node({ op: 'Neg', inputs: [inner], outputs: [then] }),
          output(then),
        ),
      ),
      attr.graph(
        'else_branch',
        graphFields(node({ op: 'Identity', inputs: [captured], outputs: [other] }), output(other)),
      ),
    );
  }
  const { op, name, inputs, outputs } = made;
  return node({ op, inputs, outputs, attributes, ...(name === '' ? {} : { name }) });
}

function attributeFields(name: string, attribute: Attribute): Field {
  switch (attribute.kind) {
    case 'int':
      return attr.int(name, attribute.value);
    case 'float':
      return attr.float(name, attribute.value);
    case 'ints':
      return attr.ints(name, attribute.value);
    default:
      throw new Error(`the test kit cannot write ${attribute.kind} attributes`);
  }
}
