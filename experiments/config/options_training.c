/* experiments/config/options_training.c -- the options behind the net's: loss, optimizer, train, results.
 *
 * What nets/ declares is taken from there, so that it stands once: the names of losses, optimisers and so on
 * are those of their registries (`names`), and their numbers, with range, default and meaning, are rows made
 * from their declarations (`make`; nets/engine/hyperparameter.h). The table is put together when it is first
 * asked for. */
#include "experiments/config/option_rows.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/option_table.h"
#include "datasets/mirror.h"
#include "nets/engine/kernel.h"
#include "nets/engine/schedule.h"
#include "nets/losses/loss.h"
#include "nets/losses/sum/sum.h"
#include "nets/optimizers/optimizer.h"

enum { NUMBERS_MAX = 48 };

static cc_option_table table;
static cc_option_rows whole;

static bool is_mirror_axis(const char *word) {
    return cc_mirror_axis(word) != 0;
}

/* A row of a declared number: "GROUP.name", in the member of cc_experiment_config at `offset`. */
static cc_option row_of(const cc_hyperparameter *h, const char *group, size_t offset) {
    return (cc_option){.key = cc_option_table_text(&table, "%s.%s", group, h->name),
                       .kind = h->flag    ? CC_OPTION_BOOLEAN
                               : h->count ? CC_OPTION_REALS
                                          : CC_OPTION_REAL,
                       .offset = offset + h->offset,
                       .count_offset = h->count_offset ? offset + h->count_offset : 0,
                       .min = h->min,
                       .max = h->max,
                       .above_min = h->above_min,
                       .below_max = h->below_max,
                       .least = h->count_offset ? 1 : h->count,
                       .most = h->count,
                       .initial = h->initial,
                       .initial_note = h->initial_note,
                       .usual = h->usual,
                       .unit = h->unit,
                       .meaning = h->meaning};
}

/* The numbers that the members of a registry declare, a row each; one that several share is one row. They
 * come in such an order that each member's own order is kept: a new one stands before that which follows
 * it there. */
static void add_numbers(const char *group, size_t offset, const char *(*name)(int index),
                        const cc_hyperparameter *const *(*numbers)(int index)) {
    const cc_hyperparameter *order[NUMBERS_MAX];
    int count = 0;
    for (int kind = 0; name(kind); kind++) {
        const cc_hyperparameter *const *list = numbers(kind);
        int length = 0, at = count; /* at: where the next one goes, before the one behind it in the list */
        while (list && list[length]) length++;
        for (int j = length - 1; j >= 0; j--) {
            int known = 0;
            while (known < count && order[known] != list[j]) known++;
            if (known < count) {
                at = known;
                continue;
            }
            assert(count < NUMBERS_MAX);
            memmove(order + at + 1, order + at, (size_t)(count++ - at) * sizeof *order);
            order[at] = list[j];
        }
    }
    for (int i = 0; i < count; i++) {
        cc_option row = row_of(order[i], group, offset);
        char words[512] = ""; /* those that declare it: "adam|adamw" */
        for (int kind = 0; name(kind); kind++)
            if (cc_hyperparameters_hold(numbers(kind), order[i]))
                snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", words[0] ? "|" : "",
                         name(kind));
        row.when = cc_option_table_text(&table, "%s.type", group);
        row.is = cc_option_table_text(&table, "%s", words);
        cc_option_table_add(&table, &row, NULL);
    }
}

static const cc_hyperparameter *const *loss_numbers(int index) {
    return cc_loss_at(index)->hyperparameters;
}

static void add_loss_numbers(void) {
    add_numbers("loss", offsetof(cc_experiment_config, loss), cc_loss_name, loss_numbers);
}

static void add_term_weight(void) {
    cc_option row = row_of(&cc_loss_term_weight, "loss", offsetof(cc_experiment_config, loss));
    row.only_term = true;
    cc_option_table_add(&table, &row, NULL);
}

