/* experiments/cascade/combine.c -- rounds over slices: in each, member by member predicts them, then slice
 * by slice what they said is combined and counted.
 *
 * A net takes long to load and a slice little memory, so that a round is of many slices; all members at once
 * would need the memory of all their plans. How slices fall into rounds follows from their sizes and the
 * number of members alone: the bytes do not depend on the machine's memory. */
#include "experiments/cascade/combine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "metrics/consensus.h"

enum { BYTES = 512 << 20 };

typedef struct round_of_slices {
    const cc_combination *c;
    bool mean, staple;
    size_t first, count; /* of c->slices */
    size_t *starts;      /* [count + 1]: the pixels before each slice of the round */
    /* What each member said, [members], of the whole round: for the mean [classes][pixels] of each slice,
     * else the class of each pixel. */
    float *probabilities[CC_CONSENSUS_READERS_MAX];
    uint8_t *classes[CC_CONSENSUS_READERS_MAX];
    double *consensus; /* staple: of the round's pixels */

    int member; /* that predicts now */
    size_t at;  /* of the round: the slice that it predicted last */

    /* Of the largest slice. */
    float *means, *probability, *image; /* means: [classes] of them */
    uint8_t *mask, *predicted, *labels, *truth;
} round_of_slices;

static const cc_slice *slice_at(const round_of_slices *r, size_t number) {
    return cc_slice_set_get(r->c->base, r->c->slices->slices[r->first + number]);
}

static size_t pixels_of(const cc_slice *slice) {
    return (size_t)slice->height * (size_t)slice->width;
}

static bool takes(const round_of_slices *r, int member, size_t slice) {
    return !r->c->takes || r->c->takes[(size_t)member * cc_slice_set_count(r->c->base) + slice];
}

/* How many slices, from `first` on, a round holds. */
static void fill_round(round_of_slices *r, size_t first) {
    const cc_combination *c = r->c;
    const size_t most = c->bytes > 0 ? c->bytes : (size_t)BYTES;
    const size_t pixel_bytes = r->mean ? (size_t)c->classes * sizeof(float) : 1;
    r->first = first;
    r->count = 0;
    r->starts[0] = 0;
    while (first + r->count < c->slices->count) {
        const cc_slice *slice = slice_at(r, r->count);
        const size_t pixels = r->starts[r->count] + pixels_of(slice);
        const bool goes_on = r->staple && r->count > 0 && slice_at(r, r->count - 1)->scan == slice->scan;
        const bool fits = pixels * pixel_bytes * (size_t)c->members <= most;
        if (r->count > 0 && !fits && !goes_on) break;
        r->starts[++r->count] = pixels;
    }
}

/* The sink of a member: keeps what it says of one slice. */
static cc_status keep(void *context, const cc_prediction *p) {
    round_of_slices *r = context;
    const size_t pixels = (size_t)p->height * (size_t)p->width, classes = (size_t)r->c->classes;
    while (r->c->slices->slices[r->first + r->at] != p->slice) r->at++;
    const size_t start = r->starts[r->at];
    if (r->mean)
        memcpy(r->probabilities[r->member] + start * classes, classes > 1 ? p->by_class : p->probability,
               pixels * classes * sizeof(float));
    else
        memcpy(r->classes[r->member] + start, p->classes, pixels);
    return CC_OK;
}

