/* nets/ops/group_norm/group_norm_cpu.c -- group and instance normalisation with their activation, by the
 * parts that normalising ops share (nets/backends/cpu/norm.h): here are the statistics of each image's
 * groups, and what follows from the sums backward.
 *
 * A pass reads memory twice, once for sums and once to use them. With one channel a group, planes (one n, one
 * block of channels) have nothing to do with each other: a small one is taken through both by one thread, for
 * the second from the nearest cache. A larger one is shared by all threads, as all that groups of several
 * channels have, which may lie in several blocks. Either way sums are those of the chunks in the chunks'
 * order: the bytes are the same. */
#include <math.h>
#include "nets/backends/cpu/norm.h"
#include "nets/ops/group_norm/group_norm.h"

/* Bytes of a plane, x and y or dy together, that stay in the second-level cache of one core. */
enum { SMALL_PLANE = 1 << 19 };

/* One pass: what its steps share. */
typedef struct pass {
    cc_task *task;
    const cc_group_norm_attr *attr;
    cc_norm_layout l;
    cc_norm_activation f;
    cc_norm_sums *parts;        /* of each chunk */
    cc_norm_constants k;        /* of each image */
    float *a, *b;               /* backward, like the constants: those of cc_norm_back */
    const float *weight, *bias; /* NULL: 1 and 0 */
    int64_t group;              /* channels of a group */
} pass;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    cc_norm_layout l = cc_norm_layout_of(task);
    size_t vectors = (size_t)(CC_NORM_VECTORS * l.images * l.width) * sizeof(float);
    task->scratch_bytes = (size_t)l.chunks * sizeof(cc_norm_sums) + vectors;
    if (task->training) task->saved_bytes = vectors;
    return CC_OK;
}

static pass pass_of(cc_task *task) {
    const cc_group_norm_attr *a = task->attr;
    pass p = {.task = task, .attr = a, .l = cc_norm_layout_of(task), .f = {a->activation, a->slope}};
    p.parts = task->scratch;
    float *vectors = (float *)(p.parts + p.l.chunks);
    /* Scratch holds the constants where nothing is kept for a backward pass, and backward a and b. */
    p.k = cc_norm_constants_at(task->training ? task->saved : (void *)vectors, &p.l, p.l.images);
    p.a = vectors;
    p.b = vectors + p.l.images * p.l.width;
    p.weight = a->affine ? task->parameters[CC_GROUP_NORM_WEIGHT]->value : NULL;
    p.bias = a->affine ? task->parameters[CC_GROUP_NORM_BIAS]->value : NULL;
    p.group = p.l.channels / cc_group_norm_groups(a, task->output_shape);
    return p;
}

/* Constants of the channels of group `first / group` of image n, from the moments of its chunks. */
static void find_constants(const pass *p, int64_t n, int64_t first) {
    const double count = (double)(p->group * p->l.pixels);
    double mean, squares;
    cc_norm_merge(&mean, &squares, p->parts, &p->l, n, 1, first, p->group);
    const float rstd = (float)(1 / sqrt(squares / count + p->attr->epsilon));
    for (int64_t c = first; c < first + p->group; c++) {
        const int64_t at = n * p->l.width + c;
        p->k.mean[at] = (float)mean;
        p->k.rstd[at] = rstd;
        p->k.scale[at] = p->weight ? p->weight[c] * rstd : rstd;
        p->k.shift[at] = (p->bias ? p->bias[c] : 0) + (float)(p->k.mean[at] - mean) * p->k.scale[at];
    }
}

/* What fills the last block gets zeros, and so stays zero. */
static void clear_filling(const pass *p, float *vector) {
    for (int64_t n = 0; n < p->l.images; n++)
        for (int64_t c = p->l.channels; c < p->l.width; c++) vector[n * p->l.width + c] = 0;
}

/* a and b of the same channels, from the sums of their chunks: with u = weight g and M values of the group
 *   a = -rstd^3 (sum of u (x - mean)) / M,  b = -rstd (sum of u) / M */
