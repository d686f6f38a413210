/* experiments/training/checkpoint.c -- the file of a training that can be resumed:
 *
 *     header | plan's text | history | weights | best weights | optimiser's state | moving average | SHA-256
 *
 * The header begins with a title that planning reads too (planning/checkpoint_title.h) and holds every
 * length, so that a file is refused before anything of the wrong size is read. Native byte order: it never
 * leaves the machine whose identity it carries. */
#include "experiments/training/checkpoint.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"

typedef struct header {
    cc_checkpoint_title title;
    int64_t epoch, best_epoch, step, batches, value_count, optimizer_count, ema_count, row_bytes, plan_bytes,
        started;
    double best, seconds, loss_sum, epoch_seconds;
} header;

/* The header of a file of *c; of what a reader must find, all but the epoch-dependent fields. */
static header header_of(const cc_checkpoint *c) {
    header h;
    memset(&h, 0, sizeof h); /* padding too: it is digested */
    memcpy(h.title.magic, cc_checkpoint_magic, sizeof h.title.magic);
    h.title.identity = c->identity;
    memcpy(h.title.machine, c->machine, sizeof h.title.machine);
    h.epoch = c->epoch;
    h.best_epoch = c->best_epoch;
    h.step = c->step;
    h.batches = c->batches;
    h.loss_sum = c->loss_sum;
    h.epoch_seconds = c->epoch_seconds;
    h.value_count = (int64_t)c->value_count;
    h.optimizer_count = (int64_t)c->optimizer_count;
    h.ema_count = (int64_t)c->ema_count;
    h.row_bytes = sizeof(cc_run_epoch);
    h.plan_bytes = c->plan ? (int64_t)strlen(c->plan) : 0;
    h.title.plan_digest = cc_digest_of(c->plan, (size_t)h.plan_bytes);
    h.started = c->started;
    h.best = c->best;
    h.seconds = c->seconds;
    return h;
}

typedef struct piece {
    void *bytes;
    size_t count;
} piece;

enum { PIECES = 5, PLAN_MOST = 16 << 20 };

/* The arrays in the order of the file, with `epochs` rows of history. */
static void list_pieces(piece out[PIECES], const cc_checkpoint *c, int64_t epochs) {
    out[0] = (piece){c->history, (size_t)epochs * sizeof *c->history};
    out[1] = (piece){c->values, c->value_count * sizeof *c->values};
    out[2] = (piece){c->best_values, c->value_count * sizeof *c->best_values};
    out[3] = (piece){c->optimizer, c->optimizer_count * sizeof *c->optimizer};
    out[4] = (piece){c->ema, c->ema_count * sizeof *c->ema};
}

cc_status cc_checkpoint_write(const char *path, const cc_checkpoint *c) {
    header h = header_of(c);
    piece pieces[PIECES];
    cc_file_piece all[PIECES + 3] = {{&h, sizeof h}, {c->plan, (size_t)h.plan_bytes}};
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    list_pieces(pieces, c, c->epoch);
    for (int i = 0; i < PIECES; i++) all[i + 2] = (cc_file_piece){pieces[i].bytes, pieces[i].count};
    for (int i = 0; i < PIECES + 2; i++)
        if (all[i].count) cc_digest_add(digest, all[i].bytes, all[i].count);
    cc_digest_text sum = cc_digest_finish(digest);
    all[PIECES + 2] = (cc_file_piece){&sum, sizeof sum};
    cc_digest_destroy(digest);
    return cc_file_write_pieces(path, all, PIECES + 3);
}

/* Reads and digests; false where the file ends before. */
static bool get(FILE *file, cc_digest *digest, void *bytes, size_t count) {
    if (count == 0) return true;
    if (fread(bytes, 1, count, file) != count) return false;
    cc_digest_add(digest, bytes, count);
    return true;
}

/* Whether the file is of the same run on the same machine. */
static bool is_of_run(const header *h, const cc_checkpoint *c) {
    header want = header_of(c);
    return memcmp(&h->title.identity, &want.title.identity, sizeof want.title.identity) == 0 &&
           memcmp(h->title.machine, want.title.machine, sizeof want.title.machine) == 0;
}

/* And its arrays have the sizes of this net, optimiser and program. */
static bool is_ours(const header *h, const cc_checkpoint *c) {
    header want = header_of(c);
    return is_of_run(h, c) && h->value_count == want.value_count &&
           h->optimizer_count == want.optimizer_count && h->ema_count == want.ema_count &&
           h->row_bytes == want.row_bytes && h->epoch <= (int64_t)c->history_capacity;
}

