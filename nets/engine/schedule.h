/* nets/engine/schedule.h -- the learning rate of each epoch.
 *
 * The formulas are PyTorch's (torch.optim.lr_scheduler), stepped once an epoch. Epochs e count from 0:
 *   warmup    e < warmup: lr (e + 1) / (warmup + 1), as LinearLR(start_factor = 1 / (warmup + 1), total_iters
 *             = warmup); the others begin behind it, with t = e - warmup
 *   constant  lr
 *   cosine    min_lr + (lr - min_lr) (1 + cos(pi t / T)) / 2, T = epochs - warmup (CosineAnnealingLR;
 *             Loshchilov & Hutter, SGDR, 2017, without restarts)
 *   polynomial
 *             lr (1 - t / T)^power, T as above (PolynomialLR(total_iters = T); the "poly" rate of Chen
 *             et al., DeepLab, 2018, with its power 0.9, which is nnU-Net's too)
 *   step      lr factor^floor(t / every) (StepLR)
 *   plateau   after more than `patience` epochs in a row without a better score the rate becomes
 *             max(rate factor, min_lr), and counting starts anew (ReduceLROnPlateau: better by 1e-4 of the
 *             best score, steps of at most 1e-8 left out); scores of the warmup do not count */
#ifndef CC_NETS_ENGINE_SCHEDULE_H
#define CC_NETS_ENGINE_SCHEDULE_H

#include <stdbool.h>
#include "nets/engine/spec.h"

/* All follows from the spec and the scores noted: a training that goes on notes those of the epochs before.
 */
typedef struct cc_schedule {
    const cc_optimizer_spec *spec; /* borrowed */
    int epochs;                    /* of the whole training, at most */
    bool largest;                  /* a larger score is better */
    int epoch;                     /* noted so far */
    double lr, best;               /* plateau's */
    int bad;                       /* plateau: epochs since the best */
} cc_schedule;

/* The name of schedule number `index`, from 0, as cc_schedule_spec.type has it; NULL after the last. */
const char *cc_schedule_name(int index);

cc_schedule cc_schedule_start(const cc_optimizer_spec *spec, int epochs, bool largest);
/* The learning rate of the epoch after those noted. */
double cc_schedule_rate(const cc_schedule *schedule);
/* An epoch is over; a score that is no number is no better one. */
void cc_schedule_note(cc_schedule *schedule, double score);

#endif
