"""Writes the journal of a long recording at a high rate, as the recorder would, without recording it."""

from pathlib import Path

import numpy as np

from tracedial.recording.journal import encode_line
from tracedial.recording.journal_lines import COPY_AFTER, PLACE
from tracedial.recording.session import FORMAT

SYNC_EVERY_S = 0.65
BOOT = 0x5EED0001


def write_long_journal(path: Path, *, hours: float, rate_hz: int) -> int:
    """Write it (synthetic ratings, a clock 20 ppm fast, exchanges on a quiet link); returns its length in bytes."""
    n_samples = int(hours * 3600 * rate_hz)
    rng = np.random.default_rng(1)
    ratings = np.clip(np.cumsum(rng.integers(-1, 2, n_samples)), -50, 50).tolist()
    offset_us, ppm = 3_000_000, 20.0
    number = player = 0
    copies: list[tuple[int, bytes]] = []
    with path.open("wb") as file:

        def write(record: dict, *, twice: bool = False) -> None:
            nonlocal number, player
            while copies and copies[0][0] <= number:
                file.write(copies.pop(0)[1])
            line = encode_line({**record, PLACE: [number + 1, player, 0]})
            number += 1
            file.write(line)
            if record["kind"] == "player":
                player = number
            if twice:
                copies.append((number + COPY_AFTER, line))

        def dial_us(host_ns: int) -> int:
            return offset_us + int(host_ns / 1000 * (1 + ppm / 1e6))

        duration_s = hours * 3600
        video = {"name": "v.mp4", "sha256": "0" * 64, "duration_s": duration_s, "frame_rate_hz": 25.0, "width": 64,
                 "height": 48}  # fmt: skip
        write({"kind": "recording", "format": FORMAT, "rater": "client", "synthetic": True, "origin_ns": 0,
               "wall_clock": "", "software": "bench", "rate_hz": rate_hz, "video": video,
               "settings": {}}, twice=True)  # fmt: skip
        start_ns = 2_000_000_000
        write({"kind": "player", "event": "play", "host_ns": start_ns, "video_s": 0.0, "speed": 1.0}, twice=True)
        next_sync_ns, exchange = 0, 0
        for seq in range(n_samples):
            taken_ns = start_ns + seq * 1_000_000_000 // rate_hz
            while next_sync_ns < taken_ns:
                sent, legs_us = next_sync_ns, rng.integers(80, 300, 2)
                at = sent + int(legs_us[0]) * 1000
                write({"kind": "sync", "boot": BOOT, "exchange": exchange, "host_sent_ns": sent,
                       "dial_received_us": dial_us(at), "dial_sent_us": dial_us(at + 20_000),
                       "host_received_ns": at + 20_000 + int(legs_us[1]) * 1000})  # fmt: skip
                next_sync_ns += int(rng.uniform(0.35, 0.95) * 1e9)
                exchange += 1
            rating = ratings[seq]
            write({"kind": "sample", "host_ns": taken_ns + 400_000, "boot": BOOT, "seq": seq, "t_us": dial_us(taken_ns),
                   "rating": rating, "mean_milli": rating * 1000, "min": rating, "max": rating, "n": 1,
                   "raw": (rating + 50) * 655, "flags": 0})  # fmt: skip
        end_ns = start_ns + int(duration_s * 1e9)
        write({"kind": "player", "event": "ended", "host_ns": end_ns, "video_s": duration_s, "speed": 0.0}, twice=True)
        write({"kind": "end", "host_ns": end_ns + 1_000_000_000, "complete": True, "boot": BOOT, "next_seq": n_samples})
        file.writelines(line for _, line in copies)
        return file.tell()
