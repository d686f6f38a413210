/* experiments/weights/weights.c -- pretrained weights into a model, parameter by parameter.
 *
 * Candidates are the file's tensors by bare name, sorted, so that each of the names that a parameter may have
 * is looked up by bisection. What is left over in the file and what is missing in it is counted and sampled
 * for one line of the log: a file that fits no name at all is an error, one that fits some is not (an
 * encoder's weights in a whole net). */
#include "experiments/weights/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/weights/names.h"
#include "experiments/weights/source.h"

enum { SAMPLE_NAMES = 3, SHAPE_BYTES = 128 };

/* A tensor of the file that may be a parameter's. */
typedef struct candidate {
    const char *bare; /* its name without what stands before a whole net's names */
    size_t index;     /* in the source */
    bool used;
} candidate;

/* One file on its way into one model. */
typedef struct loader {
    cc_weight_source source;
    candidate *candidates; /* sorted by bare name, then index */
    size_t count;
    cc_model *model;
    int first_kernel; /* the parameter that sees the image */
    cc_weights_summary *summary;
} loader;

/* PyTorch counts the steps of each batch norm; nothing here asks. */
static bool is_ignored(const char *name) {
    static const char ending[] = "num_batches_tracked";
    size_t length = strlen(name);
    return length >= sizeof ending - 1 && strcmp(name + length - (sizeof ending - 1), ending) == 0;
}

