#!/usr/bin/env python3
"""Times `calcade bench` and PyTorch in alternation and prints the ratios as Markdown; README.md says how and why.

    tests/bench/compare.py [--only NET] [--quick] [--threads N] [--rounds N] [--program build/calcade]
                           [--precision bf16]

This process stays small and does not import torch: a child begins with its parent's peak memory.
"""
import argparse
import os
import resource
import statistics
import sys
import time
import common
from common import middle

#        net, size, batch, training at least, memory at most
TABLE = [("unet-bn", 128, 2, 1.8, 1.0), ("efficientnet-b0", 256, 2, 1.7, 0.8), ("efficientnet-b0", 512, 4, 1.6, 1.0),
         ("efficientnet-b3", 256, 2, 1.7, 1.0), ("resnet-34", 256, 2, 1.5, 1.0), ("resnet-50", 256, 2, 1.4, 1.0)]
INFERENCE_AT_LEAST = 1.3
#             the same in bf16 against PyTorch in float32
BF16_AT_LEAST = {("unet-bn", 128): 2.3, ("efficientnet-b0", 256): 2.3, ("efficientnet-b0", 512): 2.3,
                 ("efficientnet-b3", 256): 2.2, ("resnet-34", 256): 2.1, ("resnet-50", 256): 2.1}
