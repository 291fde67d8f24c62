#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Extracts the published xDS API from the PyPI package xds-protos.

    extract_descriptors.py WHEEL OUTPUT

The package holds generated Python, each file with its FileDescriptorProto as one bytes literal. These are joined into a
FileDescriptorSet, written with gzip. Nothing of the package is executed. The v2 API, which nothing of v3 needs, is left out.
"""
import ast
import gzip
import os
import re
import sys
import zipfile

LITERAL = re.compile(r"AddSerializedFile\((b'.*')\)\n")
V2_FILE = re.compile(r"/v2(alpha\d*)?/|^envoy/.*/v2(alpha\d*)?_pb2|^test/")
FILES_MIN = 500  # the package has had more than 700 for years: fewer means that its form has changed


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_files(wheel: str):
    """Yields each serialized FileDescriptorProto."""
    with zipfile.ZipFile(wheel) as package:
        for name in sorted(package.namelist()):
            if not name.endswith("_pb2.py") or V2_FILE.search(name):
                continue
            literal = LITERAL.search(package.read(name).decode("utf-8"))
            if literal is None:
                sys.exit(f"{wheel}: {name}: expected a call of AddSerializedFile")
            yield ast.literal_eval(literal.group(1))


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wheel, output = sys.argv[1:]
    files = list(read_files(wheel))
    if len(files) < FILES_MIN:
        sys.exit(f"{wheel}: expected at least {FILES_MIN} descriptors, found {len(files)}")
    descriptor_set = b"".join(b"\x0a" + varint(len(file)) + file for file in files)
    partial = output + ".partial"
    with open(partial, "wb") as out:
        out.write(gzip.compress(descriptor_set, 9, mtime=0))
    os.replace(partial, output)


if __name__ == "__main__":
    main()
