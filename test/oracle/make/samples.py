"""Sample files that other programs write: test/fixtures/samples/*.

    python test/oracle/make/samples.py

ONNX test data by the onnx package; TFRecords of tf.train.Example with the messages declared here
(feature.proto, example.proto) for Google's protobuf, and a bitwise CRC-32C.
"""

import os
import struct

import numpy as np
import onnx
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from onnx import numpy_helper

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, "../../fixtures/samples")
pictures = os.path.join(here, "../../fixtures/pictures")


def proto():
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="t", syntax="proto3")
    T = descriptor_pb2.FieldDescriptorProto

    def message(name, *fields):
        m = file.message_type.add(name=name)
        for field, number, kind, repeated, of in fields:
            f = m.field.add(name=field, number=number, type=kind, label=3 if repeated else 1)
            if of:
                f.type_name = f".t.{of}"
        return m

    message("BytesList", ("value", 1, T.TYPE_BYTES, True, None))
    message("FloatList", ("value", 1, T.TYPE_FLOAT, True, None))
    message("Int64List", ("value", 1, T.TYPE_INT64, True, None))
    message("Feature", ("bytes_list", 1, T.TYPE_MESSAGE, False, "BytesList"),
            ("float_list", 2, T.TYPE_MESSAGE, False, "FloatList"),
            ("int64_list", 3, T.TYPE_MESSAGE, False, "Int64List"))
    features = message("Features", ("feature", 1, T.TYPE_MESSAGE, True, "Features.FeatureEntry"))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=T.TYPE_STRING, label=1)
    entry.field.add(name="value", number=2, type=T.TYPE_MESSAGE, label=1, type_name=".t.Feature")
    message("Example", ("features", 1, T.TYPE_MESSAGE, False, "Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Example"))


Example = proto()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def write(name, examples):
    with open(os.path.join(out, name), "wb") as f:
        for example in examples:
            data = example.SerializeToString()
            length = struct.pack("<Q", len(data))
            f.write(length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data)))


def image(name, label):
    e = Example()
    e.features.feature["image/encoded"].bytes_list.value.append(open(os.path.join(pictures, name), "rb").read())
    e.features.feature["image/filename"].bytes_list.value.append(name.encode())
    if label is not None:
        e.features.feature["image/class/label"].int64_list.value.append(label)
    return e


def numbers(values, counts, label):
    e = Example()
    e.features.feature["values"].float_list.value.extend(values)
    e.features.feature["counts"].int64_list.value.extend(counts)
    e.features.feature["label"].int64_list.value.append(label)
    return e


os.makedirs(out, exist_ok=True)
write("images.tfrecord", [image("rgb.png", 3), image("baseline.jpg", 1), image("cut.jpg", 2)])
write("numbers-00000-of-00001", [numbers([0.5, -1.5, 2], [7, -8], 4), numbers([1, 2, float("nan")], [1, 2], 5),
                                 numbers([9, 8, 7], [2**40, 0], 6)])

for n, (a, b) in enumerate([([[1.5, -2, 3]], [5]), ([[4, 5, 6]], [-7])]):
    folder = os.path.join(out, f"onnx/test_data_set_{n}")
    os.makedirs(folder, exist_ok=True)
    for i, tensor in enumerate([
        numpy_helper.from_array(np.array(a, np.float32), "x"),
        # By int64_data, not raw bytes, and without a name.
        onnx.TensorProto(dims=[1], data_type=onnx.TensorProto.INT64, int64_data=b),
    ]):
        open(os.path.join(folder, f"input_{i}.pb"), "wb").write(tensor.SerializeToString())
    open(os.path.join(folder, "output_0.pb"), "wb").write(
        numpy_helper.from_array(np.array(a, np.float32), "y").SerializeToString())
