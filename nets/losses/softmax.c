/* nets/losses/softmax.c -- softmax over planes of classes: pixels lie next to each other, so that each loop over
 * them is one that compilers vectorise. */
#include "nets/losses/softmax.h"

#include <math.h>
#include "core/hot.h"
#include "nets/losses/logit.h"

int64_t cc_softmax_pieces(int64_t pixels) {
    return (pixels + CC_SOFTMAX_PIXELS - 1) / CC_SOFTMAX_PIXELS;
}

/* One class is a logit against 0: the sigmoid, and its complement as exact. */
CC_HOT static void sigmoid(double *p, double *rest, const float *logits, int count) {
    for (int i = 0; i < count; i++) {
        cc_logit l = cc_logit_of(logits[i]);
        p[i] = l.p;
        rest[i] = l.q;
    }
}

/* most = max(most, x) */
CC_HOT static void raise_to(double *most, const float *x, int count) {
    for (int i = 0; i < count; i++) most[i] = x[i] > most[i] ? x[i] : most[i];
}

/* e = exp(x - most), added up. */
CC_HOT static void exponentials(double *e, double *sum, const float *x, const double *most, int count) {
    for (int i = 0; i < count; i++) {
        e[i] = cc_logit_exp(x[i] - most[i]);
        sum[i] += e[i];
    }
}

CC_HOT static void divide(double *values, const double *by, int count) {
    for (int i = 0; i < count; i++) values[i] /= by[i];
}

void cc_softmax(cc_softmax_row *p, cc_softmax_row *rest, double *log_sum, const float *logits,
                int64_t classes, int64_t stride, int count) {
    cc_softmax_row most, sum = {0};
    if (classes == 1) {
        sigmoid(p[0], rest ? rest[0] : sum, logits, count);
        return;
    }
    /* The largest logit is taken away before exp, so that nothing overflows. */
    for (int i = 0; i < count; i++) most[i] = logits[i];
    for (int64_t c = 1; c < classes; c++) raise_to(most, logits + c * stride, count);
    for (int64_t c = 0; c < classes; c++) exponentials(p[c], sum, logits + c * stride, most, count);
    for (int i = 0; log_sum && i < count; i++) log_sum[i] = most[i] + log(sum[i]);
    for (int64_t c = 0; c < classes; c++) divide(p[c], sum, count);
    for (int64_t c = 0; rest && c < classes; c++)
        for (int i = 0; i < count; i++) {
            double others = 1 - p[c][i];
            if (p[c][i] > 0.5) {
                others = 0;
                for (int64_t k = 0; k < classes; k++) others += k == c ? 0 : p[k][i];
            }
            rest[c][i] = others;
        }
}

void cc_softmax_store(const cc_loss_run *run, float *gradient, const double *derivative, int count) {
    for (int i = 0; i < count; i++)
        gradient[i] = (float)((run->add ? gradient[i] : 0) + run->scale * derivative[i]);
}
