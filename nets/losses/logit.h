/* nets/losses/logit.h -- sigmoid, its logarithm and cross-entropy of one logit, in double; private to
 * nets/losses/, for the host.
 *
 * The C library's exp and log1p are calls, which keep a loop from being vectorised; these are branch-free
 * polynomials, good to about 1e-14, that are inlined into it. NaN stays NaN. */
#ifndef CC_NETS_LOSSES_LOGIT_H
#define CC_NETS_LOSSES_LOGIT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define CC_LOGIT_INLINE static inline __attribute__((always_inline))

/* exp(x) for x <= 0; below -700 it stays at exp(-700) = 1e-304. */
CC_LOGIT_INLINE double cc_logit_exp(double x) {
    const double log2_e = 0x1.71547652b82fep0, ln2_high = 0x1.62e42fefa3800p-1,
                 ln2_low = 0x1.ef35793c76730p-45, round = 0x1.8p52;
    x = x < -700 ? -700 : x;
    /* x = k ln 2 + r with |r| <= ln 2 / 2; adding 1.5 * 2^52 leaves the whole number k in the low bits. */
    double shifted = x * log2_e + round, k = shifted - round;
    double r = (x - k * ln2_high) - k * ln2_low;
    double y = 1.0 / 479001600;
    y = y * r + 1.0 / 39916800;
    y = y * r + 1.0 / 3628800;
    y = y * r + 1.0 / 362880;
    y = y * r + 1.0 / 40320;
    y = y * r + 1.0 / 5040;
    y = y * r + 1.0 / 720;
    y = y * r + 1.0 / 120;
    y = y * r + 1.0 / 24;
    y = y * r + 1.0 / 6;
    y = y * r + 0.5;
    y = y * r + 1;
    y = y * r + 1;
    uint64_t bits;
    double power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return y * power;
}

/* log(1 + e) for e in [0, 1]: 2 artanh(s) with s = e / (2 + e) <= 1/3, as its series. */
CC_LOGIT_INLINE double cc_logit_log1p(double e) {
    double s = e / (2 + e), z = s * s;
    double y = 1.0 / 27;
    y = y * z + 1.0 / 25;
    y = y * z + 1.0 / 23;
    y = y * z + 1.0 / 21;
    y = y * z + 1.0 / 19;
    y = y * z + 1.0 / 17;
    y = y * z + 1.0 / 15;
    y = y * z + 1.0 / 13;
    y = y * z + 1.0 / 11;
    y = y * z + 1.0 / 9;
    y = y * z + 1.0 / 7;
    y = y * z + 1.0 / 5;
    y = y * z + 1.0 / 3;
    y = y * z + 1;
    return 2 * s * y;
}

/* p = sigmoid(x) and q = 1 - p, both exact near zero; e = exp(-|x|). */
typedef struct cc_logit {
    double p, q, e;
} cc_logit;

CC_LOGIT_INLINE cc_logit cc_logit_of(double x) {
    double e = cc_logit_exp(-fabs(x)), large = 1 / (1 + e), small = e * large;
    return (cc_logit){.p = x > 0 ? large : small, .q = x > 0 ? small : large, .e = e};
}

/* -g log p - (1 - g) log q = max(x, 0) - x g + log(1 + exp(-|x|)) */
CC_LOGIT_INLINE double cc_logit_cross_entropy(double x, double g, double e) {
    return 0.5 * (x + fabs(x)) - x * g + cc_logit_log1p(e);
}

/* Its derivative p - g, without cancellation. */
CC_LOGIT_INLINE double cc_logit_residual(cc_logit l, double g) {
    return l.p * (1 - g) - l.q * g;
}

/* -w g log p - (1 - g) log q = (1 - g) x + (1 + (w - 1) g) log(1 + exp(-x)), and its derivative: of
 * torch.nn.BCEWithLogitsLoss(pos_weight = w). */
CC_LOGIT_INLINE double cc_logit_weighted_cross_entropy(double x, double g, double e, double w) {
    return (1 - g) * x + (1 + (w - 1) * g) * (cc_logit_log1p(e) + 0.5 * (fabs(x) - x));
}

CC_LOGIT_INLINE double cc_logit_weighted_residual(cc_logit l, double g, double w) {
    return l.p * (1 - g) - w * l.q * g;
}

#endif
