#include "nets/cpu/onednn.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dnnl.h>
#include "nets/graph.h"

enum { ALIGNMENT = 64 };

typedef struct operand {
    bool used, output; /* output: written by the primitive */
    int argument;      /* DNNL_ARG_... */
    dnnl_memory_desc_t home, wanted;
    dnnl_memory_t home_memory, wanted_memory; /* the same object where the layouts agree */
    dnnl_primitive_t reorder;                 /* NULL where they agree */
    size_t offset;                            /* of the wanted form in the scratch memory */
} operand;

struct cc_onednn_pass {
    dnnl_primitive_t primitive;
    operand operands[CC_ONEDNN_OPERANDS];
    dnnl_memory_t scratchpad;
    size_t scratchpad_offset, scratch_bytes;
    char implementation[64];
};

typedef struct layout { /* of a weights slot */
    dnnl_memory_desc_t stored, plain;
} layout;

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;

static void make_engine(void) {
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (engine_status == dnnl_success)
        engine_status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

static cc_status fail(dnnl_status_t code, const char *what) {
    cc_status status = code == dnnl_out_of_memory   ? CC_ENOMEM
                       : code == dnnl_unimplemented ? CC_EUNSUPPORTED
                                                    : CC_EDEVICE;
    return cc_fail(status, NULL, NULL, "oneDNN cannot %s (its status %d)", what, (int)code);
}

#define DNNL_TRY(expression, what)                                                                           \
    do {                                                                                                     \
        dnnl_status_t code_ = (expression);                                                                  \
        if (code_ != dnnl_success) return fail(code_, what);                                                 \
    } while (0)

static cc_status start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_engine);
    DNNL_TRY(engine_status, "start");
    return CC_OK;
}

const char *cc_onednn_describe(void) {
    static char text[64];
    const dnnl_version_t *v = dnnl_version();
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    snprintf(text, sizeof text, "oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch,
             isa >= dnnl_cpu_isa_avx512_core ? "AVX-512"
             : isa >= dnnl_cpu_isa_avx2      ? "AVX2"
                                             : "SSE4.1 or AVX");
    return text;
}

int64_t cc_onednn_block(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? 16 : 8;
}

/* ---- layouts */

static dnnl_format_tag_t tag_of(int rank, int64_t block) {
    bool flat = rank == 4;
    return block == 1   ? (flat ? dnnl_nchw : dnnl_ncdhw)
           : block == 8 ? (flat ? dnnl_nChw8c : dnnl_nCdhw8c)
                        : (flat ? dnnl_nChw16c : dnnl_nCdhw16c);
}

static cc_status activation_desc(dnnl_memory_desc_t *out, const cc_shape *shape, int64_t block) {
    dnnl_format_tag_t tag = block ? tag_of(shape->rank, block) : dnnl_format_tag_any;
    dnnl_dims_t dims = {0}; /* longer than a shape's */
    memcpy(dims, shape->dims, sizeof shape->dims);
    DNNL_TRY(dnnl_memory_desc_init_by_tag(out, shape->rank, dims, dnnl_f32, tag), "describe an activation");
    return CC_OK;
}

/* The channel block of a layout that oneDNN chose, or 0 where it is none of ours. */
static int64_t block_of(const dnnl_memory_desc_t *desc, const cc_shape *shape) {
    static const int64_t blocks[] = {16, 8, 1};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        dnnl_memory_desc_t ours;
        if (activation_desc(&ours, shape, blocks[i]) == CC_OK && dnnl_memory_desc_equal(&ours, desc))
            return blocks[i];
    }
    return 0;
}

/* oneDNN's weights: [groups,] O, I, kernel, whatever PyTorch's order is. `tag` any, or plain in PyTorch's
 * order. */
static cc_status weights_desc(dnnl_memory_desc_t *out, const cc_onednn_conv *c, bool plain) {
    const cc_conv_attr *a = c->attr;
    int spatial = c->x->rank - 2, rank = 0;
    bool grouped = a->groups > 1;
    dnnl_dims_t dims;
    if (grouped) dims[rank++] = a->groups;
    dims[rank++] = a->out_channels / a->groups;
    dims[rank++] = c->x->dims[1] / a->groups;
    for (int i = CC_SPATIAL_MAX - spatial; i < CC_SPATIAL_MAX; i++) dims[rank++] = a->kernel[i];
    dnnl_format_tag_t tag = dnnl_format_tag_any;
    if (plain && !c->transposed)
        tag = spatial == 2 ? (grouped ? dnnl_goihw : dnnl_oihw) : (grouped ? dnnl_goidhw : dnnl_oidhw);
    if (plain && c->transposed)
        tag = spatial == 2 ? (grouped ? dnnl_giohw : dnnl_iohw) : (grouped ? dnnl_giodhw : dnnl_iodhw);
    DNNL_TRY(dnnl_memory_desc_init_by_tag(out, rank, dims, dnnl_f32, tag), "describe weights");
    return CC_OK;
}

