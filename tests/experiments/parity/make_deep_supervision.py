"""Writes deep-supervision-2d.h5 and -3d.h5 beside this file: what MONAI's DynUNet with deep supervision computes, in float64.

    python3 -m venv V && V/bin/pip install torch monai h5py pyyaml && V/bin/python make_deep_supervision.py

The net with its heads is MONAI's DynUNet; the loss at a level is MONAI's DeepSupervisionLoss.get_loss, which brings the
target to the level's size by nearest-exact; the weights 1, 1/2, 1/4, ... are divided by their sum, as in nnU-Net. Logits are
those of the heads themselves: the net's own training output holds them enlarged.
Files are calcade-golden fixtures, version 2 (experiments/parity/net.c): weights come from their names, so that none are kept.
"""
import math, os
import h5py, monai, numpy as np, torch, yaml
from monai.losses import DeepSupervisionLoss, DiceCELoss, DiceLoss
from monai.networks.nets import DynUNet

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
HEAD, KEPT = 16, 256  # values kept of each gradient; about so many of an output
SGD = {"type": "sgd", "lr": 0.01, "momentum": 0.9}
CASES = {  # net, loss, shape of the input, seed
    "deep-supervision-2d": ({"arch": "dynunet", "dims": 2, "classes": 3, "channels": [4, 6, 8, 10, 12], "kernels": [[3, 3]] * 5,
                             "strides": [[1, 1], [2, 2], [3, 2], [2, 1], [2, 2]], "norm": "instance", "activation": "leaky-relu",
                             "slope": 0.01, "deep_supervision": 2},
                            {"type": "sum", "terms": [{"type": "softmax-dice", "weight": 1.0, "background": False, "batch": True},
                                                      {"type": "cross-entropy", "weight": 1.0}]}, (2, 1, 48, 32), 313),
    "deep-supervision-3d": ({"arch": "dynunet", "dims": 3, "channels": [4, 6, 8, 10], "kernels": [[1, 3, 3]] + [[3, 3, 3]] * 3,
                             "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2], [2, 2, 2]], "norm": "instance", "activation": "leaky-relu",
                             "slope": 0.01, "deep_supervision": 2}, {"type": "dice"}, (2, 1, 8, 16, 24), 312),
}


