"""Small pictures of every kind and what Pillow makes of them.

    python test/oracle/make/pictures.py

writes test/fixtures/pictures/* and test/oracle/pictures.json. Decoded pixels are RGB of
`Image.convert("RGB")` after `ImageOps.exif_transpose`, 16-bit samples by their upper byte; resized
ones are `Image.resize(size, filter)`. Preprocessing cases are torchvision's Resize and CenterCrop
written out. Arrays are base64 of bytes.
"""

import base64
import json
import os
import zlib
import struct

import numpy as np
import PIL
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, "../../fixtures/pictures")
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(5)
W, H = 23, 17
y, x = np.mgrid[0:H, 0:W]
base = np.stack([x * 11, y * 15, (x + y) * 6], -1) + rng.integers(-20, 20, (H, W, 3))
rgb = Image.fromarray(base.clip(0, 255).astype(np.uint8))
grey = rgb.convert("L")


def at(name):
    return os.path.join(out, name)


rgb.save(at("baseline.jpg"), quality=90)
rgb.save(at("progressive.jpg"), quality=80, progressive=True)
rgb.save(at("full.jpg"), quality=95, subsampling=0)
grey.save(at("grey.jpg"), quality=90)
rgb.convert("CMYK").save(at("cmyk.jpg"))
for n in range(2, 9):
    exif = Image.Exif()
    exif[0x112] = n
    rgb.save(at(f"turned{n}.jpg"), quality=90, exif=exif)
exif = Image.Exif()
exif[0x112] = 6
rgb.save(at("turned.png"), exif=exif)
rgb.save(at("turned.webp"), lossless=True, exif=exif)
rgb.save(at("rgb.png"))
grey.save(at("grey.png"))
rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=13).save(at("palette4.png"))
rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=200).save(at("palette8.png"))
grey.point(lambda v: 255 if v > 128 else 0).convert("1").save(at("bit.png"))
alpha = Image.fromarray((np.arange(H * W) % 256).astype(np.uint8).reshape(H, W))
rgba = rgb.copy()
rgba.putalpha(alpha)
rgba.save(at("rgba.png"))
Image.merge("LA", (grey, alpha)).save(at("greyAlpha.png"))
rgba.save(at("rgba.webp"), lossless=True, exact=True)
rgb.save(at("lossy.webp"), quality=80)
rgb.save(at("lossless.webp"), lossless=True)
rgb.save(at("rgb.bmp"))
rgba.save(at("rgba.bmp"))
rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=200).save(at("palette8.bmp"))
grey.save(at("grey.bmp"))
grey.point(lambda v: 255 if v > 128 else 0).convert("1").save(at("bit.bmp"))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path, width, height, depth, colour, rows, interlace=0):
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n")
        f.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)))
        f.write(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))))
        f.write(chunk(b"IEND", b""))


wide = rng.integers(0, 65536, (H, W, 3)).astype(">u2")
png(at("rgb16.png"), W, H, 16, 2, [r.tobytes() for r in wide])
narrow = rng.integers(0, 65536, (H, W)).astype(">u2")
png(at("grey16.png"), W, H, 16, 0, [r.tobytes() for r in narrow])
adam = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
a = np.asarray(rgb)
png(at("interlaced.png"), W, H, 8, 2, [r.tobytes() for (t, l, dy, dx) in adam for r in a[t::dy, l::dx]], 1)
two = rng.integers(0, 4, (H, W))
rows = []
for r in two:
    r = np.concatenate([r, np.zeros(-W % 4, int)]).reshape(-1, 4)
    rows.append(bytes(int(q[0] << 6 | q[1] << 4 | q[2] << 2 | q[3]) for q in r))
png(at("grey2.png"), W, H, 2, 0, rows)
cut = open(at("baseline.jpg"), "rb").read()
open(at("cut.jpg"), "wb").write(cut[: len(cut) * 2 // 3])
cut = open(at("rgb.png"), "rb").read()
open(at("cut.png"), "wb").write(cut[: len(cut) * 2 // 3])
cut = open(at("lossy.webp"), "rb").read()
open(at("cut.webp"), "wb").write(cut[: len(cut) * 2 // 3])


def b64(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


decoded = {}
for name in sorted(os.listdir(out)):
    if name.startswith("cut") or name.startswith("cmyk"):
        continue
    with Image.open(at(name)) as image:
        if name == "grey16.png":
            pixels = np.repeat((narrow >> 8).astype(np.uint8)[..., None], 3, 2)
        elif name == "rgb16.png":
            pixels = (wide >> 8).astype(np.uint8)
        elif name == "grey2.png":
            pixels = np.repeat((two * 85).astype(np.uint8)[..., None], 3, 2)
        else:
            pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        decoded[name] = {"width": pixels.shape[1], "height": pixels.shape[0], "rgb": b64(pixels)}

resized = []
for mode, image in (("RGB", rgb), ("L", grey)):
    for filter in ("BILINEAR", "BICUBIC", "NEAREST"):
        for size in ((11, 8), (7, 17), (23, 5), (40, 31), (1, 1), (30, 9)):
            made = np.asarray(image.resize(size, getattr(Image.Resampling, filter)))
            resized.append({"mode": mode, "filter": filter.lower(), "width": size[0], "height": size[1], "pixels": b64(made)})
floats = np.asarray(grey).astype(np.float32) / 7
floating = [
    {"filter": f.lower(), "width": w, "height": h,
     "pixels": b64(np.asarray(Image.fromarray(floats).resize((w, h), getattr(Image.Resampling, f))))}
    for f in ("BILINEAR", "BICUBIC") for w, h in ((11, 8), (40, 31))
]


def shorter_side(image, size):
    w, h = image.size
    return image.resize((size, int(size * h / w)) if w <= h else (int(size * w / h), size), Image.Resampling.BILINEAR)


def centre(image, wide, high):
    w, h = image.size
    top, left = int(round((h - high) / 2.0)), int(round((w - wide) / 2.0))
    return image.crop((left, top, left + wide, top + high))


fitted = [
    {"preprocess": {"size": [9, 12], "resize": "exact"}, "rgb": b64(rgb.resize((12, 9), Image.Resampling.BILINEAR))},
    {"preprocess": {"size": [8, 8], "resize": "crop", "shorterSide": 10}, "rgb": b64(centre(shorter_side(rgb, 10), 8, 8))},
    {"preprocess": {"size": [10, 7], "resize": "crop", "shorterSide": 13, "filter": "bilinear"}, "rgb": b64(centre(shorter_side(rgb, 13), 7, 10))},
    {"preprocess": {"size": [17, 23], "resize": "none"}, "rgb": b64(rgb)},
    {"preprocess": {"size": [6, 5], "crop": {"left": 3, "top": 2, "width": 10, "height": 12}, "filter": "bicubic"},
     "rgb": b64(rgb.crop((3, 2, 13, 14)).resize((5, 6), Image.Resampling.BICUBIC))},
]
box = Image.new("RGB", (12, 12), (114, 114, 114))
box.paste(rgb.resize((12, 9), Image.Resampling.BILINEAR), (0, 1))
fitted.append({"preprocess": {"size": 12, "resize": "letterbox", "fill": 114}, "rgb": b64(box)})

with open(os.path.join(here, "../pictures.json"), "w") as f:
    json.dump({"pillow": PIL.__version__, "width": W, "height": H, "rgb": b64(rgb), "grey": b64(grey),
               "decoded": decoded, "resized": resized, "floating": floating, "fitted": fitted}, f, indent=1)
    f.write("\n")