int64_t cc_onednn_depthwise_block(const cc_parameter_slot *weights, const cc_onednn_conv *conv) {
    static const dnnl_format_tag_t tags[] = {dnnl_Goihw8g, dnnl_Goihw16g};
    const layout *l = weights->layout;
    for (int i = 0; l && conv->attr->groups > 1 && conv->x->rank == 4 && i < 2; i++) {
        dnnl_memory_desc_t ours;
        const dnnl_memory_desc_t *stored = &l->stored;
        if (dnnl_memory_desc_init_by_tag(&ours, stored->ndims, stored->dims, dnnl_f32, tags[i]) ==
                dnnl_success &&
            dnnl_memory_desc_equal(&ours, stored))
            return 8 << i;
    }
    return 0;
}

static cc_status convert(float *to, const dnnl_memory_desc_t *to_desc, const float *from,
                         const dnnl_memory_desc_t *from_desc) {
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_memory_t a = NULL, b = NULL;
    dnnl_status_t code = dnnl_reorder_primitive_desc_create(&desc, from_desc, engine, to_desc, engine, NULL);
    if (code == dnnl_success) code = dnnl_primitive_create(&reorder, desc);
    if (code == dnnl_success) code = dnnl_memory_create(&a, from_desc, engine, (void *)from);
    if (code == dnnl_success) code = dnnl_memory_create(&b, to_desc, engine, to);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, a}, {DNNL_ARG_TO, b}};
    if (code == dnnl_success) code = dnnl_primitive_execute(reorder, stream, 2, args);
    if (code == dnnl_success) code = dnnl_stream_wait(stream);
    dnnl_memory_destroy(a);
    dnnl_memory_destroy(b);
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(desc);
    DNNL_TRY(code, "reorder weights");
    return CC_OK;
}

static cc_status pack(const cc_parameter_slot *slot, float *stored, const float *plain) {
    const layout *l = slot->layout;
    return convert(stored, &l->stored, plain, &l->plain);
}

static cc_status unpack(const cc_parameter_slot *slot, float *plain, const float *stored) {
    const layout *l = slot->layout;
    return convert(plain, &l->plain, stored, &l->stored);
}

static cc_status lay_out(cc_parameter_slot *slot, const cc_onednn_conv *c, const dnnl_memory_desc_t *wanted) {
    layout *l = malloc(sizeof *l);
    if (!l) return cc_fail_memory("weights", sizeof *l);
    l->stored = *wanted;
    slot->layout = l;
    slot->release = free;
    slot->bytes = dnnl_memory_desc_get_size(wanted);
    slot->pack = pack;
    slot->unpack = unpack;
    return weights_desc(&l->plain, c, true);
}

cc_status cc_onednn_lay_out_plain(cc_parameter_slot *weights, const cc_onednn_conv *conv) {
    dnnl_memory_desc_t plain;
    CC_TRY(start());
    CC_TRY(weights_desc(&plain, conv, true));
    return lay_out(weights, conv, &plain);
}

bool cc_onednn_is_plain(const cc_parameter_slot *weights) {
    const layout *l = weights->layout;
    return dnnl_memory_desc_equal(&l->stored, &l->plain);
}

/* ---- primitives */

typedef struct problem {
    cc_onednn_kind kind;
    const cc_onednn_conv *conv;
    bool training;
    dnnl_memory_desc_t x, w, y, bias;
    dnnl_primitive_desc_t hint; /* a forward one, for backward passes */
} problem;

typedef union description {
    dnnl_convolution_desc_t conv;
    dnnl_deconvolution_desc_t deconv;
} description;

/* oneDNN's own order of spatial values, its dilation counted from 0. */
typedef struct window {
    dnnl_dims_t stride, padding, padding_end, dilation;
} window;

static window window_of(const cc_onednn_conv *c) {
    window w = {0};
    int spatial = c->x->rank - 2;
    const cc_conv_attr *a = c->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    cc_shape_spatial(in, c->transposed ? c->y : c->x);
    cc_shape_spatial(out, c->transposed ? c->x : c->y);
    for (int i = 0; i < spatial; i++) {
        int j = CC_SPATIAL_MAX - spatial + i;
        w.stride[i] = a->stride[j];
        w.padding[i] = a->padding[j];
        w.dilation[i] = a->dilation[j] - 1;
        w.padding_end[i] =
            (out[j] - 1) * a->stride[j] + a->dilation[j] * (a->kernel[j] - 1) + 1 - in[j] - a->padding[j];
    }
    return w;
}