/* All members over the slices of the round. */
static cc_status predict_round(round_of_slices *r) {
    const cc_combination *c = r->c;
    const size_t pixels = r->starts[r->count];
    cc_split_part part = {.slices = malloc(r->count * sizeof *part.slices)};
    cc_status status = part.slices ? CC_OK : cc_fail_memory("slices", r->count * sizeof *part.slices);
    for (int m = 0; m < c->members && status == CC_OK; m++) {
        const size_t bytes = r->mean ? pixels * (size_t)c->classes * sizeof(float) : pixels;
        void *memory = malloc(bytes);
        if (r->mean)
            r->probabilities[m] = memory;
        else
            r->classes[m] = memory;
        if (!memory) status = cc_fail_memory("what a member says", bytes);
        part.count = 0;
        for (size_t i = 0; i < r->count; i++) {
            const uint32_t slice = c->slices->slices[r->first + i];
            if (takes(r, m, slice)) part.slices[part.count++] = slice;
        }
        r->member = m;
        r->at = 0;
        if (status == CC_OK && part.count > 0) status = c->predict(c->context, m, &part, r->mean, keep, r);
    }
    free(part.slices);
    return status;
}

/* Gives back what members said in the round. */
static void clear_round(round_of_slices *r) {
    for (int m = 0; m < CC_CONSENSUS_READERS_MAX; m++) {
        free(r->probabilities[m]);
        free(r->classes[m]);
        r->probabilities[m] = NULL;
        r->classes[m] = NULL;
    }
    free(r->consensus);
    r->consensus = NULL;
}

/* The masks of those members that predict a slice, from it on; their number. */
static size_t find_masks(const uint8_t *masks[CC_CONSENSUS_READERS_MAX], const round_of_slices *r,
                         size_t number) {
    size_t readers = 0;
    for (int m = 0; m < r->c->members; m++)
        if (takes(r, m, r->c->slices->slices[r->first + number]))
            masks[readers++] = r->classes[m] + r->starts[number];
    return readers;
}

/* STAPLE of each scan in the round: how good a member is says a scan better than a slice. */
static cc_status find_staple(round_of_slices *r) {
    const uint8_t *masks[CC_CONSENSUS_READERS_MAX];
    cc_staple ignored;
    r->consensus = malloc(r->starts[r->count] * sizeof *r->consensus);
    if (!r->consensus) return cc_fail_memory("a consensus", r->starts[r->count] * sizeof *r->consensus);
    for (size_t i = 0, end; i < r->count; i = end) {
        for (end = i + 1; end < r->count && slice_at(r, end)->scan == slice_at(r, i)->scan;) end++;
        const size_t readers = find_masks(masks, r, i);
        CC_TRY(cc_consensus_staple(r->consensus + r->starts[i], &ignored, masks, readers,
                                   r->starts[end] - r->starts[i]));
    }
    return CC_OK;
}

/* Mean probabilities of one slice, and of several classes the most probable one, of equal ones the lowest. */
static cc_status average(round_of_slices *r, size_t number, size_t pixels) {
    const float *said[CC_CONSENSUS_READERS_MAX];
    const size_t classes = (size_t)r->c->classes;
    size_t readers = 0;
    for (int m = 0; m < r->c->members; m++)
        if (takes(r, m, r->c->slices->slices[r->first + number]))
            said[readers++] = r->probabilities[m] + r->starts[number] * classes;
    CC_TRY(cc_consensus_mean(r->means, said, readers, pixels * classes));
    for (size_t i = 0; i < pixels; i++) {
        float p = classes > 1 ? 0 : r->means[i];
        size_t best = 0;
        for (size_t k = 1; k < classes; k++) {
            p += r->means[k * pixels + i];
            if (r->means[k * pixels + i] > r->means[best * pixels + i]) best = k;
        }
        r->probability[i] = fminf(p, 1); /* a sum may be rounded above 1 */
        r->predicted[i] = classes > 1 ? (uint8_t)best : p >= r->c->threshold;
    }
    return CC_OK;
}

/* The members' votes on one slice. */
static cc_status vote(round_of_slices *r, size_t number, size_t pixels) {
    const uint8_t *masks[CC_CONSENSUS_READERS_MAX];
    const size_t readers = find_masks(masks, r, number);
    if (strcmp(r->c->combine, "majority") == 0)
        CC_TRY(cc_consensus_majority(r->predicted, masks, readers, pixels));
    else
        CC_TRY(cc_consensus_labels(r->predicted, masks, readers, pixels));
    for (size_t i = 0; i < pixels; i++) {
        size_t marked = 0;
        for (size_t m = 0; m < readers; m++) marked += masks[m][i] != 0;
        r->probability[i] = (float)((double)marked / (double)readers);
        if (r->predicted[i] == CC_CONSENSUS_TIE) r->predicted[i] = 0;
    }
    return CC_OK;
}

