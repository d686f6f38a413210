#include <stdlib.h>
#include <string.h>
#include "nets/cpu/onednn_parts.h"

static dnnl_format_tag_t tag_of(int rank, int64_t block) {
    bool flat = rank == 4;
    return block == 1   ? (flat ? dnnl_nchw : dnnl_ncdhw)
           : block == 8 ? (flat ? dnnl_nChw8c : dnnl_nCdhw8c)
                        : (flat ? dnnl_nChw16c : dnnl_nCdhw16c);
}

static dnnl_data_type_t type_of(cc_dtype dtype) {
    return dtype == CC_BF16 ? dnnl_bf16 : dnnl_f32;
}

cc_status cc_onednn_activation_desc(dnnl_memory_desc_t *out, const cc_shape *shape, int64_t block,
                                    cc_dtype dtype) {
    dnnl_format_tag_t tag = block ? tag_of(shape->rank, block) : dnnl_format_tag_any;
    dnnl_dims_t dims = {0}; /* longer than a shape's */
    memcpy(dims, shape->dims, sizeof shape->dims);
    DNNL_TRY(dnnl_memory_desc_init_by_tag(out, shape->rank, dims, type_of(dtype), tag),
             "describe an activation");
    return CC_OK;
}

/* The channel block of a layout that oneDNN chose, or 0 where it is none of ours. */
static int64_t block_of(const dnnl_memory_desc_t *desc, const cc_shape *shape) {
    static const int64_t blocks[] = {16, 8, 1};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        dnnl_memory_desc_t ours;
        if (cc_onednn_activation_desc(&ours, shape, blocks[i], CC_F32) == CC_OK &&
            dnnl_memory_desc_equal(&ours, desc))
            return blocks[i];
    }
    return 0;
}

cc_status cc_onednn_weights_desc(dnnl_memory_desc_t *out, const cc_onednn_conv *c, bool plain,
                                 cc_dtype dtype) {
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
    DNNL_TRY(dnnl_memory_desc_init_by_tag(out, rank, dims, type_of(dtype), tag), "describe weights");
    return CC_OK;
}

int64_t cc_onednn_weights_block(const cc_parameter_slot *weights, const cc_onednn_conv *conv) {
    static const dnnl_format_tag_t tags[2][2] = {{dnnl_OIhw8i8o, dnnl_OIhw16i16o},
                                                 {dnnl_Goihw8g, dnnl_Goihw16g}};
    const cc_onednn_layout *l = weights->layout;
    bool grouped = conv->attr->groups > 1;
    for (int i = 0; l && conv->x->rank == 4 && i < 2; i++) {
        dnnl_memory_desc_t ours;
        const dnnl_memory_desc_t *stored = &l->stored;
        if (dnnl_memory_desc_init_by_tag(&ours, stored->ndims, stored->dims, dnnl_f32, tags[grouped][i]) ==
                dnnl_success &&
            dnnl_memory_desc_equal(&ours, stored))
            return 8 << i;
    }
    return 0;
}

struct cc_onednn_reorder {
    dnnl_primitive_t primitive;
    dnnl_memory_t from, to;
};

static cc_status make_reorder(cc_onednn_reorder **out, const dnnl_memory_desc_t *from,
                              const dnnl_memory_desc_t *to) {
    dnnl_engine_t engine = cc_onednn_engine();
    dnnl_primitive_desc_t desc = NULL;
    cc_onednn_reorder *r = calloc(1, sizeof *r);
    if (!r) return cc_fail_memory("weights", sizeof *r);
    dnnl_status_t code = dnnl_reorder_primitive_desc_create(&desc, from, engine, to, engine, NULL);
    if (code == dnnl_success) code = dnnl_primitive_create(&r->primitive, desc);
    if (code == dnnl_success) code = dnnl_memory_create(&r->from, from, engine, DNNL_MEMORY_NONE);
    if (code == dnnl_success) code = dnnl_memory_create(&r->to, to, engine, DNNL_MEMORY_NONE);
    dnnl_primitive_desc_destroy(desc);
    *out = r;
    if (code == dnnl_success) return CC_OK;
    cc_onednn_reorder_destroy(r);
    return cc_onednn_fail(code, "reorder weights");
}

cc_status cc_onednn_reorder_create(cc_onednn_reorder **out, const cc_parameter_slot *weights, bool to_plain) {
    const cc_onednn_layout *l = weights->layout;
    return to_plain ? make_reorder(out, &l->stored, &l->plain) : make_reorder(out, &l->plain, &l->stored);
}

