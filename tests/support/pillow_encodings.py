"""Writes pictures, and what Pillow makes of them with the libraries that phones have.

usage: pillow_encodings.py FOLDER

FOLDER/list.txt has a line an encoding, "CODEC PIXELS HEIGHT WIDTH ENCODED DECODED": files of the
samples [height x width x 3], of the bytes, and of the samples that Pillow decodes from these.
"""
import pathlib
import random
import sys

from PIL import Image

folder = pathlib.Path(sys.argv[1])
draw = random.Random(2)


def picture(width, height):
    """Slopes, so that there is something to keep, with noise, so that there is something to lose."""
    samples = bytearray()
    for y in range(height):
        for x in range(width):
            level = (255 * x // width, 255 * y // height, 255 - 255 * x * y // (width * height))
            samples += bytes(min(255, max(0, one + draw.randint(-30, 30))) for one in level)
    return Image.frombytes("RGB", (width, height), bytes(samples))


encodings = {}
for quality in (1, 25, 50, 75, 90, 95, 96, 100):
    encodings[f"jpeg:{quality}"] = ("JPEG", {"quality": quality, "subsampling": "4:2:0"})
    encodings[f"jpeg:{quality}:444"] = ("JPEG", {"quality": quality, "subsampling": "4:4:4"})
for quality in (0, 10, 50, 75, 90, 100):
    encodings[f"webp:{quality}"] = ("WEBP", {"quality": quality})

with open(folder / "list.txt", "w", encoding="ascii") as listing:
    for width, height in [(32, 32), (67, 45), (227, 227), (1, 1)]:
        image = picture(width, height)
        pixels = f"{width}x{height}.rgb"
        (folder / pixels).write_bytes(image.tobytes())
        for codec, (kind, options) in encodings.items():
            encoded = f"{width}x{height}-{codec.replace(':', '-')}"
            image.save(folder / encoded, kind, **options)
            decoded = Image.open(folder / encoded).convert("RGB")
            (folder / (encoded + ".rgb")).write_bytes(decoded.tobytes())
            listing.write(f"{codec} {pixels} {height} {width} {encoded} {encoded}.rgb\n")