def uniform(name, count):
    """count values in [-1, 1) from a name: splitmix64's finaliser over fnv1a64(name) + i * golden gamma."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53 * 2.0 - 1.0


def fill(net, seed):
    """The rule of the fixtures: norms about 1 and 0, biases 0.1 u, weights u sqrt(6 / fan_in)."""
    modules = dict(net.named_modules())
    for name, t in net.named_parameters():
        owner, leaf = modules[name.rpartition(".")[0]], name.rpartition(".")[2]
        u = uniform(f"{seed}:{name}", t.numel())
        if "Norm" in type(owner).__name__:
            u = 1 + 0.1 * u if leaf == "weight" else 0.1 * u
        elif leaf == "bias":
            u = 0.1 * u
        else:
            fan_in = owner.in_channels * np.prod(owner.kernel_size)
            if "Transpose" in type(owner).__name__:
                fan_in /= np.prod(owner.stride)
            u = u * math.sqrt(6.0 / fan_in)
        t.data.copy_(torch.from_numpy(u.astype(np.float32).astype(np.float64)).reshape(t.shape))


def compute(spec, x, g, dtype, onednn=True):
    n, loss = spec["net"], spec["loss"]
    net = DynUNet(n["dims"], 1, n.get("classes", 1), n["kernels"], n["strides"], n["strides"][1:], filters=n["channels"],
                  act_name=("leakyrelu", {"negative_slope": n["slope"]}), deep_supervision=True, deep_supr_num=n["deep_supervision"])
    fill(net, spec["seed"])
    net, x, g = net.to(dtype), x.to(dtype), g.to(dtype)
    one = (DiceLoss(sigmoid=True, smooth_nr=1.0, smooth_dr=1.0) if loss["type"] == "dice" else
           DiceCELoss(include_background=False, to_onehot_y=True, softmax=True, batch=True, smooth_nr=1e-5, smooth_dr=1e-5))
    out = {}
    with torch.backends.mkldnn.flags(enabled=onednn):
        net.eval()
        with torch.no_grad():
            out["eval_logits"] = net(x)
        net.train()
        opt = torch.optim.SGD(net.parameters(), lr=SGD["lr"], momentum=SGD["momentum"])
        heads = [net(x)[:, 0], *net.heads]
        weights = np.array([0.5**i for i in range(len(heads))])
        weights /= weights.sum()
        value = sum(w * DeepSupervisionLoss(one).get_loss(y, g) for w, y in zip(weights, heads))
        value.backward()
        for i, y in enumerate(heads):
            out["train_logits" + (f"_level{i}" if i else "")] = y.detach()
        out["loss"] = value.detach()
        grads = {k: p.grad.double().numpy().copy() for k, p in net.named_parameters()}
        opt.step()
        net.eval()
        with torch.no_grad():
            out["eval_logits_after_step"] = net(x)
    return {k: v.double().numpy() for k, v in out.items()}, grads


def relative(a, b):
    return float(np.linalg.norm(np.ravel(a - b)) / np.linalg.norm(np.ravel(b)))


def put(group, key, value):
    """Of a large output every k-th value of the flattened array, k a prime, with what the whole is."""
    k = max(1, value.size // KEPT) | 1
    while any(k % d == 0 for d in range(3, int(k**0.5) + 1, 2)):
        k += 2
    d = group.create_dataset(key, data=value.reshape(-1)[::k] if k > 1 else value)
    if k > 1:
        d.attrs["every"], d.attrs["shape"], d.attrs["l2"] = k, value.shape, float(np.linalg.norm(value))


def write(name, net, loss, shape, seed):
    spec, rng = {"seed": seed, "net": net, "loss": loss, "optimizer": SGD}, np.random.default_rng(seed)
    x = np.clip(np.round(rng.standard_normal(shape) * 8) / 8, -4, 4)
    g = rng.choice(net.get("classes", 2), shape, p=[0.6, 0.25, 0.15] if "classes" in net else [0.8, 0.2]).astype(np.float64)
    tensors = torch.from_numpy(x), torch.from_numpy(g)
    want, grads = compute(spec, *tensors, torch.float64)
    runs = [compute(spec, *tensors, torch.float32, onednn) for onednn in (True, False)]
    heads = lambda d: np.concatenate([v.reshape(-1)[:HEAD] for v in d.values()])
    norms = lambda d: np.array([np.linalg.norm(v) for v in d.values()])
    noise = {k: max(relative(r[0][k], want[k]) for r in runs) for k in want}
    noise["grad_heads"] = max(relative(heads(r[1]), heads(grads)) for r in runs)
    noise["grad_norms"] = max(relative(norms(r[1]), norms(grads)) for r in runs)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".h5")
    with h5py.File(path, "w", libver=("v108", "v110")) as f:
        f.attrs["format"], f.attrs["version"], f.attrs["name"] = "calcade-golden", 2, name
        f.attrs["spec"] = yaml.safe_dump(spec, sort_keys=False)
        f.attrs["reference"] = f"MONAI {monai.__version__}: DynUNet, DeepSupervisionLoss; PyTorch {torch.__version__}, float64"
        f.attrs["parameter_count"] = sum(v.size for v in grads.values())
        f.create_dataset("input", data=x.astype(np.float32), compression="gzip", shuffle=True)
        f.create_dataset("target", data=g.astype(np.uint8), compression="gzip")
        e = f.create_group("expect")
        for k, v in want.items():
            put(e, k, v)
        for k, v in grads.items():
            d = e.create_dataset("grad/" + k, data=v.reshape(-1)[:HEAD])
            d.attrs["shape"], d.attrs["l2"] = v.shape, float(np.linalg.norm(v))
        for k, v in noise.items():
            e.attrs["float32_noise_" + k] = v
    print(f"{name}: loss {want['loss']:.6f}, {os.path.getsize(path)} bytes, noise", {k: f"{v:.0e}" for k, v in noise.items()})


for case, parts in CASES.items():
    write(case, *parts)