cc_status cc_onednn_reorder_run(const cc_onednn_reorder *r, void *to, const void *from) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, r->from}, {DNNL_ARG_TO, r->to}};
    DNNL_TRY(dnnl_memory_set_data_handle(r->from, (void *)from), "bind memory");
    DNNL_TRY(dnnl_memory_set_data_handle(r->to, to), "bind memory");
    DNNL_TRY(dnnl_primitive_execute(r->primitive, cc_onednn_stream(), 2, args), "reorder weights");
    return CC_OK;
}

void cc_onednn_reorder_destroy(cc_onednn_reorder *r) {
    if (!r) return;
    dnnl_memory_destroy(r->from);
    dnnl_memory_destroy(r->to);
    dnnl_primitive_destroy(r->primitive);
    free(r);
}

cc_status cc_onednn_convert(void *to, const dnnl_memory_desc_t *to_desc, const void *from,
                            const dnnl_memory_desc_t *from_desc) {
    cc_onednn_reorder *reorder;
    CC_TRY(make_reorder(&reorder, from_desc, to_desc));
    cc_status status = cc_onednn_reorder_run(reorder, to, from);
    cc_onednn_reorder_destroy(reorder);
    return status;
}

static cc_status pack(const cc_parameter_slot *slot, float *stored, const float *plain) {
    const cc_onednn_layout *l = slot->layout;
    return cc_onednn_convert(stored, &l->stored, plain, &l->plain);
}

static cc_status unpack(const cc_parameter_slot *slot, float *plain, const float *stored) {
    const cc_onednn_layout *l = slot->layout;
    return cc_onednn_convert(plain, &l->plain, stored, &l->stored);
}

static cc_status lay_out(cc_parameter_slot *slot, const cc_onednn_conv *c, const dnnl_memory_desc_t *wanted) {
    cc_onednn_layout *l = malloc(sizeof *l);
    if (!l) return cc_fail_memory("weights", sizeof *l);
    l->stored = *wanted;
    slot->layout = l;
    slot->release = free;
    slot->bytes = dnnl_memory_desc_get_size(wanted);
    slot->pack = pack;
    slot->unpack = unpack;
    return cc_onednn_weights_desc(&l->plain, c, true, CC_F32);
}

cc_status cc_onednn_lay_out_plain(cc_parameter_slot *weights, const cc_onednn_conv *conv) {
    dnnl_memory_desc_t plain;
    CC_TRY(cc_onednn_start());
    CC_TRY(cc_onednn_weights_desc(&plain, conv, true, CC_F32));
    return lay_out(weights, conv, &plain);
}

bool cc_onednn_is_plain(const cc_parameter_slot *weights) {
    const cc_onednn_layout *l = weights->layout;
    return dnnl_memory_desc_equal(&l->stored, &l->plain);
}

/* The direct forward pass in float32, y in whatever layout it likes. */
static cc_status describe_forward(dnnl_primitive_desc_t *out, const cc_onednn_conv *conv, int64_t x_block) {
    cc_onednn_conv single = *conv;
    single.dtype = CC_F32;
    cc_onednn_request request = {
        .kind = CC_ONEDNN_FORWARD, .conv = &single, .training = true, .x_block = x_block};
    CC_TRY(cc_onednn_start());
    return cc_onednn_describe_pass(out, &request);
}

cc_status cc_onednn_lay_out(cc_parameter_slot *weights, const cc_onednn_conv *conv, int64_t x_block) {
    dnnl_primitive_desc_t desc;
    CC_TRY(describe_forward(&desc, conv, x_block));
    cc_status status =
        lay_out(weights, conv, dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, DNNL_ARG_WEIGHTS));
    dnnl_primitive_desc_destroy(desc);
    return status;
}

cc_status cc_onednn_output_block(int64_t *out, const cc_onednn_conv *conv, int64_t x_block) {
    dnnl_primitive_desc_t desc;
    *out = cc_onednn_block();
    if (conv->y->dims[1] >= *out) return CC_OK;
    CC_TRY(describe_forward(&desc, conv, x_block));
    *out = block_of(dnnl_primitive_desc_query_md(desc, dnnl_query_exec_arg_md, DNNL_ARG_DST), conv->y);
    if (!*out) *out = 1;
    dnnl_primitive_desc_destroy(desc);
    return CC_OK;
}