BF16_INFERENCE_AT_LEAST = 2.0
GIB = 1 << 30
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(16 * GIB), "MALLOC_TRIM_THRESHOLD_": str(16 * GIB),
          "MALLOC_TOP_PAD_": str(GIB // 4)}


def busy_seconds():
    """Processor time that the whole machine has spent, and the part of it that is our children's."""
    with open("/proc/stat") as f:
        v = [int(word) for word in f.readline().split()[1:]]
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (sum(v[:3]) + sum(v[5:8])) / os.sysconf("SC_CLK_TCK"), children.ru_utime + children.ru_stime


class Bench:
    def __init__(self, options):
        self.options, self.foreign = options, []
        self.env = {**os.environ, "OMP_NUM_THREADS": str(options.threads), "OMP_PROC_BIND": "true", "OMP_PLACES": "cores"}

    def run(self, command, env):
        """One process's JSON; notes what share of the machine others took meanwhile."""
        all0, own0 = busy_seconds()
        start = time.perf_counter()
        found = common.run_json(command, env)
        seconds = (time.perf_counter() - start) * os.cpu_count()
        all1, own1 = busy_seconds()
        self.foreign.append(max(0.0, (all1 - all0) - (own1 - own0)) / seconds)
        return found

    def ours(self, mode, net, size, batch):
        return self.run(common.ours_command(self.options.program, mode, net, size, batch, self.options.steps,
                                            self.options.precision, "--device", "cpu", "--threads",
                                            str(self.options.threads)), self.env)

    def peer(self, mode, net, size, batch, layout, precision="f32"):
        return self.run(common.peer_command(self.options.python, net, size, batch, layout, precision, "--mode", mode,
                                            "--steps", str(self.options.steps), "--threads", str(self.options.threads)),
                        {**self.env, **MALLOC})

    def pair(self, mode, net, size, batch, peer_precision="f32"):
        """Rounds of ours, then PyTorch in its better layout; the medians of the rounds."""
        tried = {layout: self.peer(mode, net, size, batch, layout, peer_precision) for layout in ("nchw", "nhwc")}
        layout = min(tried, key=lambda k: tried[k]["ms_median"])
        rounds = [(self.ours(mode, net, size, batch), self.peer(mode, net, size, batch, layout, peer_precision))
                  for _ in range(self.options.rounds)]
        for ours, theirs in rounds:
            common.check_same_net(net, ours, theirs)
        return {"ours": middle(a["ms_median"] for a, _ in rounds), "peer": middle(b["ms_median"] for _, b in rounds),
                "ratio": middle(b["ms_median"] / a["ms_median"] for a, b in rounds),
                "best": min(b["ms_min"] for _, b in rounds) / min(a["ms_min"] for a, _ in rounds),
                "our_mb": middle(a["peak_rss_mb"] for a, _ in rounds),
                "peer_mb": middle(b["peak_rss_mb"] for _, b in rounds), "layout": layout, "torch": rounds[0][1]["torch"]}


def print_head(options):
    version, torch = common.output_of([options.program, "--version"]), common.torch_version(options.python)
    print(f"{common.processor()}, {os.cpu_count()} cores, {options.threads} threads pinned; {version}; PyTorch {torch}; "
          f"medians of {options.rounds} rounds of {options.steps} steps, in alternation. Times are calcade's / PyTorch's.\n"
          f"`{' '.join(sys.argv)}`\n")
    if options.precision == "bf16":
        print("| net, size, batch | PyTorch's | training, ms | ratio (aim) | of the least times | peak memory, MB | ratio "
              "| inference, ms | ratio (aim) | of the least times | others' load |")
        print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
        return
    print("| net, size, batch | training, ms | ratio (aim) | of the least times | peak memory, MB | ratio (aim) "
          "| inference, ms | ratio (aim) | of the least times | others' load |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)


def print_row(bench, net, size, batch, speed_aim, memory_aim):
    bench.foreign.clear()
    t, i = bench.pair("train", net, size, batch), bench.pair("infer", net, size, batch)
    print(f"| {net}, {size}², {batch} | {t['ours']:.0f} / {t['peer']:.0f} {t['layout']} | {t['ratio']:.2f} ({speed_aim}) "
          f"| {t['best']:.2f} | {t['our_mb']:.0f} / {t['peer_mb']:.0f} | {t['our_mb'] / t['peer_mb']:.2f} ({memory_aim}) "
          f"| {i['ours']:.0f} / {i['peer']:.0f} {i['layout']} | {i['ratio']:.2f} ({INFERENCE_AT_LEAST}) | {i['best']:.2f} "
          f"| {statistics.mean(bench.foreign):.0%} |", flush=True)


def print_bf16_rows(bench, net, size, batch):
    """Ours in bf16 against PyTorch in float32, which the aims are for, and against its autocast."""
    for precision in ("f32", "bf16"):
        bench.foreign.clear()
        t, i = (bench.pair(mode, net, size, batch, precision) for mode in ("train", "infer"))
        aims = (f" ({BF16_AT_LEAST[net, size]})", f" ({BF16_INFERENCE_AT_LEAST})") if precision == "f32" else ("", "")
        print(f"| {net}, {size}², {batch} | {precision} | {t['ours']:.0f} / {t['peer']:.0f} {t['layout']} "
              f"| {t['ratio']:.2f}{aims[0]} | {t['best']:.2f} | {t['our_mb']:.0f} / {t['peer_mb']:.0f} "
              f"| {t['our_mb'] / t['peer_mb']:.2f} | {i['ours']:.0f} / {i['peer']:.0f} {i['layout']} "
              f"| {i['ratio']:.2f}{aims[1]} | {i['best']:.2f} | {statistics.mean(bench.foreign):.0%} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NET", help="only the rows of this net")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 3 steps")
    parser.add_argument("--rounds", type=int, help="7, or 3 with --quick")
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32", help="of calcade's nets")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--python", default=common.PYTHON, help="a Python that has torch")
    options = parser.parse_args()
    options.steps = 3 if options.quick else 7
    options.rounds = options.rounds or (3 if options.quick else 7)
    rows = [row for row in TABLE if options.only in (None, row[0])]
    if not rows:
        parser.error(f"--only: one of {', '.join(sorted({row[0] for row in TABLE}))}")
    print_head(options)
    bench = Bench(options)
    for row in rows:
        if options.precision == "bf16":
            print_bf16_rows(bench, *row[:3])
        else:
            print_row(bench, *row)


if __name__ == "__main__":
    main()
