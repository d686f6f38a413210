#!/usr/bin/env python3
"""Times `calcade bench --device cuda` and PyTorch on the same GPU, in alternation; README.md says how and why.

    tests/bench/gpu.py [--quick] [--budget SECONDS] [--only NET] [--modes train,infer] [--peers eager,...] [--rounds N]
                       [--precision bf16|f32] [--json FILE]
                       [--program build/calcade] [--libraries FOLDERS] [--python PYTHON]

Exit status: 0 all aims are met, 3 one is missed, 4 none is, but the budget ended before all was measured, 1 a fault."""
import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
import common
from common import middle

#        net, size, batch
TABLE = [("unet-bn", 512, 2), ("efficientnet-b0", 512, 4), ("efficientnet-b0", 512, 32), ("resnet-34", 512, 4),
         ("resnet-34", 512, 32), ("efficientnet-b5", 96, 24)]
SMALL_BATCH = 4  # up to here launches dominate
PEERS = {"eager": None, "compiled": "default", "max-autotune": "max-autotune"}
MODES = {"train": 3, "infer": 1}  # passes that multiply as much as a forward pass does
# Dense TFLOP/s by a part of the card's name, the first that is in it: NVIDIA's datasheets of these cards (half of what
# they print "with sparsity"); float32 without TF32. {}: not known here, and not its namesake's.
PEAKS = [("H200", {"bf16": 989.4, "f32": 66.9}), ("H100 PCIe", {"bf16": 756.5, "f32": 51.2}), ("H100 NVL", {}),
         ("H100", {"bf16": 989.4, "f32": 66.9}), ("A100", {"bf16": 311.9, "f32": 19.5}),
         ("L40S", {"bf16": 362.0, "f32": 91.6}), ("L40", {"bf16": 181.0, "f32": 90.5}), ("L4", {"bf16": 121.0, "f32": 30.3})]


class Skipped(Exception):
    """Why something was not measured."""