static dnnl_status_t describe_conv(description *d, const problem *p) {
    window w = window_of(p->conv);
    const dnnl_memory_desc_t *bias = p->conv->attr->bias ? &p->bias : NULL;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    switch (p->kind) {
    case CC_ONEDNN_FORWARD:
        return dnnl_dilated_convolution_forward_desc_init(&d->conv, forward, dnnl_convolution_direct, &p->x,
                                                          &p->w, bias, &p->y, w.stride, w.dilation, w.padding,
                                                          w.padding_end);
    case CC_ONEDNN_BACKWARD_DATA:
        return dnnl_dilated_convolution_backward_data_desc_init(&d->conv, dnnl_convolution_direct, &p->x,
                                                                &p->w, &p->y, w.stride, w.dilation, w.padding,
                                                                w.padding_end);
    case CC_ONEDNN_BACKWARD_WEIGHTS:
        return dnnl_dilated_convolution_backward_weights_desc_init(&d->conv, dnnl_convolution_direct, &p->x,
                                                                   &p->w, bias, &p->y, w.stride, w.dilation,
                                                                   w.padding, w.padding_end);
    }
    return dnnl_invalid_arguments;
}

static dnnl_status_t describe_deconv(description *d, const problem *p) {
    window w = window_of(p->conv);
    const dnnl_memory_desc_t *bias = p->conv->attr->bias ? &p->bias : NULL;
    dnnl_prop_kind_t forward = p->training ? dnnl_forward_training : dnnl_forward_inference;
    switch (p->kind) {
    case CC_ONEDNN_FORWARD:
        return dnnl_dilated_deconvolution_forward_desc_init(&d->deconv, forward, dnnl_deconvolution_direct,
                                                            &p->x, &p->w, bias, &p->y, w.stride, w.dilation,
                                                            w.padding, w.padding_end);
    case CC_ONEDNN_BACKWARD_DATA:
        return dnnl_dilated_deconvolution_backward_data_desc_init(&d->deconv, dnnl_deconvolution_direct,
                                                                  &p->x, &p->w, &p->y, w.stride, w.dilation,
                                                                  w.padding, w.padding_end);
    case CC_ONEDNN_BACKWARD_WEIGHTS:
        return dnnl_dilated_deconvolution_backward_weights_desc_init(&d->deconv, dnnl_deconvolution_direct,
                                                                     &p->x, &p->w, bias, &p->y, w.stride,
                                                                     w.dilation, w.padding, w.padding_end);
    }
    return dnnl_invalid_arguments;
}

static dnnl_status_t create_desc(dnnl_primitive_desc_t *out, const problem *p) {
    description d;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t code = p->conv->transposed ? describe_deconv(&d, p) : describe_conv(&d, p);
    if (code == dnnl_success) code = dnnl_primitive_attr_create(&attr);
    if (code == dnnl_success) code = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (code == dnnl_success) code = dnnl_primitive_desc_create(out, &d, attr, engine, p->hint);
    dnnl_primitive_attr_destroy(attr);
    return code;
}

/* How slow an implementation is expected to be: 0 none better, 1 by products of whole matrices, 2 naive. */
static int slowness(const_dnnl_primitive_desc_t desc) {
    const char *name = "";
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    return strstr(name, "ref") ? 2 : strstr(name, "gemm") ? 1 : 0;
}

/* The layouts at home first; where only a slow implementation takes them, whatever it likes best, if that is
 * faster. */
static cc_status choose(dnnl_primitive_desc_t *out, problem *p) {
    dnnl_primitive_desc_t first = NULL, second = NULL;
    dnnl_status_t code = create_desc(&first, p);
    if (code == dnnl_success && slowness(first) == 0) {
        *out = first;
        return CC_OK;
    }
    problem free_choice = *p;
    CC_TRY(activation_desc(&free_choice.x, p->conv->x, 0));
    CC_TRY(activation_desc(&free_choice.y, p->conv->y, 0));
    dnnl_status_t other = create_desc(&second, &free_choice);
    if (other == dnnl_success && (code != dnnl_success || slowness(second) < slowness(first))) {
        dnnl_primitive_desc_destroy(first);
        *out = second;
        return CC_OK;
    }
    dnnl_primitive_desc_destroy(second);
    DNNL_TRY(code, "run this convolution");
    *out = first;
    return CC_OK;
}

