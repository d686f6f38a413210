/* experiments/parity/rounded.c -- gradients in bf16 against a fixture, layer by layer.
 *
 * How far a gradient in bf16 may be off depends on the net: behind batch norms over a handful of pixels a
 * rounding of 2^-9 reverses a gradient, in PyTorch's autocast as here; elsewhere it changes it in the
 * third digit. A net's own float32 tells which: the same net is run in float32 with each weight changed by up
 * to 2^-8 of itself, three times, and a layer's gradient moves by s of its length. Of the 2,589 layers of the
 * eleven shared nets, bf16's error was 1.0 s in the median and at most 1.7 s in 99 of 100. An error of e at
 * right angles has 1 - cosine = e^2 / 2. So that:
 *
 *   each layer   1 - cosine <= 2 s^2 + 1e-3 (seen: 0.75 of that), |norm / wanted - 1| <= 2 s + 0.05 (0.46).
 *                Of a layer behind a handful of pixels a single ReLU that changes sides is a large part, and
 *                three draws need not meet it: one layer in a hundred, and one of any net, may be off by four
 *                times that as long as its cosine is at least 0.5 (seen: 1.9 times, once)
 *   together     1 - cosine <= s^2 + 1e-3 of all of these as one vector, with their common s (seen: 0.6)
 *   too noisy    where 2 s^2 >= 1 little is left to promise: cosine >= -0.4, not reversed (seen: -0.37).
 *                Nothing where the stored values change sign as a whole: the small layers of a squeeze and
 *                excite, whose first values are one number an image times what was pooled, and layers of
 *                which the values stored are those of one output channel (seen: -0.53); nor of the norm
 *                where it is one value, a sum over all pixels whose terms cancel. All are named, and their
 *                norms lie within a factor of 3. Where enough of them have more than one value, their mean
 *                cosine is held to the same e <= 2 s as above: float32 itself keeps c when its weights
 *                move, an error of s^2 = 1 / c^2 - 1 at right angles, so that c / sqrt(4 - 3 c^2) is kept,
 *                less 0.5 / sqrt(n) for n layers, and no less than five standard deviations above that of
 *                a random gradient
 *   norms        as one vector they are off by at most twice what float32's move; by 0.1 they may always be,
 *                by more than 0.25 never
 *   without one  (in front of a batch norm: 1e-17 in float64; what is stored of it behind a ReLU that is zero
 *                everywhere) at most 1e-3 of the whole (seen: 1e-4)
 *
 * A random, a reversed or a scaled gradient does not pass. */
#include "experiments/parity/rounded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/rng.h"
#include "experiments/parity/made_values.h"

enum { DRAWS = 3, NOISY_LEAST = 8 /* of which a mean says something */ };
#define CHANGE    0x1p-8 /* of a weight, at most */
#define NEGLECTED 1e-6   /* a norm below that share of the whole is rounding */
/* What the vector of all norms may be off by at least, as PyTorch's autocast errs, and at most. */
#define NORMS_LEAST 0.1
#define NORMS_MOST  0.25

/* --- how float32 moves --- */

/* In float64. */
static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

static double cosine(const double *a, const double *b, size_t count) {
    return dot(a, b, count) / sqrt(dot(a, a, count) * dot(b, b, count));
}

/* Draw 0 changes nothing. */
static cc_status set_weights(cc_model *model, const cc_parity_pass_f32 *pass, int draw, cc_arena *arena) {
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        cc_rng rng = cc_rng_init((uint64_t)draw, CC_PURPOSE_TEST, 0, (uint64_t)i);
        float *values = cc_arena_get_array(arena, (size_t)p->count, sizeof *values);
        if (!values) return CC_ENOMEM;
        cc_made_values(values, p, pass->batch->config->seed);
        for (int64_t k = 0; draw > 0 && k < p->count; k++)
            values[k] *= (float)(1 + cc_rng_between(&rng, -CHANGE, CHANGE));
        CC_TRY(cc_model_set(model, i, values));
    }
    return CC_OK;
}

/* Forward, loss, backward; the gradients stay in the model. */
static cc_status train_once(cc_plan *plan, const cc_parity_pass_f32 *pass, cc_arena *arena) {
    const float *logits;
    double value;
    float *gradient = cc_arena_get_array(arena, cc_parity_batch_logits(pass->batch), sizeof *gradient);
    if (!gradient) return CC_ENOMEM;
    CC_TRY(cc_plan_forward(plan, pass->batch->input, &logits));
    CC_TRY(cc_parity_batch_loss(&value, gradient, NULL, pass->batch, logits, arena));
    return cc_plan_backward(plan, gradient);
}

/* How far each layer's gradient, and the vector of their norms, has moved from the unchanged net's. */
static void note_move(cc_parity_sensitivity *out, const cc_parity_gradients *g, const double *own,
                      const double *own_norms) {
    out->norms = fmax(out->norms, cc_parity_error(g->got_norms, own_norms, g->parameter_count));
    const double *moved = g->got;
    for (size_t k = 0; k < g->parameter_count; moved += g->lengths[k], own += g->lengths[k++]) {
        out->moves[k] = fmax(out->moves[k], cc_parity_error(moved, own, g->lengths[k]));
        out->cosines[k] += cosine(moved, own, g->lengths[k]) / DRAWS;
    }
}

