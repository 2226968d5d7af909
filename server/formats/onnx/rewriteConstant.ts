import type { Tensor } from '../../core/graph/tensor.ts';
import { Parts } from './parts.ts';
import { newTensor, rewriteTensor, type Placement } from './rewriteTensor.ts';
import { ATTRIBUTE, ATTRIBUTE_TYPE, NODE } from './schema.ts';
import type { WireReader } from './wireReader.ts';
import { WireWriter } from './wireWriter.ts';

/**
 * The payload of a Constant node with another value. A tensor is changed in place; a `value_float`
 * and its like become a `value`.
 */
export function rewriteConstant(
  reader: WireReader,
  before: Tensor,
  after: Tensor,
  placement: Placement,
): Parts {
  const out = new Parts();
  let isWritten = false;
  while (reader.next()) {
    if (reader.field !== NODE.attribute) out.copy(reader.start, reader.end);
    else if (!isWritten) {
      isWritten = true;
      const attribute = reader.message('an attribute');
      out.message(NODE.attribute, rewriteValue(attribute, before, after, placement));
    }
  }
  return out;
}

function rewriteValue(
  reader: WireReader,
  before: Tensor,
  after: Tensor,
  placement: Placement,
): Parts {
  const out = new Parts();
  let hasTensor = false;
  while (reader.next()) {
    if (reader.field !== ATTRIBUTE.t) out.copy(reader.start, reader.end);
    else {
      hasTensor = true;
      out.message(ATTRIBUTE.t, rewriteTensor(reader.message('a tensor'), before, after, placement));
    }
  }
  if (hasTensor) return out;
  return new Parts()
    .fields(new WireWriter().text(ATTRIBUTE.name, 'value'))
    .message(ATTRIBUTE.t, newTensor(after, placement))
    .fields(new WireWriter().int(ATTRIBUTE.type, ATTRIBUTE_TYPE.tensor));
}