/* The plan's text; NULL where the file ends before it does, or it is not what was written. */
static char *get_plan(FILE *file, cc_digest *digest, const header *h) {
    if (h->plan_bytes < 0 || h->plan_bytes > PLAN_MOST) return NULL;
    char *text = calloc((size_t)h->plan_bytes + 1, 1);
    if (!text || !get(file, digest, text, (size_t)h->plan_bytes)) {
        free(text);
        return NULL;
    }
    cc_digest_text found = cc_digest_of(text, (size_t)h->plan_bytes);
    if (memcmp(&found, &h->title.plan_digest, sizeof found) == 0) return text;
    free(text);
    return NULL;
}

/* Title and sizes first: a file of another program or run differs from a damaged one by them. */
static cc_checkpoint_state get_all(header *h, FILE *file, cc_digest *digest, const cc_checkpoint *c) {
    cc_digest_text sum, found;
    piece pieces[PIECES];
    const char *magic = h->title.magic;
    const size_t name = sizeof h->title.magic - 2; /* then one character of version, and 0 */
    if (!get(file, digest, h, sizeof *h) || memcmp(magic, cc_checkpoint_magic, name) != 0)
        return CC_CHECKPOINT_DAMAGED;
    if (magic[name] >= '1' && magic[name] <= '9' && magic[name] != cc_checkpoint_magic[name])
        return CC_CHECKPOINT_FOREIGN;
    if (memcmp(magic, cc_checkpoint_magic, sizeof h->title.magic) != 0 || h->epoch < 0 || h->batches < 0 ||
        h->epoch + h->batches < 1 || h->best_epoch > h->epoch || (h->epoch > 0) != (h->best_epoch > 0))
        return CC_CHECKPOINT_DAMAGED;
    if (!is_ours(h, c)) return CC_CHECKPOINT_FOREIGN;
    char *plan = get_plan(file, digest, h);
    if (!plan) return CC_CHECKPOINT_DAMAGED;
    free(plan);
    list_pieces(pieces, c, h->epoch);
    for (int i = 0; i < PIECES; i++)
        if (!get(file, digest, pieces[i].bytes, pieces[i].count)) return CC_CHECKPOINT_DAMAGED;
    found = cc_digest_finish(digest);
    bool whole = fread(&sum, 1, sizeof sum, file) == sizeof sum && memcmp(&sum, &found, sizeof sum) == 0 &&
                 fgetc(file) == EOF;
    return whole ? CC_CHECKPOINT_WHOLE : CC_CHECKPOINT_DAMAGED;
}

/* From weights that are not finite a training can only go wrong, epoch by epoch. */
static cc_status check_weights(const cc_checkpoint *c, const char *path) {
    const struct {
        const char *name;
        const float *values;
        size_t count;
    } arrays[] = {{"the weights", c->values, c->value_count},
                  {"the best weights", c->best_values, c->value_count},
                  {"the moving average", c->ema, c->ema_count}};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
        size_t bad = 0;
        for (size_t i = 0; i < arrays[a].count; i++) bad += !isfinite(arrays[a].values[i]);
        if (bad > 0)
            return cc_fail(
                CC_EFORMAT, path,
                "its training diverged: remove it, and lower optimizer.lr or set optimizer.clip_norm",
                "%zu of the %zu values of %s are NaN or infinite", bad, arrays[a].count, arrays[a].name);
    }
    return CC_OK;
}

cc_status cc_checkpoint_read(cc_checkpoint_state *state, cc_checkpoint *c, const char *path) {
    header h;
    *state = CC_CHECKPOINT_NONE;
    FILE *file = fopen(path, "rb");
    if (!file) return errno == ENOENT ? CC_OK : cc_fail_errno(path, "open");
    cc_digest *digest = cc_digest_create();
    if (digest) *state = get_all(&h, file, digest, c);
    fclose(file);
    if (*state == CC_CHECKPOINT_WHOLE) {
        c->started = h.started;
        c->seconds = h.seconds;
        c->epoch = h.epoch;
        c->best_epoch = h.best_epoch;
        c->step = h.step;
        c->batches = h.batches;
        c->loss_sum = h.loss_sum;
        c->epoch_seconds = h.epoch_seconds;
        c->best = h.best;
    }
    cc_status status = digest ? CC_OK : CC_ENOMEM;
    cc_digest_destroy(digest);
    if (*state == CC_CHECKPOINT_WHOLE) CC_TRY(check_weights(c, path));
    return status;
}

cc_status cc_checkpoint_read_plan(char **out, const cc_checkpoint *like, const char *path) {
    header h;
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return errno == ENOENT ? CC_OK : cc_fail_errno(path, "open");
    cc_digest *digest = cc_digest_create();
    if (digest && get(file, digest, &h, sizeof h) &&
        memcmp(h.title.magic, cc_checkpoint_magic, sizeof h.title.magic) == 0 && is_of_run(&h, like))
        *out = get_plan(file, digest, &h);
    fclose(file);
    cc_status status = digest ? CC_OK : CC_ENOMEM;
    cc_digest_destroy(digest);
    return status;
}
