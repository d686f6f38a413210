"""What `calcade bench --json` measures, of PyTorch: peer.py NET SIZE BATCH nchw|nhwc f32|bf16 [options].

bf16 is autocast, the optimiser and the loss in float32. On a GPU a step brings its images (from pinned memory) and reads
its loss, inference brings its images and fetches its logits, as
calcade's do; cuDNN times its algorithms and Adam is the fused one.

With --serve it reads words from standard input, a line each, and answers each with a line of JSON: "train" and "infer"
make the net ready and warm it up, a number measures that many steps of what is ready. Without, it does --mode with
--steps."""
import argparse
import json
import resource
import statistics
import sys
import time
import torch
from torch.nn import functional as F
import peer_nets

WARM_UP, LEARNING_RATE = 2, 1e-4
LAYOUTS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


def soft_dice(logits, target):
    p, over = torch.sigmoid(logits), (1, 2, 3)
    return 1 - ((2 * (p * target).sum(over) + 1) / (p.sum(over) + target.sum(over) + 1)).mean()


class Peer:
    """One net in one mode, its weights and images made from a fixed seed."""

    def __init__(self, mode, options):
        self.mode, self.cuda, self.bf16 = mode, options.device == "cuda", options.precision == "bf16"
        self.device = torch.device(options.device)
        layout = LAYOUTS[options.layout]
        torch.manual_seed(1)
        net = peer_nets.build(options.net).to(self.device, memory_format=layout).train(mode == "train")
        self.parameters = list(net.parameters())
        images = torch.randn(options.batch, 1, options.size, options.size)
        masks = (torch.rand(images.shape) < 0.15).float()
        self.images, self.masks = self.on_host(images.contiguous(memory_format=layout)), self.on_host(masks)
        self.logits = self.on_host(torch.empty_like(masks)) if mode == "infer" else None
        self.loss = soft_dice if options.net.startswith("unet") else F.binary_cross_entropy_with_logits
        self.marks = options.compile and hasattr(torch, "compiler")
        if mode == "train":
            self.adam = torch.optim.Adam(self.parameters, LEARNING_RATE, **({"fused": True} if self.cuda else {}))
        if options.compile:
            net = torch.compile(net, mode=None if options.compile == "default" else options.compile)
        self.net = net

    def on_host(self, values):
        return values.pin_memory() if self.cuda else values

    def forward(self):
        x = self.images.to(self.device, non_blocking=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            return self.net(x).float()

    def step(self):
        if self.marks:
            torch.compiler.cudagraph_mark_step_begin()
        if self.mode == "infer":
            with torch.inference_mode():
                self.logits.copy_(self.forward(), non_blocking=True)
            if self.cuda:
                torch.cuda.synchronize()
            return
        self.adam.zero_grad(set_to_none=True)
        loss = self.loss(self.forward(), self.masks.to(self.device, non_blocking=True))
        loss.backward()
        self.adam.step()
        loss.item()

    def warm_up(self, steps):
        for _ in range(steps):
            self.step()
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()

    def measure(self, steps):
        times = []
        for _ in range(steps):
            start = time.perf_counter()
            self.step()
            times.append(1e3 * (time.perf_counter() - start))
        found = {"ms_median": statistics.median(times), "ms_min": min(times),
                 "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                 "params": sum(p.numel() for p in self.parameters), "torch": torch.__version__}
        if self.cuda:
            found.update(allocated_mb=torch.cuda.max_memory_allocated() / 1e6,
                         reserved_mb=torch.cuda.max_memory_reserved() / 1e6, card=torch.cuda.get_device_name(),
                         cudnn=torch.backends.cudnn.version())
        return found


def serve(options):
    peer, answer = None, None
    for line in sys.stdin:
        word = line.strip()
        if word in ("train", "infer"):
            del peer
            if options.device == "cuda":
                torch.cuda.empty_cache()
            start = time.perf_counter()
            peer = Peer(word, options)
            peer.warm_up(WARM_UP + 3 * bool(options.compile))  # recordings are made in the second and third
            answer = {"ready_s": time.perf_counter() - start}
        else:
            answer = peer.measure(int(word))
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net")
    parser.add_argument("size", type=int)
    parser.add_argument("batch", type=int)
    parser.add_argument("layout", choices=LAYOUTS)
    parser.add_argument("precision", choices=("f32", "bf16"))
    parser.add_argument("--mode", choices=("train", "infer"), default="train")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--threads", type=int, help="of the CPU")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--compile", choices=("default", "max-autotune"))
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = False
    if options.serve:
        serve(options)
        return
    peer = Peer(options.mode, options)
    peer.warm_up(WARM_UP)
    print(json.dumps(peer.measure(options.steps)))


main()
