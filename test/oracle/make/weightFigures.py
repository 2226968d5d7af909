"""Expected figures of weights on grids, computed with numpy: test/oracle/weightFigures.json.

    python test/oracle/make/weightFigures.py > test/oracle/weightFigures.json

Made with numpy 2.4.6. The weights come from integer arithmetic that test/kit can repeat: element i (storage order) of
output channel c is float32((i * 2654435761 mod 2^32 / 2^32 - 0.4) * gain[c mod 5]).
"""
import json
import numpy as np

GAINS = [1.0, 0.5, 0.003, 4.0, 0.0]
# name, operator, dims, group, transB; axes of the output channel are worked out by numpy alone
LAYERS = [
    ('conv', 'Conv', (8, 6, 3, 3), 1, 0),
    ('conv1d', 'Conv', (7, 5, 3), 1, 0),
    ('conv3d', 'Conv', (6, 2, 2, 2, 2), 1, 0),
    ('conv-grouped', 'Conv', (8, 3, 3, 3), 2, 0),
    ('depthwise', 'Conv', (12, 1, 3, 3), 12, 0),
    ('convTranspose', 'ConvTranspose', (6, 8, 2, 2), 1, 0),
    ('convTranspose-grouped', 'ConvTranspose', (6, 4, 2, 2), 2, 0),
    ('convTranspose-depthwise', 'ConvTranspose', (6, 1, 2, 2), 6, 0),
    ('convTranspose-1x1', 'ConvTranspose', (6, 8, 1, 1), 1, 0),
    ('gemm', 'Gemm', (10, 7), 1, 0),
    ('gemm-transB', 'Gemm', (7, 10), 1, 1),
    ('matMul', 'MatMul', (10, 7), 1, 0),
]
TARGETS = [(8, 'symmetric', False), (8, 'strict', False), (4, 'asymmetric', False), (8, 'asymmetric', True), (3, 'strict', True), (16, 'symmetric', False), (8, 'unsigned', False)]


def channel_index(op, dims, group, trans_b):
    """The output channel of each element, as an array of the weight's shape."""
    at = np.indices(dims)
    if op == 'Conv' or trans_b:
        return at[0]
    if op == 'ConvTranspose':
        return at[0] // (dims[0] // group) * dims[1] + at[1]
    return at[1]


def grid(lo, hi, bits, symmetry, power_of_two):
    lo, hi, half = min(0.0, lo), max(0.0, hi), 2 ** (bits - 1)
    if symmetry == 'strict':
        scale, bottom, top = max(-lo, hi) / (half - 1), 1 - half, half - 1
    elif symmetry == 'symmetric' or (symmetry == 'unsigned' and lo < 0):
        scale, bottom, top = max(-lo / half, hi / (half - 1)), -half, half - 1
    else:
        scale, bottom, top = (hi - lo) / (2 * half - 1), None, None
    scale = max(scale, 2.0 ** -23)
    if power_of_two:
        mantissa, exponent = np.frexp(scale)
        scale = float(2.0 ** (exponent - (mantissa == 0.5)))
    if bottom is None:
        bottom = -min(2 * half - 1, int(np.floor(-lo / scale + 0.5)))
        top = 2 * half - 1 + bottom
    return scale, bottom, top


def rounded(w, g):
    scale, bottom, top = g
    return np.clip(np.rint(w / scale), bottom, top) * scale


def decibels(w, q):
    noise = ((w - q) ** 2).sum()
    return 'inf' if noise == 0 else 10 * np.log10((w ** 2).sum() / noise)


def figures(name, op, dims, group, trans_b):
    count = int(np.prod(dims))
    raw = (np.arange(count, dtype=np.uint64) * 2654435761 % 2 ** 32).astype(np.float64) / 2 ** 32 - 0.4
    channel = channel_index(op, dims, group, trans_b).reshape(-1)
    w = (raw * np.array(GAINS)[channel % 5]).astype(np.float32).astype(np.float64)
    channels = channel.max() + 1
    parts = [w[channel == c] for c in range(channels)]
    tops = np.array([np.abs(p).max() for p in parts])
    loud = tops[tops > 0]
    spread_out = w - w.mean()
    out = []
    for bits, symmetry, power_of_two in TARGETS:
        whole = grid(w.min(), w.max(), bits, symmetry, power_of_two)
        signed = 'symmetric' if symmetry == 'unsigned' and w.min() < 0 else symmetry
        each = np.empty_like(w)
        for c in range(channels):
            p = parts[c]
            each[channel == c] = rounded(p, grid(p.min(), p.max(), bits, signed, power_of_two))
        out.append(dict(bits=bits, symmetry=symmetry, isPowerOfTwo=power_of_two, halfStep=whole[0] / 2,
            sqnrTensor=decibels(w, rounded(w, whole)), sqnrChannel=decibels(w, each),
            lostChannels=int(sum(t > 0 and not rounded(p, whole).any() for t, p in zip(tops, parts)))))
    return dict(name=name, op=op, dims=dims, group=group, transB=trans_b, min=w.min(), max=w.max(), mean=w.mean(), std=w.std(),
        kurtosis=(spread_out ** 4).mean() / w.var() ** 2, sumSquares=(w ** 2).sum(), channelAbsMax=tops.tolist(),
        channelMin=[p.min() for p in parts], channelMax=[p.max() for p in parts],
        quartiles=np.percentile(loud, [0, 25, 50, 75, 100]).tolist(), spread=loud.max() / np.median(loud), targets=out)


print(json.dumps(dict(gains=GAINS, layers=[figures(*layer) for layer in LAYERS]), indent=1, default=float))
