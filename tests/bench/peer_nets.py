"""The nets of `calcade bench` in PyTorch: same layers, same number of parameters, written as PyTorch's users would
(activations in place, batch norm apart from them). By name: unet, unet-bn, or ENCODER[:DECODER]."""
import math
import torch
from torch import nn
from torch.nn import functional as F


def conv_norm(c_in, c_out, kernel, stride=1, groups=1, act=None):
    layers = [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out)]
    return nn.Sequential(*layers, *([act(inplace=True)] if act else []))


# ---- U-Net (Ronneberger et al. 2015, padded), with and without batch norm
def conv_pair(c_in, c_out, norm):
    def one(a, b):
        if norm:
            return conv_norm(a, b, 3, act=nn.ReLU)
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True))
    return nn.Sequential(one(c_in, c_out), one(c_out, c_out))


class UNet(nn.Module):
    def __init__(self, norm, width=64, depth=5):
        super().__init__()
        widths = [width * 2 ** i for i in range(depth)]
        self.down = nn.ModuleList(conv_pair(a, b, norm) for a, b in zip([1] + widths, widths))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[-2::-1])
        self.pairs = nn.ModuleList(conv_pair(2 * w, w, norm) for w in widths[-2::-1])
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        skips = []
        for stage in self.down:
            x = stage(F.max_pool2d(x, 2) if skips else x)
            skips.append(x)
        skips.pop()
        for up, pair in zip(self.ups, self.pairs):
            x = pair(torch.cat((up(x), skips.pop()), 1))
        return self.head(x)


# ---- ResNet (He et al. 2016; the stride stands in the 3x3 convolution)
class Residual(nn.Module):
    def __init__(self, c_in, width, stride, wide):
        super().__init__()
        c_out = 4 * width if wide else width
        if wide:
            self.body = nn.Sequential(conv_norm(c_in, width, 1, act=nn.ReLU), conv_norm(width, width, 3, stride, act=nn.ReLU),
                                      conv_norm(width, c_out, 1))
        else:
            self.body = nn.Sequential(conv_norm(c_in, width, 3, stride, act=nn.ReLU), conv_norm(width, c_out, 3))
        self.short = conv_norm(c_in, c_out, 1, stride) if stride > 1 or c_in != c_out else nn.Identity()

    def forward(self, x):
        return F.relu_(self.body(x).add_(self.short(x)))


class ResNet(nn.Module):
    def __init__(self, repeats, wide):
        super().__init__()
        self.stem, self.stages, c = conv_norm(1, 64, 7, 2, act=nn.ReLU), nn.ModuleList(), 64
        self.widths = [64]
        for i, n in enumerate(repeats):
            blocks, width = [], 64 << i
            for j in range(n):
                blocks.append(Residual(c, width, 2 if i and j == 0 else 1, wide))
                c = 4 * width if wide else width
            self.stages.append(nn.Sequential(*blocks))
            self.widths.append(c)

    def forward(self, x):
        found = [self.stem(x)]
        x = F.max_pool2d(found[0], 3, 2, 1)
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


# ---- EfficientNet (Tan & Le 2019)
class Squeeze(nn.Module):
    def __init__(self, c, middle):
        super().__init__()
        self.down, self.up = nn.Conv2d(c, middle, 1), nn.Conv2d(middle, c, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.up(F.silu(self.down(F.adaptive_avg_pool2d(x, 1)), inplace=True)))