/* The unchanged net first, then DRAWS changed ones, each from the same weights. */
static cc_status measure(cc_parity_sensitivity *out, cc_parity_gradients *g, cc_model *model, cc_plan *plan,
                         const cc_parity_pass_f32 *pass) {
    double *own = cc_arena_get_array(g->fixture->arena, g->head_count, sizeof *own),
           *own_norms = cc_arena_get_array(g->fixture->arena, g->parameter_count, sizeof *own_norms);
    if (!own || !own_norms) return CC_ENOMEM;
    out->norms = 0;
    for (int draw = 0; draw <= DRAWS; draw++) {
        cc_arena *arena = cc_arena_create();
        if (!arena) return CC_ENOMEM;
        cc_status status = set_weights(model, pass, draw, arena);
        if (status == CC_OK) status = train_once(plan, pass, arena);
        if (status == CC_OK) status = cc_parity_gradients_take(g);
        cc_arena_destroy(arena);
        CC_TRY(status);
        if (draw == 0) {
            memcpy(own, g->got, g->head_count * sizeof *own);
            memcpy(own_norms, g->got_norms, g->parameter_count * sizeof *own_norms);
        } else {
            note_move(out, g, own, own_norms);
        }
    }
    return CC_OK;
}

cc_status cc_parity_sensitivity_measure(cc_parity_sensitivity *out, const cc_parity_gradients *like,
                                        const cc_parity_pass_f32 *pass) {
    cc_status status = CC_OK;
    cc_model *model = NULL;
    cc_plan *plan = NULL;
    cc_arena *arena = like->fixture->arena;
    cc_parity_gradients g = *like; /* the same parameters of another model */
    cc_plan_options options = cc_parity_batch_plan(pass->batch);
    options.training = true;
    options.tuning = pass->parity->tuning;
    out->moves = cc_arena_get_array(arena, g.parameter_count, sizeof *out->moves);
    out->cosines = cc_arena_get_array(arena, g.parameter_count, sizeof *out->cosines);
    g.got = cc_arena_get_array(arena, g.head_count, sizeof *g.got);
    g.got_norms = cc_arena_get_array(arena, g.parameter_count, sizeof *g.got_norms);
    if (!out->moves || !out->cosines || !g.got || !g.got_norms) return CC_ENOMEM;
    CC_CHECK(cc_model_create(&model, &pass->batch->config->net, pass->parity->backend));
    CC_CHECK(cc_plan_create(&plan, model, &options));
    g.model = model;
    CC_CHECK(measure(out, &g, model, plan, pass));
done:
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    return status;
}

/* --- what is promised --- */

/* What is promised of a layer: both bounds, a norm alone, or that it is small. */
typedef enum layer_kind { LAYER_HELD, LAYER_NOISY, LAYER_NEGLECTED } layer_kind;

typedef struct layer {
    const char *name;
    layer_kind kind;
    double cosine, cosine_bound; /* of 1 - cosine */
    double norm, norm_bound;     /* how far the norm is off */
} layer;

/* Which bounds a layer is held to, and how far it is off. */
static layer layer_of(const cc_parity_gradients *g, const cc_parity_sensitivity *s, size_t k,
                      const double *got, const double *want, double whole) {
    const double move = s->moves[k], allowed = 2 * move * move + 1e-3,
                 ratio = g->got_norms[k] / g->want_norms[k];
    const cc_parameter *p = cc_model_parameter(g->model, g->parameters[k]);
    layer l = {.name = p->name};
    /* In front of a batch norm a bias has no gradient but rounding; the stored values are the first ones,
     * which may all belong to a unit that never fires. */
    const bool none = dot(want, want, g->lengths[k]) == 0;
    if (none || g->want_norms[k] <= NEGLECTED * whole) {
        l.kind = LAYER_NEGLECTED;
        l.norm = (none ? sqrt(dot(got, got, g->lengths[k])) : g->got_norms[k]) / whole;
        l.norm_bound = 1e-3;
        return l;
    }
    const bool squeezed = strstr(l.name, ".se.conv_") || strstr(l.name, ".attention."),
               one_sum = squeezed && g->lengths[k] == 1;
    l.kind = allowed < 1 && !strstr(l.name, ".se.conv_reduce.") && !one_sum ? LAYER_HELD : LAYER_NOISY;
    l.cosine = cosine(got, want, g->lengths[k]);
    /* The stored values are those of one output channel: they have one sign in common. */
    const bool one_channel = (int64_t)g->lengths[k] <= p->count / p->of.dims[0];
    l.cosine_bound = l.kind == LAYER_HELD ? allowed : squeezed || one_channel ? 2.1 : 1.4;
    l.norm = l.kind == LAYER_HELD ? fabs(ratio - 1) : fmax(ratio, 1 / ratio);
    l.norm_bound = l.kind == LAYER_HELD ? 2 * move + 0.05 : one_sum ? INFINITY : 3;
    return l;
}

