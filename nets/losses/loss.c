/* nets/losses/loss.c -- losses by name: the list of losses.h, what is wrong with a spec, which output of a
 * net each term looks at, and one evaluation on the host. What a loss computes is in its folder. */
#include "nets/losses/loss.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* In the order of losses.h, which messages and the reference keep. */
static const cc_loss_kind *const kinds[] = {
#define X(name, kernels) &cc_loss_##name,
    CC_LOSSES(X)
#undef X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const cc_hyperparameter cc_loss_positive_weight = {
    .name = "positive_weight",
    .offset = offsetof(cc_loss_spec, positive_weight),
    .above_min = true,
    .max = 1e6,
    .initial_note = "null: 1, all pixels count alike",
    .usual = "null",
    .meaning = "what a true pixel counts of the cross-entropy, others 1 (PyTorch's pos_weight)"};

const cc_hyperparameter cc_loss_ignore = {
    .name = "ignore",
    .offset = offsetof(cc_loss_spec, ignore),
    .min = CC_TARGET_IGNORED,
    .max = CC_TARGET_IGNORED,
    .initial_note = "null: every pixel has a class",
    .meaning = "the class number, 255, of pixels whose class is not known: they count nothing"};

const cc_loss_kind *cc_loss_at(int index) {
    return index < KINDS ? kinds[index] : NULL;
}

const cc_loss_kind *cc_loss_find(const char *name) {
    for (int i = 0; name && i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

const char *cc_loss_name(int index) {
    return index < KINDS ? kinds[index]->name : NULL;
}

/* A config's choices are checked before; this is for specs that come another way (fixtures, tests). */
static cc_status fail_unknown(const char *name, const char *where) {
    char field[256], names[256] = "";
    snprintf(field, sizeof field, "%s.type", where);
    for (int i = 0; i < KINDS; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "one of ", kinds[i]->name);
    }
    if (!name) return cc_fail(CC_ECONFIG, field, names, "is missing");
    return cc_fail(CC_ECONFIG, field, names, "\"%s\" is not a loss", name);
}

cc_status cc_loss_check_at(const cc_loss_spec *spec, const char *where) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    if (!kind) return fail_unknown(spec->type, where);
    /* Ranges first, then what only the loss itself can say, e.g. a sum of its terms. */
    CC_TRY(cc_hyperparameters_check(kind->hyperparameters, spec, where));
    return kind->check ? kind->check(spec, where) : CC_OK;
}

cc_status cc_loss_check(const cc_loss_spec *spec) {
    return cc_loss_check_at(spec, "loss");
}

/* --- heads --- */

cc_loss_heads cc_loss_one_head(cc_loss_shape shape) {
    return (cc_loss_heads){.count = 1, .items = {{.shape = shape}}};
}

void cc_loss_find_place(size_t *logits, size_t *target, const cc_loss_heads *heads, int head) {
    *logits = *target = 0;
    for (int i = 0; i < head; i++) { /* heads lie one behind the other */
        const cc_loss_head *before = &heads->items[i];
        const size_t plane = (size_t)(before->shape.n * before->shape.pixels);
        *logits += plane * (size_t)before->shape.classes;
        *target += plane * (size_t)before->target_channels;
    }
}

size_t cc_loss_logits_count(const cc_loss_heads *heads) {
    size_t logits, target;
    cc_loss_find_place(&logits, &target, heads, heads->count); /* where one more would begin */
    return logits;
}

size_t cc_loss_target_count(const cc_loss_heads *heads) {
    size_t logits, target;
    cc_loss_find_place(&logits, &target, heads, heads->count);
    return target;
}

int cc_loss_find_head(const cc_loss_heads *heads, const char *name) {
    for (int i = 0; i < heads->count; i++)
        if (heads->items[i].name && strcmp(heads->items[i].name, name) == 0) return i;
    return -1;
}

/* "loss.terms[0].head" and what is wrong with it; the hint lists the heads there are. */
static cc_status fail_head(const cc_loss_heads *heads, const char *where, const char *what,
                           const char *name) {
    char field[256], hint[256] = "";
    size_t used = 0;
    snprintf(field, sizeof field, "%.200s.head", where);
    for (int i = 0; i < heads->count && used < sizeof hint; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%s", i ? ", " : "one of ",
                                 heads->items[i].name ? heads->items[i].name : "null");
    return cc_fail(CC_ECONFIG, field, hint, what, name);
}

/* Binds a loss, or a term, that looks at the head `head` unless it names another. -1: none so far. */
static cc_status bind(cc_loss_heads *heads, const cc_loss_spec *spec, int head, const char *where) {
    if (spec->head && (head = cc_loss_find_head(heads, spec->head)) < 0)
        return fail_head(heads, where, "the net has no output \"%s\"", spec->head);
    for (int i = 0; i < spec->term_count; i++) {
        char place[200];
        snprintf(place, sizeof place, "%.150s.terms[%d]", where, i);
        CC_TRY(bind(heads, spec->terms + i, head, place));
    }
    if (spec->term_count > 0) return CC_OK;
    if (head < 0) return fail_head(heads, where, "which output of the net does %s look at?", spec->type);

    /* One target serves all losses that look at a head. Of one class, masks and class numbers are alike. */
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    cc_loss_head *to = &heads->items[head];
    const int64_t channels = kind->target == CC_TARGET_MASKS ? to->shape.classes : 1;
    if (kind->check_shape) CC_TRY(kind->check_shape(spec, to->shape, where));
    if (to->target_channels > 0 && to->target_channels != channels)
        return cc_fail(CC_ECONFIG, where, "take softmax-dice and cross-entropy, or dice and bce",
                       "%s takes %s, other losses of the same output do not", spec->type,
                       kind->target == CC_TARGET_MASKS ? "a mask for each class" : "class numbers");
    to->target_channels = channels;
    return CC_OK;
}

