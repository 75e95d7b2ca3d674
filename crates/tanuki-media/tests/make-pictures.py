"""Makes the pictures of the tests, and has the reference make thumbnails of them.

Run with the Python of an installed Zou 1.0.97, in this folder.
"""

import io
import os
import shutil
import struct
import tempfile

from PIL import Image

from zou.app.utils import thumbnail

FOLDER = "pictures"


def pattern(width, height):
    """Soft gradients with a hard edge: what scaling and decoders must agree on."""
    picture = Image.new("RGB", (width, height))
    for x in range(width):
        for y in range(height):
            red = 255 * x // max(1, width - 1)
            green = 255 * y // max(1, height - 1)
            blue = 200 if (x * 4 // width + y * 4 // height) % 2 else 40
            picture.putpixel((x, y), (red, green, blue))
    return picture


def with_alpha(picture):
    """Transparent to the left, opaque to the right."""
    picture = picture.convert("RGBA")
    for x in range(picture.width):
        for y in range(picture.height):
            pixel = picture.getpixel((x, y))
            picture.putpixel((x, y), pixel[:3] + (min(255, 510 * x // picture.width),))
    return picture


def wide_profile():
    """An ICC profile with the primaries of Adobe RGB (1998) and gamma 2.2."""

    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + b"\0" * 78
    tags = {
        b"desc": text + b"\0" * (-len(text) % 4),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += value
    head = struct.pack(">I", 128 + len(table) + len(data)) + b"\0\0\0\0" + struct.pack(">I", 0x02100000)
    head += b"mntrRGB XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    return head + b"\0" * (128 - len(head)) + table + data


def encoded(picture, form, **options):
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def grey16(width, height):
    picture = Image.new("I;16", (width, height))
    for x in range(width):
        for y in range(height):
            picture.putpixel((x, y), 65535 * (x + y) // (width + height - 2))
    return picture


plain = pattern(90, 70)
keyed = plain.copy()
for x in range(30):
    for y in range(30):
        keyed.putpixel((x, y), (0, 0, 0))
jpeg = encoded(plain, "JPEG", quality=92)
png = encoded(plain, "PNG")
FILES = {
    "rgb.png": png,
    "large.png": encoded(pattern(640, 360), "PNG"),
    "alpha.png": encoded(with_alpha(plain), "PNG"),
    "grey.png": encoded(plain.convert("L"), "PNG"),
    "grey-alpha.png": encoded(with_alpha(plain).convert("LA"), "PNG"),
    "grey16.png": encoded(grey16(90, 70), "PNG"),
    "key.png": encoded(keyed, "PNG", transparency=(0, 0, 0)),
    "wide.png": encoded(plain, "PNG", icc_profile=wide_profile()),
    "broken-profile.png": encoded(plain, "PNG", icc_profile=b"no profile"),
    "small.png": encoded(pattern(7, 5), "PNG"),
    "tall.png": encoded(pattern(12, 160), "PNG"),
    "flat.png": encoded(pattern(160, 3), "PNG"),
    "ratio.png": encoded(pattern(300, 200), "PNG"),
    "cut.png": png[: len(png) * 2 // 3],
    "rgb.jpg": jpeg,
    "grey.jpg": encoded(plain.convert("L"), "JPEG", quality=92),
    "wide.jpg": encoded(plain, "JPEG", quality=92, icc_profile=wide_profile()),
    "cmyk.jpg": encoded(plain.convert("CMYK"), "JPEG", quality=92),
    "rgb.webp": encoded(plain, "WEBP", lossless=True),
    "rgb.tif": encoded(plain, "TIFF", compression="tiff_lzw"),
    "rgb.bmp": encoded(plain, "BMP"),
    "rgb.tga": encoded(plain, "TGA"),
}

os.makedirs(FOLDER, exist_ok=True)
for name, content in FILES.items():
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(content)
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "picture.png")
        shutil.copyfile(path, copy)
        thumbnail.to_srgb(Image.open(copy)).save(copy, "PNG")
        thumbnail.turn_into_thumbnail(copy, thumbnail.RECTANGLE_SIZE)
        shutil.copyfile(copy, path + ".thumbnail.png")
# What only we show upright: told by EXIF that its top is at the right.
exif = Image.Exif()
exif[0x0112] = 6
with open(os.path.join(FOLDER, "turned.jpg"), "wb") as file:
    file.write(encoded(plain, "JPEG", quality=92, exif=exif))
