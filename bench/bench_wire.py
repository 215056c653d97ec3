"""Wire: ten million random corruptions of real frames; a corrupted frame must never be taken for another."""

import multiprocessing
import os
import random

from dialwire import frame, message

CORRUPTIONS = 10_000_000
BATCH = 50_000


def run() -> None:
    """Print how many were accepted, and what a 16-bit checksum would have let through."""
    seeds = range(CORRUPTIONS // BATCH)
    accepted = same = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for bad, harmless in pool.imap_unordered(corrupt, seeds):
            accepted += bad
            same += harmless
    print(f"  {CORRUPTIONS:,} corruptions: {accepted} accepted as something else   (limit 0)")
    print(f"  {same} changed no payload; a 16-bit checksum would let about {(CORRUPTIONS - same) / 65536:.0f} through")


def corrupt(seed: int) -> tuple[int, int]:
    """Corrupt a batch of frames; how many gave another payload, how many still the same one."""
    rng = random.Random(seed)
    payloads = [_sample(rng) for _ in range(20)]
    frames = [(payload, frame.encode(payload)) for payload in payloads]
    accepted = same = 0
    for number in range(BATCH):
        payload, whole = frames[number % len(frames)]
        damaged = bytearray(whole)
        how = rng.random()
        if how < 0.6:
            for _ in range(rng.choice((1, 1, 2, 3, 8))):
                damaged[rng.randrange(len(damaged))] ^= rng.randrange(1, 256)
        elif how < 0.8:
            del damaged[rng.randrange(len(damaged))]
        else:
            damaged.insert(rng.randrange(len(damaged)), rng.randrange(256))
        got = frame.Decoder().feed(bytes(damaged) + b"\x00")
        accepted += any(one != payload for one in got)
        same += payload in got
    return accepted, same


def _sample(rng: random.Random) -> bytes:
    rating = rng.randrange(-50, 51)
    return message.pack(
        message.SAMPLE, boot16=rng.randrange(1 << 16), seq=rng.randrange(1 << 20), t_us=rng.randrange(1 << 40),
        rating=rating, mean_milli=rating * 1000, min=-50, max=50, n=rng.randrange(1, 51), raw=rng.randrange(1 << 16),
        flags=0,
    )  # fmt: skip
