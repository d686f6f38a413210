"""What `calcade bench --json` measures, of PyTorch: peer.py train|infer NET SIZE BATCH nchw|nhwc STEPS
THREADS f32|bf16; bf16 is autocast, the optimiser and the loss in float32."""
import json
import resource
import statistics
import sys
import time
import torch
from torch.nn import functional as F
import peer_nets

WARM_UP, LEARNING_RATE = 2, 1e-4


def soft_dice(logits, target):
    p, over = torch.sigmoid(logits), (1, 2, 3)
    return 1 - ((2 * (p * target).sum(over) + 1) / (p.sum(over) + target.sum(over) + 1)).mean()


def main():
    mode, name, size, batch, layout, steps, threads, precision = sys.argv[1:]
    size, batch, steps = int(size), int(batch), int(steps)
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    layout = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}[layout]
    net = peer_nets.build(name).to(memory_format=layout)
    x = torch.randn(batch, 1, size, size).contiguous(memory_format=layout)
    target = (torch.rand(batch, 1, size, size) < 0.15).float()
    loss = soft_dice if name.startswith("unet") else F.binary_cross_entropy_with_logits
    adam = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    net.train(mode == "train")

    def logits():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            return net(x)

    def step():
        if mode == "infer":
            with torch.inference_mode():
                logits()
            return
        adam.zero_grad(set_to_none=True)
        loss(logits().float(), target).backward()
        adam.step()

    for _ in range(WARM_UP):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({"ms_median": statistics.median(times), "ms_min": min(times),
                      "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                      "params": sum(p.numel() for p in net.parameters()), "torch": torch.__version__}))


main()
