"""What compare.py and gpu.py share: how `calcade bench` and peer.py are called and what they are asked."""
import json
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "../../build/calcade")
PYTHON = "/usr/bin/python3"


def middle(values):
    return statistics.median(list(values))


def ours_command(program, mode, net, size, batch, steps, precision, *more):
    return [program, "bench", mode, "--net", net, "--size", str(size), "--batch", str(batch), "--steps", str(steps),
            "--precision", precision, "--json", *more]


def peer_command(python, net, size, batch, layout, precision, *more):
    return [python, os.path.join(HERE, "peer.py"), net, str(size), str(batch), layout, precision, *more]


def run_json(command, env, timeout=None):
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, timeout=timeout)
    return json.loads(done.stdout)


def check_same_net(net, ours, theirs):
    if ours["params"] != theirs["params"]:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {net} has {ours['params']} parameters here and {theirs['params']} "
                 "in PyTorch")


def processor():
    with open("/proc/cpuinfo") as f:
        lines = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return lines[0] if lines else platform.machine()


def output_of(command, env=None):
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def torch_version(python):
    return output_of([python, "-c", "import torch; print(torch.__version__)"])