class Inverted(nn.Module):
    def __init__(self, c_in, c_out, kernel, stride, expansion):
        super().__init__()
        c = c_in * expansion
        first = [conv_norm(c_in, c, 1, act=nn.SiLU)] if expansion > 1 else []
        self.body = nn.Sequential(*first, conv_norm(c, c, kernel, stride, groups=c, act=nn.SiLU),
                                  Squeeze(c, max(1, c_in // 4)), conv_norm(c, c_out, 1))
        self.adds = stride == 1 and c_in == c_out

    def forward(self, x):
        return self.body(x).add_(x) if self.adds else self.body(x)


def to_eights(channels):
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


class EfficientNet(nn.Module):
    #         repeats, kernel, stride, channels, expansion, is it a feature
    STAGES = [(1, 3, 1, 16, 1, False), (2, 3, 2, 24, 6, True), (2, 5, 2, 40, 6, True), (3, 3, 2, 80, 6, False),
              (3, 5, 1, 112, 6, True), (4, 5, 2, 192, 6, False), (1, 3, 1, 320, 6, True)]

    def __init__(self, wider, deeper):
        super().__init__()
        c = to_eights(32 * wider)
        self.stem, self.stages, self.widths = conv_norm(1, c, 3, 2, act=nn.SiLU), nn.ModuleList(), [c]
        for repeats, kernel, stride, channels, expansion, feature in self.STAGES:
            blocks, channels = [], to_eights(channels * wider)
            for _ in range(math.ceil(repeats * deeper)):
                blocks.append(Inverted(c, channels, kernel, stride if not blocks else 1, expansion))
                c = channels
            self.stages.append(nn.Sequential(*blocks))
            if feature:
                self.widths.append(c)

    def forward(self, x):
        found = [self.stem(x)]
        x = found[0]
        for stage, (*_, feature) in zip(self.stages, self.STAGES):
            x = stage(x)
            if feature:
                found.append(x)
        return found


# ---- decoders
class Nearest(nn.Module):
    channels = (256, 128, 64, 32, 16)

    def __init__(self, c_in, skip, c_out):
        super().__init__()
        self.body = nn.Sequential(conv_norm(c_in + skip, c_out, 3, act=nn.ReLU), conv_norm(c_out, c_out, 3, act=nn.ReLU))

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.body(x if skip is None else torch.cat((x, skip), 1))

    @staticmethod
    def head(c):
        return nn.Conv2d(c, 1, 3, padding=1)


class Transpose(nn.Module):
    channels = (256, 128, 64, 32)

    def __init__(self, c_in, skip, c_out):
        super().__init__()
        self.up, self.side = nn.ConvTranspose2d(c_in, c_out, 2, 2), nn.Conv2d(skip, c_out, 1)
        self.body = nn.Sequential(conv_norm(2 * c_out, c_out, 3, act=nn.ReLU), conv_norm(c_out, c_out, 3, act=nn.ReLU))

    def forward(self, x, skip):
        return self.body(torch.cat((self.up(x), self.side(skip)), 1))

    @staticmethod
    def head(c):
        return nn.ConvTranspose2d(c, 1, 2, 2)


class EncoderUNet(nn.Module):
    def __init__(self, encoder, block):
        super().__init__()
        self.encoder, self.blocks = encoder, nn.ModuleList()
        c, *skips = encoder.widths[::-1]
        skips += [0] * (len(block.channels) - len(skips))
        for skip, c_out in zip(skips, block.channels):
            self.blocks.append(block(c, skip, c_out))
            c = c_out
        self.head = block.head(c)

    def forward(self, x):
        x, *skips = self.encoder(x)[::-1]
        for i, block in enumerate(self.blocks):
            x = block(x, skips[i] if i < len(skips) else None)
        return self.head(x)


ENCODERS = {
    "resnet-34": lambda: ResNet((3, 4, 6, 3), wide=False),
    "resnet-50": lambda: ResNet((3, 4, 6, 3), wide=True),
    "resnet-101": lambda: ResNet((3, 4, 23, 3), wide=True),
    "efficientnet-b0": lambda: EfficientNet(1.0, 1.0),
    "efficientnet-b3": lambda: EfficientNet(1.2, 1.4),
    "efficientnet-b5": lambda: EfficientNet(1.6, 2.2),
}


def build(name):
    first, _, decoder = name.partition(":")
    if first in ("unet", "unet-bn"):
        size = [int(v) for v in decoder.split("x")] if decoder else []
        return UNet(first == "unet-bn", *size)
    return EncoderUNet(ENCODERS[first](), {"": Nearest, "nearest": Nearest, "transpose": Transpose}[decoder])