static const cc_hyperparameter *const *optimizer_numbers(int index) {
    return cc_optimizer_at(index)->hyperparameters;
}

/* Those that each has of its own stand between the two that all have. */
static void add_optimizer_numbers(void) {
    const size_t offset = offsetof(cc_experiment_config, optimizer);
    cc_option lr = row_of(&cc_optimizer_lr, "optimizer", offset);
    cc_option clip_norm = row_of(&cc_optimizer_clip_norm, "optimizer", offset);
    lr.when = clip_norm.when = "optimizer.type";
    cc_option_table_add(&table, &lr, NULL);
    add_numbers("optimizer", offset, cc_optimizer_name, optimizer_numbers);
    cc_option_table_add(&table, &clip_norm, NULL);
}

static const cc_option_source sources[] = {
    {.row = {.key = "loss.type",
             .kind = CC_OPTION_CHOICE,
             AT(loss.type),
             .when = "stage",
             .is = TRAINED,
             .initial = "dice",
             .meaning = "what training makes small"},
     .names = cc_loss_name},
    {.make = add_loss_numbers},
    {.make = add_term_weight},
    {.row = {.key = "loss.head",
             .kind = CC_OPTION_NAME,
             AT(loss.head),
             .only_term = true,
             .most = 1,
             .initial_note = "null: the net's only output, or that of the loss it is a term of",
             .usual = "null",
             .meaning = "the output of the net that the term looks at, of those of `net.heads`"}},
    {.row = {.key = "loss.terms",
             .kind = CC_OPTION_LOSSES,
             AT(loss.terms),
             COUNT_AT(loss.term_count),
             .when = "loss.type",
             .is = "sum|uncertainty",
             .least = 1,
             .most = CC_LOSS_TERMS_MAX,
             .needed = true,
             .meaning = "the losses that are added up, each a map with the keys of `loss`"}},
    {.row = {.key = "optimizer.type",
             .kind = CC_OPTION_CHOICE,
             AT(optimizer.type),
             .when = "stage",
             .is = TRAINED,
             .initial = "adam",
             .meaning = "the optimiser"},
     .names = cc_optimizer_name},
    {.make = add_optimizer_numbers},
    {.row = {.key = "optimizer.schedule.type",
             .kind = CC_OPTION_CHOICE,
             AT(optimizer.schedule.type),
             .when = "optimizer.type",
             .initial = "constant",
             .meaning =
                 "the learning rate over the epochs: the same; falling along half a cosine; lowered whenever "
                 "what `train.early_stopping.monitor` names stops getting better; falling to 0 as a power of "
                 "the share of epochs that is left (nnU-Net's); or lowered every so many epochs"},
     .names = cc_schedule_name},
    {.row = {.key = "optimizer.schedule.warmup",
             .kind = CC_OPTION_INTEGER,
             AT(optimizer.schedule.warmup),
             .when = "optimizer.schedule.type",
             .max = 100000,
             .initial = "0",
             .unit = "epochs",
             .meaning = "epochs before that, in which the rate rises linearly to `optimizer.lr`"}},
    {.row = {.key = "optimizer.schedule.min_lr",
             .kind = CC_OPTION_REAL,
             AT(optimizer.schedule.min_lr),
             .when = "optimizer.schedule.type",
             .is = "cosine|plateau",
             .max = 1000,
             .initial = "0",
             .meaning = "the lowest learning rate"}},
    {.row = {.key = "optimizer.schedule.factor",
             .kind = CC_OPTION_REAL,
             AT(optimizer.schedule.factor),
             .when = "optimizer.schedule.type",
             .is = "plateau|step",
             .above_min = true,
             .max = 1,
             .below_max = true,
             .initial = "0.1",
             .meaning = "what the learning rate is multiplied by"}},
    {.row = {.key = "optimizer.schedule.patience",
             .kind = CC_OPTION_INTEGER,
             AT(optimizer.schedule.patience),
             .when = "optimizer.schedule.type",
             .is = "plateau",
             .max = 100000,
             .initial = "10",
             .unit = "epochs",
             .meaning =
                 "epochs in a row without a better score that are let pass; the next one lowers the rate"}},
    {.row = {.key = "optimizer.schedule.power",
             .kind = CC_OPTION_REAL,
             AT(optimizer.schedule.power),
             .when = "optimizer.schedule.type",
             .is = "polynomial",
             .above_min = true,
             .max = 100,
             .initial = "0.9",
             .meaning = "the exponent: 1 falls in a straight line, 0.9 is nnU-Net's"}},
    {.row = {.key = "optimizer.schedule.every",
             .kind = CC_OPTION_INTEGER,
             AT(optimizer.schedule.every),
             .when = "optimizer.schedule.type",
             .is = "step",
             .min = 1,
             .max = 100000,
             .initial = "30",
             .unit = "epochs",
             .meaning = "epochs of one rate; behind each so many it is multiplied by the factor"}},
    {.row = {.key = "train.epochs",
             .kind = CC_OPTION_INTEGER,
             AT(train.epochs),
             .when = "stage",
             .is = TRAINED,
             .min = 1,
             .max = 100000,
             .initial = "70",
             .unit = "epochs",
             .meaning = "how often the training set is gone through, at most"}},
    {.row = {.key = "train.batch",
             .kind = CC_OPTION_INTEGER,
             AT(train.batch),
             .min = 1,
             .max = 4096,
             .initial = "4",
             .unit = "slices",
             .meaning = "slices of one step"}},
    {.row = {.key = "train.ema",
             .kind = CC_OPTION_REAL,
             AT(train.ema),
             .when = "stage",
             .is = TRAINED,
             .above_min = true,
             .max = 1,
             .below_max = true,
             .initial_note = "null: the weights of an epoch's last step are validated and kept",
             .null_value = CC_EMA_OFF,
             .meaning =
                 "decay, at each step, of the moving average of weights and statistics that is validated and "
                 "kept"}},
    {.row = {.key = "train.precision",
             .kind = CC_OPTION_CHOICE,
             AT(train.precision),
             .when = "stage",
             .is = TRAINED,
             .initial = "f32",
             .meaning =
                 "how activations and their gradients are kept and multiplied; weights and sums are float32. "
                 "bf16 takes half the memory and less time, on processors that have it; tf32 keeps float32 "
                 "and rounds what convolutions multiply to 10 bits of mantissa, on GPUs that do so. `--tf32` "
                 "of `calcade run` sets it where it was f32"},
     .names = cc_precision_at},
    {.row =
         {.key = "train.plan",
          .kind = CC_OPTION_CHOICE,
          AT(train.plan),
          .when = "stage",
          .is = TRAINED,
          .initial = "fixed",
          .meaning =
              "how each convolution's algorithm is chosen: by rule, the same everywhere; the one that this "
              "machine runs fastest; or by rule without Winograd's, which round a little more; the result "
              "holds the choices, and a run that goes on keeps to them. `fast` is `timed` among all "
              "algorithms of a GPU, also those that give other bytes each time: such a run cannot be made "
              "again to the byte. `--fast` of `calcade run` sets it"},
     .names = cc_tuning_name},
    {.row = {.key = "train.early_stopping.monitor",
             .kind = CC_OPTION_CHOICE,
             AT(train.early_stopping.monitor),
             .when = "stage",
             .is = TRAINED,
             .choices = {"validation.f1", "validation.loss"},
             .initial = "validation.f1",
             .meaning = "what chooses the epoch whose weights are kept"}},
    {.row = {.key = "train.early_stopping.mode",
             .kind = CC_OPTION_CHOICE,
             AT(train.early_stopping.mode),
             .when = "train.early_stopping.monitor",
             .is = "validation.f1",
             .choices = {"max"},
             .initial = "max",
             .meaning = "a larger validation.f1 is better"}},
    {.row = {.key = "train.early_stopping.mode",
             .kind = CC_OPTION_CHOICE,
             AT(train.early_stopping.mode),
             .when = "train.early_stopping.monitor",
             .is = "validation.loss",
             .choices = {"min"},
             .initial = "min",
             .meaning = "a smaller validation.loss is better"}},
    {.row = {.key = "train.early_stopping.patience",
             .kind = CC_OPTION_INTEGER,
             AT(train.early_stopping.patience),
             .when = "train.early_stopping.monitor",
             .min = 1,
             .max = 100000,
             .initial_note = "null: all epochs are trained",
             .null_value = CC_PATIENCE_OFF,
             .unit = "epochs",
             .meaning = "training ends after so many epochs in a row without a better one"}},
    {.row =
         {.key = "train.empty_slices",
          .kind = CC_OPTION_REAL,
          AT(train.empty_slices),
          .when = "stage",
          .is = "calcification",
          .max = 1,
          .initial = "1",
          .unit = "share",
          .meaning =
              "share of the training slices without truth that are trained on, drawn by the seed; validation "
              "and test have all of theirs"}},
    {.row = {.key = "train.workers",
             .kind = CC_OPTION_INTEGER,
             AT(train.workers),
             .min = 1,
             .max = 64,
             .initial = "2",
             .locates = true,
             .unit = "threads",
             .meaning = "threads that read and prepare slices; results do not depend on it"}},
    {.row = {.key = "train.threads",
             .kind = CC_OPTION_INTEGER,
             AT(train.threads),
             .min = 0,
             .max = 1024,
             .initial = "0",
             .locates = true,
             .unit = "threads",
             .meaning =
                 "threads that a CPU trains and tests with; 0: as many as `OMP_NUM_THREADS` says, else as "
                 "there are "
                 "processors, shared out among `--jobs`. Another number rounds otherwise: the one that was "
                 "used is in the result and part of its identity, and a result of another number is made "
                 "anew only where it is stated here"}},
    {.row = {.key = "evaluate.above_hu",
             .kind = CC_OPTION_REAL,
             AT(evaluate.above_hu),
             .when = "stage",
             .is = "calcification|false_positive|cascade|ensemble",
             .min = -1024,
             .max = 3071,
             .initial_note = "null: a prediction counts wherever it is",
             .null_value = CC_ABOVE_HU_NONE,
             .usual = "null",
             .unit = "HU",
             .meaning = "a pixel of the test, and of `calcade predict`, is predicted only where the scan "
                        "reads more than "
                        "this, as calcification does above 130; training and the choice of its epoch do not "
                        "depend on it"}},
    {.row = {.key = "evaluate.mirrors",
             .kind = CC_OPTION_TEXTS,
             AT(evaluate.mirrors),
             .most = 2,
             .item_ok = is_mirror_axis,
             .item_wants = "x (left and right) or y (top and bottom)",
             .item_pattern = "^[xy]$",
             .initial = "[]",
             .usual = "[]",
             .meaning = "axes of test-time averaging: the net is also shown each slice or window mirrored "
                        "along x, along y, and along both, and the mean of its probabilities counts; in the "
                        "test, in `calcade predict` and where later stages ask this net. Validation is "
                        "without, so that the same epoch is kept. Of an ensemble: for each member, beside "
                        "its own"}},
    {.row = {.key = "results.examples",
             .kind = CC_OPTION_INTEGER,
             AT(results.examples),
             .min = 0,
             .max = 1000,
             .initial = "4",
             .unit = "slices",
             .meaning = "test slices whose image, truth and prediction are stored for figures"}},
    {.row = {.key = "results.threshold",
             .kind = CC_OPTION_REAL,
             AT(results.threshold),
             .above_min = true,
             .max = 1,
             .below_max = true,
             .initial = "0.5",
             .unit = "probability",
             .meaning = "from which on a pixel is foreground"}},
};

static void make_table(void) {
    cc_option_table_fill(&table, sources, sizeof sources / sizeof *sources);
    whole = (cc_option_rows){table.rows, table.count};
}

const cc_option_rows *cc_option_rows_training(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    return &whole;
}