static const int arguments[][CC_ONEDNN_OPERANDS] = {
    [CC_ONEDNN_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
    [CC_ONEDNN_BACKWARD_DATA] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0},
    [CC_ONEDNN_BACKWARD_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST,
                                    DNNL_ARG_DIFF_BIAS},
};

static const bool is_output[][CC_ONEDNN_OPERANDS] = {
    [CC_ONEDNN_FORWARD] = {false, false, true, false},
    [CC_ONEDNN_BACKWARD_DATA] = {true, false, false, false},
    [CC_ONEDNN_BACKWARD_WEIGHTS] = {false, true, false, true},
};

static size_t take_scratch(cc_onednn_pass *pass, size_t bytes) {
    size_t offset = pass->scratch_bytes;
    pass->scratch_bytes += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
}

static cc_status make_reorder(operand *o) {
    const dnnl_memory_desc_t *from = o->output ? &o->wanted : &o->home,
                             *to = o->output ? &o->home : &o->wanted;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t code = dnnl_reorder_primitive_desc_create(&desc, from, engine, to, engine, NULL);
    if (code == dnnl_success) code = dnnl_primitive_create(&o->reorder, desc);
    dnnl_primitive_desc_destroy(desc);
    DNNL_TRY(code, "reorder between layouts");
    return CC_OK;
}

static cc_status make_operand(cc_onednn_pass *pass, int which, cc_onednn_kind kind,
                              const_dnnl_primitive_desc_t desc, const dnnl_memory_desc_t *home) {
    operand *o = &pass->operands[which];
    *o = (operand){
        .used = true, .output = is_output[kind][which], .argument = arguments[kind][which], .home = *home};
    o->wanted = *dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, o->argument);
    DNNL_TRY(dnnl_memory_create(&o->home_memory, &o->home, engine, DNNL_MEMORY_NONE), "make a memory object");
    o->wanted_memory = o->home_memory;
    if (dnnl_memory_desc_equal(&o->home, &o->wanted)) return CC_OK;
    o->wanted_memory = NULL;
    DNNL_TRY(dnnl_memory_create(&o->wanted_memory, &o->wanted, engine, DNNL_MEMORY_NONE),
             "make a memory object");
    o->offset = take_scratch(pass, dnnl_memory_desc_get_size(&o->wanted));
    return make_reorder(o);
}

static cc_status fill_pass(cc_onednn_pass *pass, const problem *p, const_dnnl_primitive_desc_t desc,
                           int64_t x_block, int64_t y_block, const cc_parameter_slot *weights) {
    const char *name = "?";
    dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    snprintf(pass->implementation, sizeof pass->implementation, "%s", name);
    DNNL_TRY(dnnl_primitive_create(&pass->primitive, desc), "make a convolution");
    dnnl_memory_desc_t x, y;
    CC_TRY(activation_desc(&x, p->conv->x, x_block));
    CC_TRY(activation_desc(&y, p->conv->y, y_block));
    CC_TRY(make_operand(pass, CC_ONEDNN_X, p->kind, desc, &x));
    CC_TRY(make_operand(pass, CC_ONEDNN_W, p->kind, desc, &((const layout *)weights->layout)->stored));
    CC_TRY(make_operand(pass, CC_ONEDNN_Y, p->kind, desc, &y));
    if (p->conv->attr->bias && p->kind != CC_ONEDNN_BACKWARD_DATA)
        CC_TRY(make_operand(pass, CC_ONEDNN_BIAS, p->kind, desc, &p->bias));
    const dnnl_memory_desc_t *scratchpad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    pass->scratchpad_offset = take_scratch(pass, dnnl_memory_desc_get_size(scratchpad));
    DNNL_TRY(dnnl_memory_create(&pass->scratchpad, scratchpad, engine, DNNL_MEMORY_NONE),
             "make a memory object");
    return CC_OK;
}

/* A forward primitive that a backward one is asked to agree with. */
static cc_status make_hint(problem *p) {
    problem forward = *p;
    forward.kind = CC_ONEDNN_FORWARD;
    forward.training = true;
    CC_TRY(weights_desc(&forward.w, p->conv, false));
    return choose(&p->hint, &forward);
}

static cc_status describe_problem(problem *p, int64_t x_block, int64_t y_block) {
    dnnl_dims_t channels = {p->conv->attr->out_channels};
    CC_TRY(activation_desc(&p->x, p->conv->x, x_block));
    CC_TRY(activation_desc(&p->y, p->conv->y, y_block));
    CC_TRY(weights_desc(&p->w, p->conv, false));
    DNNL_TRY(dnnl_memory_desc_init_by_tag(&p->bias, 1, channels, dnnl_f32, dnnl_x), "describe a bias");
    if (p->kind != CC_ONEDNN_FORWARD) CC_TRY(make_hint(p));
    return CC_OK;
}