/* Combines one slice, counts it and hands it on. */
static cc_status finish_slice(round_of_slices *r, size_t number, cc_prediction_sink *sink, void *context) {
    const cc_combination *c = r->c;
    const size_t index = c->slices->slices[r->first + number];
    const cc_slice *slice = cc_slice_set_get(c->base, index);
    const size_t pixels = pixels_of(slice);
    if (r->mean) {
        CC_TRY(average(r, number, pixels));
    } else if (r->staple) {
        for (size_t i = 0; i < pixels; i++) {
            r->probability[i] = (float)r->consensus[r->starts[number] + i];
            r->predicted[i] = r->probability[i] >= c->threshold;
        }
    } else {
        CC_TRY(vote(r, number, pixels));
    }
    CC_TRY(cc_slice_set_read(c->base, index, r->image, r->labels));
    for (size_t i = 0; i < pixels; i++) {
        if (c->only_above && !(r->image[i] > c->above_hu)) {
            r->probability[i] = 0;
            r->predicted[i] = 0;
        }
        r->mask[i] = r->predicted[i] != 0;
        r->truth[i] = r->labels[i] != 0;
    }
    cc_prediction p = {.slice = index,
                       .height = slice->height,
                       .width = slice->width,
                       .image_hu = r->image,
                       .probability = r->probability,
                       .labels = r->labels,
                       .truth = r->truth,
                       .mask = r->mask,
                       .classes = r->predicted};
    cc_prediction_count(&p);
    return sink(context, &p);
}

cc_status cc_combination_run(const cc_combination *c, cc_prediction_sink *sink, void *context) {
    cc_status status = CC_OK;
    int height, width;
    cc_slice_set_largest(&height, &width, c->base);
    const size_t pixels = (size_t)height * (size_t)width;
    round_of_slices r = {.c = c,
                         .mean = strcmp(c->combine, "mean") == 0,
                         .staple = strcmp(c->combine, "staple") == 0,
                         .starts = malloc((c->slices->count + 1) * sizeof *r.starts),
                         .means = malloc(pixels * (size_t)c->classes * sizeof *r.means),
                         .probability = malloc(pixels * sizeof *r.probability),
                         .image = malloc(pixels * sizeof *r.image),
                         .mask = malloc(pixels),
                         .predicted = malloc(pixels),
                         .labels = malloc(pixels),
                         .truth = malloc(pixels)};
    if (!r.starts || !r.means || !r.probability || !r.image || !r.mask || !r.predicted || !r.labels ||
        !r.truth)
        CC_CHECK(cc_fail_memory("combined predictions", pixels * (12 + 4 * (size_t)c->classes)));
    if (c->members > CC_CONSENSUS_READERS_MAX)
        CC_CHECK(cc_fail(CC_EINVAL, "ensemble", NULL, "%d members; it takes %d", c->members,
                         CC_CONSENSUS_READERS_MAX));
    for (size_t first = 0; first < c->slices->count; first += r.count) {
        fill_round(&r, first);
        CC_CHECK(predict_round(&r));
        if (r.staple) CC_CHECK(find_staple(&r));
        for (size_t i = 0; i < r.count; i++) CC_CHECK(finish_slice(&r, i, sink, context));
        clear_round(&r);
    }
done:
    clear_round(&r);
    free(r.starts);
    free(r.means);
    free(r.probability);
    free(r.image);
    free(r.mask);
    free(r.predicted);
    free(r.labels);
    free(r.truth);
    return status;
}