/* How far a layer's direction is off, in units of its bound; 0 of one that has none. */
static double direction_error(const layer *l) {
    return l->kind == LAYER_NEGLECTED ? 0 : (1 - l->cosine) / l->cosine_bound;
}

/* Widens the bounds of the few layers that may be off by more: the worst, one in a hundred. */
static void widen_few(layer *layers, size_t count) {
    const double wider = 4, least_cosine = 0.5;
    for (size_t few = 1 + count / 100; few > 0; few--) {
        layer *worst = &layers[0];
        for (size_t k = 1; k < count; k++)
            if (direction_error(&layers[k]) > direction_error(worst)) worst = &layers[k];
        if (!(direction_error(worst) > 1) || worst->kind != LAYER_HELD || !(worst->cosine >= least_cosine))
            return;
        worst->cosine_bound *= wider;
    }
}

/* Prints the largest error in units of its bound, with its layer's name. */
static void report_worst(cc_parity *parity, const cc_parity_gradients *g, const char *what,
                         const layer *layers, bool norms) {
    double worst = 0;
    const char *name = "";
    char text[256];
    for (size_t k = 0; k < g->parameter_count; k++) {
        const layer *l = &layers[k];
        const double error = norms ? l->norm / l->norm_bound : direction_error(l);
        if (error <= worst) continue;
        worst = error;
        name = l->name;
        if (isnan(error)) break; /* it fails */
    }
    snprintf(text, sizeof text, "the worst is %.200s", name);
    parity->note = text;
    cc_parity_report(parity, g->fixture, "net", what, worst, 1);
    parity->note = NULL;
}

/* All layers that are held, as one vector. */
static void report_together(cc_parity *parity, const cc_parity_gradients *g, const cc_parity_sensitivity *s,
                            const layer *layers) {
    double product = 0, got2 = 0, want2 = 0, moved2 = 0;
    const double *got = g->got, *want = g->want;
    for (size_t k = 0; k < g->parameter_count; got += g->lengths[k], want += g->lengths[k++]) {
        if (layers[k].kind != LAYER_HELD) continue;
        const double square = dot(want, want, g->lengths[k]);
        product += dot(got, want, g->lengths[k]);
        got2 += dot(got, got, g->lengths[k]);
        want2 += square;
        moved2 += s->moves[k] * s->moves[k] * square;
    }
    cc_parity_report(parity, g->fixture, "net", "grad_heads", 1 - product / sqrt(got2 * want2),
                     moved2 / want2 + 1e-3);
}

/* A random vector's cosine with one of n values has a standard deviation of 1 / sqrt(n). */
static void report_noisy(cc_parity *parity, const cc_parity_gradients *g, const cc_parity_sensitivity *s,
                         const layer *layers) {
    double mean = 0, kept = 0, variance = 0;
    size_t count = 0;
    char text[128];
    for (size_t k = 0; k < g->parameter_count; k++) {
        if (layers[k].kind != LAYER_NOISY) continue;
        printf("%-24s %-18s %-28s cosine %.3f, where float32 itself keeps %.3f\n",
               cc_path_name(g->fixture->path), "too noisy", layers[k].name, layers[k].cosine, s->cosines[k]);
        if (g->lengths[k] == 1) continue; /* its cosine is a sign: a random one is right half of the time */
        mean += layers[k].cosine;
        kept += s->cosines[k];
        variance += 1 / (double)g->lengths[k];
        count++;
    }
    if (count < NOISY_LEAST) return;
    const double n = (double)count, c = kept / n,
                 least = fmax(c / sqrt(4 - 3 * c * c) - 0.5 / sqrt(n), 5 * sqrt(variance) / n);
    snprintf(text, sizeof text, "mean of %zu of %zu layers, those above", count, g->parameter_count);
    parity->note = text;
    cc_parity_report(parity, g->fixture, "net", "grad_noisy", 1 - mean / n, 1 - least);
    parity->note = NULL;
}

cc_status cc_parity_rounded_compare(cc_parity *parity, const cc_parity_gradients *g,
                                    const cc_parity_sensitivity *s) {
    const double *got = g->got, *want = g->want,
                 whole = sqrt(dot(g->want_norms, g->want_norms, g->parameter_count));
    layer *layers = cc_arena_get_array(g->fixture->arena, g->parameter_count, sizeof *layers);
    if (!layers) return CC_ENOMEM;
    for (size_t k = 0; k < g->parameter_count; got += g->lengths[k], want += g->lengths[k++])
        layers[k] = layer_of(g, s, k, got, want, whole);
    report_together(parity, g, s, layers);
    widen_few(layers, g->parameter_count);
    report_worst(parity, g, "grad_layers", layers, false);
    report_noisy(parity, g, s, layers);
    report_worst(parity, g, "grad_layer_norms", layers, true);
    cc_parity_compare(parity, g->fixture, "net", "grad_norms", g->got_norms, g->want_norms,
                      g->parameter_count, fmin(NORMS_MOST, fmax(NORMS_LEAST, 2 * s->norms)));
    return CC_OK;
}
