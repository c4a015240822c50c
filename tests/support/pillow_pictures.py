"""Writes pictures of every kind that Papilio reads, and what Pillow makes of them.

usage: pillow_pictures.py FOLDER

FOLDER/list.txt has a line a result, "FILE RESULT HEIGHT WIDTH": RESULT holds the samples [height x
width x 3] of FILE as RGB, scaled with BILINEAR to that size.
"""
import pathlib
import random
import sys

from PIL import Image

folder = pathlib.Path(sys.argv[1])
draw = random.Random(1)


def picture(width, height):
    """Slopes, so that JPEG has something to keep, with noise, so that it has something to lose."""
    samples = bytearray()
    for y in range(height):
        for x in range(width):
            level = (255 * x // width, 255 * y // height, 255 - 255 * x * y // (width * height))
            samples += bytes(min(255, max(0, one + draw.randint(-40, 40))) for one in level)
    return Image.frombytes("RGB", (width, height), bytes(samples))


rgb = picture(67, 45)
grey = rgb.convert("L")
with_alpha = rgb.convert("RGBA")
with_alpha.putalpha(grey)
grey_with_alpha = grey.convert("LA")
grey_with_alpha.putalpha(grey.transpose(Image.FLIP_LEFT_RIGHT))
files = {
    "rgb.jpg": (rgb, {"quality": 75}),
    "full_colour.jpg": (rgb, {"quality": 90, "subsampling": 0}),
    "half_colour.jpg": (rgb, {"quality": 90, "subsampling": 1}),
    "progressive.jpg": (rgb, {"quality": 50, "progressive": True}),
    "grey.jpg": (grey, {}),
    "cmyk.jpg": (rgb.convert("CMYK"), {}),
    "rgb.png": (rgb, {}),
    "rgba.png": (with_alpha, {}),
    "grey.png": (grey, {}),
    "grey_alpha.png": (grey_with_alpha, {}),
    "palette.png": (rgb.convert("P"), {}),
    "palette_transparent.png": (rgb.convert("P"), {"transparency": 3}),
    "two_levels.png": (rgb.convert("1"), {}),
    "one_pixel.png": (picture(1, 1), {}),
    "wide.png": (picture(200, 3), {}),
    "tall.png": (picture(2, 150), {}),
    "lossy.webp": (rgb, {"quality": 75}),
    "lossless.webp": (rgb, {"lossless": True}),
    "alpha.webp": (with_alpha, {"lossless": True, "exact": True}),
}
rgb.save(folder / "animated.webp", save_all=True, append_images=[picture(67, 45)], duration=100)
sizes = [(32, 32), (1, 1), (45, 30), (90, 67), (7, 131), (64, 95), (100, 200)]

with open(folder / "list.txt", "w", encoding="ascii") as listing:
    for name, (image, options) in files.items():
        image.save(folder / name, **options)
        decoded = Image.open(folder / name).convert("RGB")
        for height, width in [(decoded.height, decoded.width), *sizes]:
            result = f"{name}.{height}x{width}"
            scaled = decoded.resize((width, height), Image.BILINEAR)
            (folder / result).write_bytes(scaled.tobytes())
            listing.write(f"{name} {result} {height} {width}\n")