/* For qsort: by name, then by place in the file. */
static int by_bare_name(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    int order = strcmp(x->bare, y->bare);
    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Lists the file's tensors by bare name. */
static cc_status list_candidates(loader *l) {
    l->candidates = calloc(l->source.count + 1, sizeof *l->candidates);
    if (!l->candidates) return cc_fail_memory("weights", l->source.count * sizeof *l->candidates);
    for (size_t i = 0; i < l->source.count; i++) {
        const char *name = l->source.tensors[i].name;
        if (is_ignored(name)) continue;
        l->candidates[l->count++] = (candidate){.bare = cc_weight_name_bare(name), .index = i};
    }
    qsort(l->candidates, l->count, sizeof *l->candidates, by_bare_name);
    return CC_OK;
}

/* A candidate's name as the file has it. */
static const char *stored_name(const loader *l, const candidate *c) {
    return l->source.tensors[c->index].name;
}

/* The first candidate that has this name, or NULL. */
static candidate *find_name(const loader *l, const char *name) {
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(l->candidates[middle].bare, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && strcmp(l->candidates[low].bare, name) == 0 ? &l->candidates[low] : NULL;
}

/* The tensor of a parameter, by the best of its names that the file has; *out NULL where it has none. Two
 * tensors that would both be it are a fault: which one counts is not for us to choose. */
static cc_status find_parameter(candidate **out, const loader *l, const cc_weight_names *names) {
    *out = NULL;
    for (int i = 0; i < names->count && !*out; i++) *out = find_name(l, names->names[i]);
    const candidate *c = *out, *next = c ? c + 1 : NULL;
    if (next && next < l->candidates + l->count && strcmp(next->bare, c->bare) == 0)
        return cc_fail(CC_EFORMAT, l->source.path, "leave one of them out of the file",
                       "%.200s and %.200s would both be %.200s", stored_name(l, c), stored_name(l, next),
                       names->names[0]);
    return CC_OK;
}

/* Adds a name to a sample of the first few. */
static void add_sample(char sample[CC_WEIGHTS_SAMPLE_BYTES], size_t before, const char *name) {
    size_t used = strlen(sample);
    if (before < SAMPLE_NAMES)
        snprintf(sample + used, CC_WEIGHTS_SAMPLE_BYTES - used, "%s%.48s", before ? ", " : "", name);
    else if (before == SAMPLE_NAMES)
        snprintf(sample + used, CC_WEIGHTS_SAMPLE_BYTES - used, ", ...");
}

/* "[64, 3, 7, 7]". */
static void format_shape(char out[SHAPE_BYTES], const int64_t *dims, int rank) {
    size_t used = (size_t)snprintf(out, SHAPE_BYTES, "[");
    for (int d = 0; d < rank && used < SHAPE_BYTES; d++)
        used += (size_t)snprintf(out + used, SHAPE_BYTES - used, "%s%" PRId64, d ? ", " : "", dims[d]);
    if (used < SHAPE_BYTES) snprintf(out + used, SHAPE_BYTES - used, "]");
}

/* How many input channels of the tensor are added up for each of the parameter's; 0 where it does not fit. */
static size_t channels_summed(const loader *l, const cc_run_tensor *t, int index) {
    const cc_op_parameter *p = &cc_model_parameter(l->model, index)->of;
    size_t summed = 1;
    if (t->rank != p->rank) return 0;
    for (int d = 0; d < p->rank; d++) {
        if (t->dims[d] == (uint64_t)p->dims[d]) continue;
        /* Kernels are [out][in][h][w]: only the input channels of the first one may differ. */
        if (d != 1 || index != l->first_kernel || p->dims[1] != 1) return 0;
        summed = (size_t)t->dims[1];
    }
    return summed;
}

/* A tensor of another shape than the parameter's. */
static cc_status fail_shape(const loader *l, const cc_run_tensor *t, const cc_parameter *p) {
    char has[SHAPE_BYTES], wants[SHAPE_BYTES];
    int64_t dims[CC_RUN_RANK_MAX];
    for (int d = 0; d < t->rank; d++) dims[d] = (int64_t)t->dims[d];
    format_shape(has, dims, t->rank);
    format_shape(wants, p->of.dims, p->of.rank);
    return cc_fail(CC_EFORMAT, l->source.path, "are these the weights of this net?",
                   "tensor %.200s is %s, but %.200s is %s", t->name, has, p->name, wants);
}

/* values[o][rest] = the sum over i of values[o][i][rest], in place. */
static void sum_channels(float *values, size_t outputs, size_t channels, size_t rest) {
    for (size_t o = 0; o < outputs; o++)
        for (size_t k = 0; k < rest; k++) {
            double sum = 0;
            for (size_t i = 0; i < channels; i++) sum += values[(o * channels + i) * rest + k];
            values[o * rest + k] = (float)sum;
        }
}

/* Refuses NaN and infinities, which would spread through every output. */
static cc_status check_finite(const loader *l, const cc_run_tensor *t, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return cc_fail(CC_EFORMAT, l->source.path, "did its training diverge?",
                           "tensor %.200s holds %g, which no net can use", t->name, (double)values[i]);
    return CC_OK;
}

/* Reads one tensor and sets parameter `index` to it. */
static cc_status load_tensor(loader *l, const candidate *c, int index) {
    cc_status status = CC_OK;
    const cc_run_tensor *t = &l->source.tensors[c->index];
    const cc_parameter *p = cc_model_parameter(l->model, index);
    size_t summed = channels_summed(l, t, index), count = (size_t)p->count * summed;
    if (summed == 0) return fail_shape(l, t, p);
    float *values = malloc(count * sizeof *values);
    if (!values) return cc_fail_memory(p->name, count * sizeof *values);
    CC_CHECK(cc_weight_source_read(values, &l->source, c->index));
    if (summed > 1) {
        size_t outputs = (size_t)p->of.dims[0];
        sum_channels(values, outputs, summed, (size_t)p->count / outputs);
        l->summary->summed = summed;
    }
    CC_CHECK(check_finite(l, t, values, (size_t)p->count));
    CC_CHECK(cc_model_set(l->model, index, values));
done:
    free(values);
    return status;
}

/* The first convolution of a net is that of its first kernel. */
static int find_first_kernel(const cc_model *model) {
    int index = 0, count = cc_model_parameter_count(model);
    while (index < count && cc_model_parameter(model, index)->of.role != CC_ROLE_KERNEL) index++;
    return index;
}

cc_status cc_weights_load(cc_weights_summary *summary, cc_model *model, const char *path) {
    loader l = {.model = model, .summary = summary};
    cc_weight_names names;
    cc_weight_block at = {0};
    candidate *c;
    const int count = cc_model_parameter_count(model);
    cc_status status = CC_OK;
    *summary = (cc_weights_summary){0};
    CC_TRY(cc_weight_source_open(&l.source, path));
    CC_CHECK(list_candidates(&l));
    l.first_kernel = find_first_kernel(model);

    /* Each parameter in the net's order, which is what counts an EfficientNet's blocks. */
    for (int i = 0; i < count; i++) {
        const char *name = cc_model_parameter(model, i)->name;
        cc_weight_names_of(&names, &at, name);
        CC_CHECK(find_parameter(&c, &l, &names));
        if (!c) {
            add_sample(summary->missing_sample, summary->missing++, name);
            continue;
        }
        CC_CHECK(load_tensor(&l, c, i));
        c->used = true;
        summary->loaded++;
    }

    /* What no parameter has asked for. */
    for (size_t i = 0; i < l.count; i++)
        if (!l.candidates[i].used && cc_weight_name_is_unused(l.candidates[i].bare))
            summary->unused++;
        else if (!l.candidates[i].used)
            add_sample(summary->left_over_sample, summary->left_over++, stored_name(&l, &l.candidates[i]));
    if (summary->loaded == 0)
        status = cc_fail(CC_EFORMAT, path, "are these the weights of this net?",
                         "none of its %zu tensors (%s) has the name of one of the net's (%s)", l.count,
                         summary->left_over_sample, summary->missing_sample);
done:
    free(l.candidates);
    cc_weight_source_close(&l.source);
    return status;
}

/* "2 missing in it (a, b)", "none missing in it". */
static void describe_rest(char *out, size_t capacity, size_t count, const char *what, const char *sample) {
    size_t used = strlen(out);
    if (count)
        snprintf(out + used, capacity - used, "; %zu %s (%s)", count, what, sample);
    else
        snprintf(out + used, capacity - used, "; none %s", what);
}

void cc_weights_describe(char *out, size_t capacity, const cc_weights_summary *s) {
    char summed[96] = "", unused[96] = "";
    if (s->summed)
        snprintf(summed, sizeof summed, ", the first convolution's %zu input channels as their sum",
                 s->summed);
    if (s->unused)
        snprintf(unused, sizeof unused, "; %zu in it of layers that its package never uses", s->unused);
    snprintf(out, capacity, "%zu tensor%s loaded%s%s", s->loaded, s->loaded == 1 ? "" : "s", summed, unused);
    describe_rest(out, capacity, s->left_over, "left over in the file", s->left_over_sample);
    describe_rest(out, capacity, s->missing, "missing in it", s->missing_sample);
}
