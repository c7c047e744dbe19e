# damaged.py FILE SEED: one range of a file's bytes damaged in place, as a disk or a crash does: zeroed, random, cut off, doubled or flipped.
import os
import random
import sys

path, seed = sys.argv[1], int(sys.argv[2])
rng = random.Random(seed)
with open(path, "r+b") as f:
    data = bytearray(f.read())
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.choice([1, 2, 16, 512, 4096, len(data)]))
    how = rng.choice(["zero", "random", "cut", "double", "flip", "text"])
    if how == "zero":
        data[start:end] = bytes(end - start)
    elif how == "random":
        data[start:end] = rng.randbytes(end - start)
    elif how == "cut":
        del data[start:end]
    elif how == "double":
        data[start:start] = data[start:end]
    elif how == "flip" and data:
        data[min(start, len(data) - 1)] ^= 1 << rng.randrange(8)
    else:
        data[start:start] = rng.choice([b"\n", b":", b"%s%n", b"\x1b[2J", b"[success=99 default=ignore]", b"../" * 2000, b"\xff\xfe"])
    f.seek(0)
    f.truncate()
    f.write(data)
print(how, start, end)
