import assert from 'node:assert/strict';
import { explainFault } from '../../../../server/engines/onnxruntime/explainFault.ts';

/** Texts as onnxruntime-node 1.30.0 gave them; what must be in ours, and the place. */
const cases: readonly (readonly [text: string, message: RegExp, where: string | undefined])[] = [
  [
    'Fatal error: my.ops:Foo(-1) is not a registered function/op',
    /no operator Foo of the domain my\.ops/,
    'my.ops:Foo',
  ],
  [
    'This is an invalid model. In Node, ("foo1", Fooo, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Fooo with domain_version of 17',
    /no operator Fooo in opset 17/,
    'Fooo',
  ],
  [
    "Could not find an implementation for Conv(22) node with name 'c1'",
    /cannot run Conv "c1" .*element types/,
    'c1',
  ],
  [
    "This is an invalid model. Type Error: Type 'tensor(int64)' of input parameter (x) of operator (Relu) in node (r) is invalid.",
    /Relu "r" does not take tensor\(int64\).*"x"/,
    'r',
  ],
  [
    '/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<int>&) ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 30 is under development. Current official support for domain ai.onnx is till opset 26.\n',
    /newer opset of ai\.onnx .*up to 26/,
    undefined,
  ],
  [
    '/x/model.cc:181 onnxruntime::Model::Model(...) Unsupported model IR version: 14, max supported IR version: 13\n',
    /IR version 14.*up to 13/,
    undefined,
  ],
  [
    'This is an invalid model. Error: two nodes with same node name (r).',
    /Two nodes are called "r"/,
    'r',
  ],
  ['This is an invalid model. Error: the graph is not acyclic.', /has a cycle/, undefined],
  ['Failed to load model because protobuf parsing failed.', /not valid protobuf/, undefined],
  [
    'External data path validation failed for initializer: w. Error: tensorprotoutils.cc:461 ValidateExternalDataPathFromDir External data path does not exist: "/tmp/nothere.bin"',
    /data of "w" cannot be loaded: .*does not exist/,
    'w',
  ],
  [
    "Non-zero status code returned while running MatMul node. Name:'mm' Status Message: matmul_helper.h:59 Compute MatMul dimension mismatch",
    /MatMul "mm" failed: Compute MatMul dimension mismatch/,
    'mm',
  ],
  [
    "Non-zero status code returned while running Reshape node. Name:'rs' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:91 onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, bool) input_shape_size == requested_shape_size was false. Input shape:{3,3}, requested shape:{1,7}\n",
    /Reshape "rs" failed: input_shape_size == requested_shape_size was false/,
    'rs',
  ],
  ['bad_alloc', /not enough memory/, undefined],
  ['something else entirely', /ONNX Runtime says: something else entirely/, undefined],
];

describe('explainFault', () => {
  for (const [text, message, where] of cases) {
    it(text.slice(0, 60), () => {
      const fault = explainFault('cannot-load', text);
      assert.match(fault.message, message);
      assert.doesNotMatch(fault.message, /onnxruntime_src|undefined/);
      assert.equal(fault.where, where);
      assert.equal(fault.code, 'cannot-load');
    });
  }
});
