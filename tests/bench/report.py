#!/usr/bin/env python3
"""Time and memory of `calcade report` over many run files: report.py [--files N] [--plain] [PROGRAM].

Makes N small run files with h5py (every table of the report, a few kinds, many seeds; the rest in experiments that no
table has), then runs the report over them. --plain leaves out the block with the digest, so that the reader has to
guard itself against HDF5. Prints one line: files, seconds, and the peak of resident memory."""
import argparse
import hashlib
import os
import resource
import subprocess
import tempfile
import time

import h5py
import numpy as np

TABLES = [("table1-roi", ["original", "modified", "modified-focal", "modified-bce"]),
          ("table2-matching", ["without", "with"]),
          ("table3-encoders", ["resnet-34", "resnet-50", "resnet-101", "efficientnet-b0", "efficientnet-b3",
                               "efficientnet-b5"]),
          ("table5-cascade", ["without", "with"]),
          ("table6-false-positive", ["resnet-34", "resnet-50", "resnet-101", "efficientnet-b0", "efficientnet-b3",
                                     "efficientnet-b5"])]
SLICE = [("patient", "S64"), ("slice", "i8"), ("tp", "i8"), ("fp", "i8"), ("fn", "i8"), ("tn", "i8"),
         ("soft_overlap", "f8"), ("soft_prediction", "f8"), ("soft_truth", "f8")]
BASELINE = [("name", "S64"), ("patient", "S64"), ("tp", "i8"), ("fp", "i8"), ("fn", "i8"), ("tn", "i8")]
STAGE = [("stage", "S64"), ("patient", "S64"), ("tp", "i8"), ("fp", "i8"), ("fn", "i8"), ("tn", "i8"),
         ("lesions_true", "i8"), ("lesions_found", "i8"), ("lesions_false", "i8")]
EPOCH = [("epoch", "i8"), ("train_loss", "f8"), ("validation_f1", "f8")]


def names():
    """(experiment, variant, fold, seed) without end: tables first, one seed after the other."""
    for seed in range(1, 1 << 30):
        for kind in ("twin", "paper"):
            for table, variants in TABLES:
                for variant in variants:
                    yield f"{kind}/{table}", variant, 0, seed
            for fold in range(1, 5):
                yield f"{kind}/table4-folds", "efficientnet-b0", fold, seed
        for other in range(200):
            yield f"sweep/other-{other}", "a", 0, seed


def slices(rng, quality):
    rows = []
    for patient in range(8):
        for number in range(16):
            truth = int(rng.integers(0, 400))
            tp = rng.binomial(truth, quality)
            fp = rng.binomial(400, (1 - quality) / 3)
            rows.append((f"p{patient:02d}", number, tp, fp, truth - tp, 9216 - truth - fp, tp * 0.9,
                         (tp + fp) * 0.95, truth))
    return np.array(rows, dtype=SLICE)


def stages(rng):
    rows = []
    for stage, found, spurious in (("roi", 9, 0), ("calcification", 8, 5), ("false_positive", 7, 1)):
        for patient in range(8):
            rows.append((stage, f"p{patient:02d}", 100 * found, 20 * spurious, 1000 - 100 * found, 10000, 10, found,
                         spurious))
    return np.array(rows, dtype=STAGE)


def write(folder, experiment, variant, fold, seed, plain):
    path = os.path.join(folder, experiment, variant, f"fold-{fold}", f"seed-{seed}.h5")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    rng = np.random.default_rng([*f"{experiment}/{variant}/{fold}/{seed}".encode()])
    with h5py.File(path, "w", userblock_size=0 if plain else 512) as f:
        f.attrs.update(format="calcade-run", version=1, experiment=experiment, variant=variant, fold=fold, seed=seed,
                       stage="calcification", best_epoch=3)
        f["slices"] = slices(rng, rng.uniform(0.7, 0.95))
        f["history"] = np.array([(e, 1 / e, 1 - 0.5 / e) for e in range(1, 6)], dtype=EPOCH)
        f["config"] = f"name: {experiment}\nvariant: {variant}\nseed: {seed}\ntrain: {{batch: 4}}\n"
        f["baselines"] = np.array([("roi_threshold", f"p{p:02d}", 900, 4000, 100, 140000) for p in range(8)],
                                  dtype=BASELINE)
        if "cascade" in experiment:
            f["stages"] = stages(rng)
    if plain:
        return
    with open(path, "r+b") as f:
        f.seek(512)
        digest = hashlib.sha256(f.read()).hexdigest()
        f.seek(0)
        f.write((f"calcade run\nsha256 {digest}\nThe digest is that of all bytes from byte 512 on, where the HDF5 "
                 "file begins.\n").encode().ljust(512, b"\0"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", nargs="?", default="build/calcade")
    parser.add_argument("--files", type=int, default=10000)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--keep", metavar="FOLDER", help="make the files there and leave them, with the report")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        for _, name in zip(range(options.files), names()):
            write(os.path.join(folder, "runs"), *name, options.plain)
        start = time.monotonic()
        subprocess.run([options.program, "report", "--results", os.path.join(folder, "runs"), "--out",
                        os.path.join(folder, "out")], check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{options.files} files: {seconds:.1f} s, {peak:.0f} MB")


if __name__ == "__main__":
    main()