static void find_gradients(const pass *p, int64_t n, int64_t first) {
    const double count = (double)(p->group * p->l.pixels), rstd = p->k.rstd[n * p->l.width + first];
    double sum = 0, dot = 0;
    for (int64_t c = first; c < first + p->group; c++) {
        double g, gx, weight = p->weight ? p->weight[c] : 1;
        cc_norm_add(&g, &gx, p->parts, &p->l, n, 1, c);
        sum += weight * g;
        dot += weight * gx;
    }
    for (int64_t c = first; c < first + p->group; c++) {
        p->a[n * p->l.width + c] = (float)(-rstd * rstd * rstd * dot / count);
        p->b[n * p->l.width + c] = (float)(-rstd * sum / count);
    }
}

/* dweight = sum of g h, dbias = sum of g, over all images in their order. */
static void find_parameter_gradients(const pass *p) {
    float *dweight = p->task->parameters[CC_GROUP_NORM_WEIGHT]->grad,
          *dbias = p->task->parameters[CC_GROUP_NORM_BIAS]->grad;
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < p->l.channels; c++) {
        double of_weight = 0, of_bias = 0;
        for (int64_t n = 0; n < p->l.images; n++) {
            double g, gx;
            cc_norm_add(&g, &gx, p->parts, &p->l, n, 1, c);
            of_weight += gx * p->k.rstd[n * p->l.width + c];
            of_bias += g;
        }
        dweight[c] = (float)of_weight;
        dbias[c] = (float)of_bias;
    }
}

/* The three steps of a pass: sums of a chunk, what follows from those of a group, and a chunk that uses
 * it. */
typedef struct steps {
    void (*sum)(const pass *p, int64_t chunk);
    void (*find)(const pass *p, int64_t n, int64_t first);
    void (*use)(const pass *p, int64_t chunk);
} steps;

static void run(const pass *p, const steps *s) {
    const cc_norm_layout *l = &p->l;
    const size_t plane_bytes = 2 * (size_t)l->plane * cc_dtype_bytes(p->task->dtype);
    if (p->group == 1 && plane_bytes <= SMALL_PLANE) {
#pragma omp parallel for schedule(static)
        for (int64_t plane = 0; plane < l->images * l->blocks; plane++) {
            const int64_t n = plane / l->blocks, first = plane % l->blocks * l->block;
            for (int64_t i = 0; i < l->of_plane; i++) s->sum(p, plane * l->of_plane + i);
            for (int64_t c = first; c < first + l->block && c < l->channels; c++) s->find(p, n, c);
            for (int64_t i = 0; i < l->of_plane; i++) s->use(p, plane * l->of_plane + i);
        }
        return;
    }
    const int64_t groups = l->channels / p->group;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l->chunks; i++) s->sum(p, i);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l->images * groups; i++) s->find(p, i / groups, i % groups * p->group);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < l->chunks; i++) s->use(p, i);
}

static void sum_forward(const pass *p, int64_t chunk) {
    cc_norm_moments(&p->parts[chunk], p->task, &p->l, chunk);
}
static void use_forward(const pass *p, int64_t chunk) {
    cc_norm_forward(p->task, &p->l, &p->k, p->f, chunk);
}

static cc_status forward(cc_task *task) {
    static const steps steps_forward = {sum_forward, find_constants, use_forward};
    const pass p = pass_of(task);
    float *const vectors[] = {p.k.mean, p.k.rstd, p.k.scale, p.k.shift};
    for (int i = 0; i < CC_NORM_VECTORS; i++) clear_filling(&p, vectors[i]);
    run(&p, &steps_forward);
    return CC_OK;
}

static void sum_backward(const pass *p, int64_t chunk) {
    cc_norm_back_sums(&p->parts[chunk], p->task, &p->l, &p->k, p->f, chunk);
}
static void use_backward(const pass *p, int64_t chunk) {
    if (p->task->dx[0]) cc_norm_back(p->task, &p->l, &p->k, p->a, p->b, p->f, chunk);
}

static cc_status backward(cc_task *task) {
    static const steps steps_backward = {sum_backward, find_gradients, use_backward};
    const pass p = pass_of(task);
    clear_filling(&p, p.a);
    clear_filling(&p, p.b);
    run(&p, &steps_backward);
    if (p.attr->affine) find_parameter_gradients(&p);
    return CC_OK;
}

const cc_kernel cc_group_norm_cpu = {.plan = plan, .forward = forward, .backward = backward};
