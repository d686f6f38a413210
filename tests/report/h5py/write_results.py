#!/usr/bin/env python3
"""Writes run files with known counts as results/README.md describes them, with nothing of calcade's: write_results.py
FOLDER. Prints what each row of a table must begin with: means over patients, from arithmetic of its own."""
import os
import sys

import h5py
import numpy as np

COUNTS = ["tp", "fp", "fn", "tn"]
SLICE = [("patient", "S64"), ("slice", "i4")] + [(name, "i4") for name in COUNTS]
STAGE = [("stage", "S64"), ("patient", "S64")] + [(name, "u4") for name in COUNTS] + [
    (f"lesions_{name}", "i2") for name in ("true", "found", "false")]
BASELINE = [("name", "S64"), ("patient", "S64")] + [(name, "i8") for name in COUNTS]
PATIENT = [("patient", "S64")] + [(name, "i8") for name in COUNTS] + [
    (f"lesions_{name}", "i8") for name in ("true", "found", "predicted", "false")] + [
    ("agatston_true", "f4"), ("agatston_predicted", "f4")]


def counts_of(tp, fp, fn):
    return tp, fp, fn, 1000 - tp - fp - fn


def write(folder, experiment, variant, fold, patients, more=()):
    """patients: {name: [(tp, fp, fn) of each slice]}; more: other datasets, (name, rows, dtype) each"""
    path = os.path.join(folder, experiment, variant, f"fold-{fold}", "seed-1.h5")
    os.makedirs(os.path.dirname(path))
    rows = [(name, number, *counts_of(*c)) for name, slices in patients.items() for number, c in enumerate(slices)]
    with h5py.File(path, "w") as f:
        f.attrs.update(format="calcade-run", version=1, experiment=experiment, variant=variant, fold=fold, seed=1,
                       stage="calcification")
        f["slices"] = np.array(rows, dtype=SLICE)
        for name, values, dtype in more:
            f[name] = np.array(values, dtype=dtype)


def row_of(label, runs):
    """Each score: the mean over runs of the mean over patients with truth, 0/0 left out."""
    means = []
    for top, bottom in ((lambda t, p, n: 2 * t, lambda t, p, n: 2 * t + p + n), (lambda t, p, n: t, lambda t, p, n: t + p),
                        (lambda t, p, n: t, lambda t, p, n: t + n)):
        of_runs = []
        for patients in runs:
            sums = [np.sum(slices, axis=0) for slices in patients.values()]
            of_runs.append(np.mean([top(*s) / bottom(*s) for s in sums if s[0] + s[2] and bottom(*s)]))
        means.append(f"{100 * np.mean(of_runs):.1f}")
    return f"{label}\t" + "\t".join(means)


def main(folder):
    rng = np.random.default_rng(20)
    folds = [{f"f{fold}p{p}": [tuple(int(n) for n in rng.integers(0, 60, 3)) for _ in range(3)] for p in range(4)}
             for fold in range(1, 5)]
    for fold, patients in enumerate(folds, 1):
        write(folder, "twin/table4-folds", "efficientnet-b0", fold, patients)
        print(row_of(str(fold), [patients]))
    print(row_of("Mean", folds))

    # The first patient has no truth, and the second net finds none in it either: 0/0.
    before = {"a": [(0, 5, 0)], "b": [(80, 20, 10), (0, 0, 0)], "c": [(50, 10, 40)]}
    after = {"a": [(0, 0, 0)], "b": [(78, 2, 12), (0, 0, 0)], "c": [(45, 5, 45)]}
    stages = [(stage, name, *counts_of(*np.sum(slices, axis=0)), *lesions)
              for stage, patients in (("calcification", before), ("false_positive", after))
              for (name, slices), lesions in zip(patients.items(), [(0, 0, 2), (4, 3, 1), (5, 4, 0)] if patients is before
                                                 else [(0, 0, 0), (4, 3, 0), (5, 3, 0)])]
    baselines = [("roi_threshold", "b", *counts_of(90, 400, 0)), ("roi_threshold", "c", *counts_of(90, 10, 0))]
    calcium = [("a", 0, 0, 0, 1000, 0, 0, 0, 0, 0, 0), ("b", 78, 2, 12, 2000 - 92, 4, 3, 3, 0, 120, 110),
               ("c", 45, 5, 45, 1000 - 95, 5, 3, 3, 0, 40, 30)]
    rule = ("baselines", baselines, BASELINE)
    write(folder, "twin/table5-cascade", "without", 0, before, [rule])
    write(folder, "twin/table5-cascade", "with", 0, after,
          [rule, ("stages", stages, STAGE), ("patients", calcium, PATIENT)])
    print(row_of("Without false positive removal step", [before]))
    print(row_of("With false positive removal step", [after]))
    print(row_of("ROI and > 130 HU", [{"b": [(90, 400, 0)], "c": [(90, 10, 0)]}]))


if __name__ == "__main__":
    main(sys.argv[1])