/* The block of the output: one for all activations of enough channels, so that what is added or joined later
 * has one layout; else the block that the forward primitive chose, where it is one of ours. */
static int64_t output_block(const_dnnl_primitive_desc_t desc, const cc_onednn_conv *conv) {
    if (conv->y->dims[1] >= cc_onednn_block()) return cc_onednn_block();
    int64_t block = block_of(dnnl_primitive_desc_query_md(desc, dnnl_query_dst_md, 0), conv->y);
    return block ? block : 1;
}

cc_status cc_onednn_pass_create(cc_onednn_pass **out, cc_onednn_kind kind, const cc_onednn_conv *conv,
                                bool training, int64_t x_block, int64_t *y_block,
                                cc_parameter_slot *weights) {
    cc_status status = CC_OK;
    problem p = {.kind = kind, .conv = conv, .training = training};
    dnnl_primitive_desc_t desc = NULL;
    cc_onednn_pass *pass = calloc(1, sizeof *pass);
    if (!pass) return cc_fail_memory("convolution", sizeof *pass);
    CC_CHECK(start());
    CC_CHECK(describe_problem(&p, x_block, kind == CC_ONEDNN_FORWARD ? 0 : *y_block));
    CC_CHECK(choose(&desc, &p));
    if (kind == CC_ONEDNN_FORWARD) *y_block = output_block(desc, conv);
    if (!weights->layout)
        CC_CHECK(lay_out(
            weights, conv,
            dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, arguments[kind][CC_ONEDNN_W])));
    CC_CHECK(fill_pass(pass, &p, desc, x_block, *y_block, weights));
    *out = pass;
    pass = NULL;
done:
    dnnl_primitive_desc_destroy(desc);
    dnnl_primitive_desc_destroy(p.hint);
    cc_onednn_pass_destroy(pass);
    return status;
}

void cc_onednn_pass_destroy(cc_onednn_pass *pass) {
    if (!pass) return;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        operand *o = &pass->operands[i];
        dnnl_primitive_destroy(o->reorder);
        if (o->wanted_memory != o->home_memory) dnnl_memory_destroy(o->wanted_memory);
        dnnl_memory_destroy(o->home_memory);
    }
    dnnl_memory_destroy(pass->scratchpad);
    dnnl_primitive_destroy(pass->primitive);
    free(pass);
}

const char *cc_onednn_pass_implementation(const cc_onednn_pass *pass) {
    return pass->implementation;
}
size_t cc_onednn_pass_scratch(const cc_onednn_pass *pass) {
    return pass->scratch_bytes;
}

cc_status cc_onednn_pass_bind(cc_onednn_pass *pass, float *const operands[CC_ONEDNN_OPERANDS],
                              void *scratch) {
    char *memory = scratch;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        operand *o = &pass->operands[i];
        if (!o->used) continue;
        DNNL_TRY(dnnl_memory_set_data_handle(o->home_memory, operands[i]), "bind memory");
        if (o->reorder)
            DNNL_TRY(dnnl_memory_set_data_handle(o->wanted_memory, memory + o->offset), "bind memory");
    }
    if (memory)
        DNNL_TRY(dnnl_memory_set_data_handle(pass->scratchpad, memory + pass->scratchpad_offset),
                 "bind memory");
    return CC_OK;
}

static dnnl_status_t run_reorder(const operand *o) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, o->output ? o->wanted_memory : o->home_memory},
                              {DNNL_ARG_TO, o->output ? o->home_memory : o->wanted_memory}};
    return dnnl_primitive_execute(o->reorder, stream, 2, args);
}

cc_status cc_onednn_pass_run(const cc_onednn_pass *pass) {
    dnnl_exec_arg_t args[CC_ONEDNN_OPERANDS + 1];
    int count = 0;
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (!o->used) continue;
        if (o->reorder && !o->output) DNNL_TRY(run_reorder(o), "reorder");
        args[count++] = (dnnl_exec_arg_t){o->argument, o->wanted_memory};
    }
    args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, pass->scratchpad};
    DNNL_TRY(dnnl_primitive_execute(pass->primitive, stream, count, args), "convolve");
    for (int i = 0; i < CC_ONEDNN_OPERANDS; i++) {
        const operand *o = &pass->operands[i];
        if (o->reorder && o->output) DNNL_TRY(run_reorder(o), "reorder");
    }
    return CC_OK;
}