cc_status cc_loss_bind(cc_loss_heads *heads, const cc_loss_spec *spec) {
    for (int i = 0; i < heads->count; i++) heads->items[i].target_channels = 0;
    CC_TRY(bind(heads, spec, heads->count == 1 || !heads->items[0].name ? 0 : -1, "loss"));
    for (int i = 0; i < heads->count; i++)
        if (heads->items[i].target_channels == 0)
            return cc_fail(CC_ECONFIG, "loss.terms", "give it a term, perhaps of weight 0",
                           "no loss looks at the output \"%s\"", heads->items[i].name);
    return CC_OK;
}

/* The first loss that looks at `head`, those before it having named `named`; NULL: none does. */
static const cc_loss_kind *find_looking_at(const cc_loss_spec *spec, const char *head, const char *named) {
    if (spec->head) named = spec->head;
    for (int i = 0; i < spec->term_count; i++) {
        const cc_loss_kind *found = find_looking_at(spec->terms + i, head, named);
        if (found) return found;
    }
    if (spec->term_count > 0) return NULL;
    return !head || !named || strcmp(head, named) == 0 ? cc_loss_find(spec->type) : NULL;
}

cc_target cc_loss_target(const cc_loss_spec *spec, const char *head) {
    const cc_loss_kind *kind = find_looking_at(spec, head, NULL);
    return kind ? kind->target : CC_TARGET_MASKS;
}

/* --- evaluation --- */

int cc_loss_parameters(float values[CC_LOSS_PARAMETERS_MAX], const cc_loss_spec *spec) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    return kind && kind->parameters ? kind->parameters(values, spec) : 0;
}

/* Of a loss, or of a term, that looks at head `head`. Terms run one after another in the same scratch: the
 * largest need is that of the whole. */
static size_t scratch_bytes(const cc_loss_spec *spec, const cc_loss_heads *heads, int head) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    if (spec->head) head = cc_loss_find_head(heads, spec->head);
    assert(kind);
    size_t most = kind->scratch_bytes ? kind->scratch_bytes(spec, heads->items[head].shape) : 0;
    for (int i = 0; i < spec->term_count; i++) {
        size_t bytes = scratch_bytes(spec->terms + i, heads, head);
        if (bytes > most) most = bytes;
    }
    return most;
}

size_t cc_loss_scratch_bytes_of(const cc_loss_spec *spec, const cc_loss_heads *heads) {
    return scratch_bytes(spec, heads, 0);
}

size_t cc_loss_scratch_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    assert(shape.n > 0 && shape.classes > 0 && shape.pixels > 0);
    const cc_loss_heads heads = cc_loss_one_head(shape);
    return cc_loss_scratch_bytes_of(spec, &heads);
}

/* Lets a run look at the head of that number. */
static void look_at(cc_loss_run *run, int head) {
    size_t logits, target;
    cc_loss_find_place(&logits, &target, run->io->heads, head);
    run->shape = run->io->heads->items[head].shape;
    run->logits = run->io->logits + logits;
    run->target = run->io->target + target;
    if (run->io->gradient) run->gradient = run->io->gradient + logits;
}

double cc_loss_evaluate_term(const cc_loss_run *run, int index, double factor) {
    const cc_loss_spec *term = run->spec->terms + index;
    cc_loss_run part = *run;
    part.spec = term;
    part.scale = run->scale * term->weight * factor;
    part.add = run->add || index > 0;
    if (term->head) look_at(&part, cc_loss_find_head(run->io->heads, term->head));
    return term->weight * cc_loss_find(term->type)->evaluate(&part);
}

/* The whole loss: its gradient is not scaled, and not added as that of a term would be, but where there are
 * several heads: a term writes to one of them, so that all start from 0. */
cc_status cc_loss_evaluate_heads(double *value, const cc_loss_spec *spec, const cc_loss_io *io) {
    const cc_loss_kind *kind = cc_loss_find(spec->type);
    if (!kind) return fail_unknown(spec->type, "loss");
    cc_loss_run run = {.spec = spec, .io = io, .scale = 1, .scratch = io->scratch};
    run.add = io->heads->count > 1;
    look_at(&run, 0);
    if (run.add && io->gradient)
        memset(io->gradient, 0, cc_loss_logits_count(io->heads) * sizeof *io->gradient);
    *value = kind->evaluate(&run);
    return CC_OK;
}

cc_status cc_loss_evaluate(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                           const float *target, cc_loss_shape shape, void *scratch) {
    if (!cc_loss_find(spec->type)) return fail_unknown(spec->type, "loss");
    assert(shape.n > 0 && shape.classes > 0 && shape.pixels > 0);
    cc_loss_heads heads = cc_loss_one_head(shape);
    CC_TRY(cc_loss_bind(&heads, spec));
    return cc_loss_evaluate_heads(
        value, spec,
        &(cc_loss_io){
            .heads = &heads, .logits = logits, .target = target, .gradient = gradient, .scratch = scratch});
}