class Worker:
    """A peer.py that serves."""

    def __init__(self, command, env):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command + ["--serve"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, bufsize=0)  # select sees what a buffer would hide

    def say(self, word):
        try:
            self.process.stdin.write(f"{word}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() tells why

    def answer(self, deadline):
        """The next line of JSON; other lines are libraries' talk."""
        while True:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                self.end()
                raise Skipped("not ready when the budget ended")
            line = self.process.stdout.readline()
            if not line:
                self.end()
                self.errors.seek(0)
                raise Skipped("failed: " + (self.errors.read().strip().splitlines() or ["without a word"])[-1][:200])
            if line.startswith(b"{"):
                return json.loads(line)

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Bench:
    def __init__(self, options):
        self.options, self.start = options, time.monotonic()
        self.deadline = self.start + options.budget
        self.results = {(*row, mode): {"peers": {}} for row in options.rows for mode in options.modes}
        self.slowest_row_s, self.faults = 0, 0
        cache = os.path.abspath(options.cache)
        self.peer_env = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": os.path.join(cache, "inductor"),
                         "TRITON_CACHE_DIR": os.path.join(cache, "triton")}
        self.our_env = dict(os.environ)
        if options.libraries:
            self.our_env["LD_LIBRARY_PATH"] = ":".join(filter(None, [options.libraries, os.environ.get("LD_LIBRARY_PATH")]))

    def left(self):
        return self.deadline - time.monotonic()

    def log(self, text):
        print(f"{time.monotonic() - self.start:6.0f} s  {text}", file=sys.stderr, flush=True)

    def worker(self, row, peer, **more_env):
        o = self.options
        more = ["--device", o.device, *(["--compile", PEERS[peer]] if PEERS[peer] else [])]
        return Worker(common.peer_command(o.python, *row, "nhwc", o.precision, *more),
                      {**self.peer_env, **more_env})

    def ours(self, row, mode):
        o = self.options
        command = common.ours_command(o.program, mode, *row, o.steps, o.precision, "--device", o.device, *o.more)
        try:
            return common.run_json(command, self.our_env, timeout=max(1, self.left()))
        except subprocess.TimeoutExpired:
            raise Skipped("calcade: not done when the budget ended")
        except subprocess.CalledProcessError as failure:
            self.faults += 1
            raise Skipped(f"calcade: exit status {failure.returncode}")

    def rounds(self, row, mode, workers):
        """Ours and each of the workers in turn, a few times; the medians of the rounds. A worker that fails is out."""
        found = {"ours": [], **{peer: [] for peer in workers}}
        for _ in range(self.options.rounds):
            found["ours"].append(self.ours(row, mode))
            for peer in list(workers):
                try:
                    workers[peer].say(self.options.steps)
                    found[peer].append(workers[peer].answer(self.deadline))
                    common.check_same_net(row[0], found["ours"][0], found[peer][0])
                except Skipped as reason:
                    self.leave_out(row, mode, peer, reason, workers)
                    del found[peer]
        result = self.results[(*row, mode)]
        if "ours" not in result:
            result["ours"] = self.summary(found["ours"], row, mode)
        for peer in workers:
            result["peers"][peer] = {**self.summary(found[peer], row, mode, found["ours"][0]["multiply_adds"]),
                                     "ratio": middle(b["ms_median"] / a["ms_median"]
                                                     for a, b in zip(found["ours"], found[peer]))}

    def summary(self, found, row, mode, multiply_adds=None):
        out = {key: middle(f[key] for f in found) for key in ("ms_median", "ms_min")}
        out["memory_mb"] = max(f.get("reserved_mb", f.get("device_mb") or f["peak_rss_mb"]) for f in found)
        out["allocated_mb"] = max(f.get("allocated_mb", 0) for f in found)
        out["tflops"] = 2e-9 * (multiply_adds or found[0]["multiply_adds"]) * MODES[mode] / out["ms_median"]
        out["last"] = found[-1]
        return out

    def figures(self, row, mode):
        result = self.results[(*row, mode)]
        return "; ".join([f"calcade {result['ours']['ms_median']:.2f} ms"] + [
            f"{peer} {found['ms_median']:.2f} ms, {found['ratio']:.2f} times"
            for peer, found in result["peers"].items() if "ratio" in found])

    def leave_out(self, row, mode, peer, reason, workers):
        self.log(f"{name_of(row)}, {mode}, {peer}: {reason}")
        self.results[(*row, mode)]["peers"][peer] = {"skipped": str(reason)}
        workers.pop(peer).end()

    def ready(self, row, mode, workers):
        """All of them start at once where their compilers do not time kernels, so one after the other where they do."""
        at_once = [p for p in workers if p != "max-autotune"]
        for group in [at_once, [p for p in workers if p not in at_once]]:
            for peer in group:
                workers[peer].say(mode)
            for peer in group:
                try:
                    took = workers[peer].answer(self.deadline)["ready_s"]
                    self.log(f"{name_of(row)}, {mode}, {peer}: ready in {took:.0f} s")
                except Skipped as reason:
                    self.leave_out(row, mode, peer, reason, workers)

    def row(self, row, peers):
        workers = {peer: self.worker(row, peer) for peer in peers}
        start = time.monotonic()
        try:
            for mode in self.options.modes:
                self.ready(row, mode, workers)
                self.rounds(row, mode, workers)
                self.log(f"{name_of(row)}, {mode}: {self.figures(row, mode)}")
        except Skipped as reason:
            self.log(f"{name_of(row)}: {reason}")
        finally:
            for worker in workers.values():
                worker.end()
        self.slowest_row_s = max(self.slowest_row_s, time.monotonic() - start)

    def fill_cache(self):
        """Compiles for all rows at once, so that each row then finds its code."""
        threads = str(max(1, os.cpu_count() // len(self.options.rows)))
        self.log(f"compiling for {len(self.options.rows)} rows")
        workers = {row: self.worker(row, "compiled", TORCHINDUCTOR_COMPILE_THREADS=threads) for row in self.options.rows}
        for mode in self.options.modes:
            for worker in workers.values():
                worker.say(mode)
            for row in list(workers):
                try:
                    workers[row].answer(self.deadline)
                except Skipped as reason:
                    self.log(f"{name_of(row)}, {mode}, compiling: {reason}")
                    workers.pop(row).end()
        for worker in workers.values():
            worker.end()

    def run(self):
        chosen = self.options.peers
        if self.options.quick and "compiled" in chosen:
            self.fill_cache()
        for peers in ([p for p in chosen if p != "max-autotune"], [p for p in chosen if p == "max-autotune"]):
            self.slowest_row_s = 0
            for row in self.options.rows if peers else []:
                if self.left() < max(10, 0.7 * self.slowest_row_s):
                    self.log(f"{name_of(row)}, {', '.join(peers)}: not measured, the budget of "
                             f"{self.options.budget:.0f} s ends")
                    continue
                self.row(row, peers)


def name_of(row):
    return f"{row[0]}, {row[1]}², {row[2]}"


def aim_of(row, peer):
    return (1.5 if row[2] <= SMALL_BATCH else 1.2) if peer == "eager" else 1.0


def peak_of(card, precision):
    return next((peaks.get(precision) for part, peaks in PEAKS if part in card), None)


def judge(bench):
    """What was aimed at and what came of it: met, missed, not measured."""
    counts = {"met": 0, "missed": 0, "not measured": 0}
    for (*row, _), result in bench.results.items():
        for peer in bench.options.peers:
            found = result["peers"].get(peer, {})
            if "ratio" not in found:
                counts["not measured"] += 2
                continue
            counts["met" if found["ratio"] >= aim_of(row, peer) else "missed"] += 1
            counts["met" if result["ours"]["memory_mb"] < found["memory_mb"] else "missed"] += 1
    return counts


def print_table(bench, card, peak):
    peers = bench.options.peers
    names = "".join(f" {p}, ms | times as fast (aim) |" for p in peers)
    share = " share of the card's peak |" if peak else " TFLOP/s |"
    print(f"| net, size, batch | | calcade, ms |{names}{share} memory, MB: calcade / {' / '.join(peers)} |")
    print("|---" * (5 + 2 * len(peers)) + "|")
    for (*row, mode), result in bench.results.items():
        ours, cells = result.get("ours"), []
        everyone = [ours, *(result["peers"].get(p, {}) for p in peers)] if ours else []
        for peer, found in zip(peers, everyone[1:]):
            cells += [f"{found['ms_median']:.2f}", f"{found['ratio']:.2f} ({aim_of(row, peer)})"] if "ratio" in found \
                else ["–", "–"]
        rates = [f"{f['tflops'] / peak:.0%}" if peak else f"{f['tflops']:.3g}" for f in everyone if "tflops" in f]
        memory = [f"{f['memory_mb']:.0f}" if "memory_mb" in f else "–" for f in everyone]
        if not ours:
            cells = ["–"] * 2 * len(peers)
        print(f"| {name_of(row)} | {mode} | {ours['ms_median']:.2f} |" if ours else f"| {name_of(row)} | {mode} | – |",
              " | ".join(cells), "|", " / ".join(rates) or "–", "|", " / ".join(memory) or "–", "|")


def report(bench):
    lasts = [p["last"] for r in bench.results.values() for p in r["peers"].values() if "last" in p]
    card = next((last["card"] for last in lasts if "card" in last), common.processor())
    peak = peak_of(card, bench.options.precision) if bench.options.device == "cuda" else None
    counts = judge(bench)
    version = common.output_of([bench.options.program, "--version"], bench.our_env)
    torch = next((f"PyTorch {last['torch']}, its cuDNN {last.get('cudnn', '–')}" for last in lasts), "no PyTorch")
    print(f"{card}; {version}; {torch}; {bench.options.precision}; medians of {bench.options.rounds} rounds of "
          f"{bench.options.steps} steps, in alternation; "
          + (f"peak taken as {peak} TFLOP/s" if peak else "its peak is not known here") + f"\n`{' '.join(sys.argv)}`\n")
    print_table(bench, card, peak)
    print("\naims:", ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    if bench.options.json:
        rows = [{"net": n, "size": s, "batch": b, "mode": m, **r} for (n, s, b, m), r in bench.results.items()]
        with open(bench.options.json, "w") as f:
            json.dump({"card": card, "peak_tflops": peak, "precision": bench.options.precision, "version": version,
                       "aims": counts, "rows": rows}, f, indent=1)
    if bench.faults or bench.options.device != "cuda":
        return 1 if bench.faults else 0
    return 3 if counts["missed"] else 4 if counts["not measured"] else 0


def read_row(text):
    net, size, batch = text.split(",")
    return net, int(size), int(batch)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NET", help="only the rows of this net")
    parser.add_argument("--row", dest="rows", metavar="NET,SIZE,BATCH", type=read_row, action="append",
                        help="this instead of the table; may stand more than once")
    parser.add_argument("--peers", default=",".join(PEERS), help="of these, separated by commas: %(default)s")
    parser.add_argument("--modes", default=",".join(MODES), help="of these, separated by commas: %(default)s")
    parser.add_argument("--rounds", type=int, help="7, or 3 where --quick")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 10 steps, and compiling for all rows at once")
    parser.add_argument("--budget", type=float, default=3600, help="seconds that all may take")
    parser.add_argument("--precision", choices=("bf16", "f32"), default="bf16")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu is a rehearsal: it has no aims")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--cache", default="build/gpu/torch", help="what PyTorch's compilers keep")
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--libraries", help="folders of calcade's libraries, for it alone, separated by colons")
    parser.add_argument("--python", default="python3", help="a Python that has torch")
    parser.add_argument("--more", action="append", default=[], metavar="FLAG", help="passed on to calcade bench")
    options = parser.parse_args()
    rounds, options.steps = (3, 10) if options.quick else (7, 20)
    options.rounds = options.rounds or rounds
    options.peers, options.modes = options.peers.split(","), options.modes.split(",")
    for name, chosen, there in [("peers", options.peers, PEERS), ("modes", options.modes, MODES)]:
        if not set(chosen) <= set(there):
            parser.error(f"--{name}: some of {', '.join(there)}")
    options.rows = [row for row in options.rows or TABLE if options.only in (None, row[0])]
    if not options.rows:
        parser.error(f"--only: one of {', '.join(sorted({row[0] for row in TABLE}))}")
    return options


def main():
    bench = Bench(read_options())
    bench.run()
    sys.exit(report(bench))


if __name__ == "__main__":
    main()
