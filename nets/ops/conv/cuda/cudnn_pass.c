/* nets/ops/conv/cuda/cudnn_pass.c -- a convolution as an operation graph of cuDNN's, the engines that cuDNN
 * offers for it, and the plan that runs.
 *
 * cuDNN's backend API has one kind of object, a descriptor with attributes, which is finished (finalized)
 * before it is used. Tensors and a convolution make an operation, with a bias and an activation two or three
 * of them; operations make a graph; a heuristic proposes engines with settings for the graph (an engine
 * config: here a way); a config makes an execution plan, which runs on a list of pointers (a variant pack).
 * Source: cuDNN's backend API (cudnn_graph.h). */
#ifdef CC_HAVE_CUDA
#include "nets/ops/conv/cuda/cudnn_pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cuda/device.h"
#include "nets/engine/needs.h"

/* No way may want more scratch memory than this. */
static const size_t workspace_most = CC_NEEDS_UNKNOWN;

enum { ALIGNMENT = 16, LISTED_MOST = 64, KNOBS_MOST = 32, NOTES_MOST = 16 };

/* By these numbers cuDNN knows the tensors of a graph; SUM and BIASED are virtual. */
enum { INPUT = 1, OUTPUT, WEIGHTS, BIAS, SUM, BIASED };

typedef cudnnBackendDescriptor_t descriptor;

#define TRY_CUDNN(call) CC_TRY(cc_cudnn_status(c->cudnn, c->cudnn->call))
#define SET(d, attribute, type, count, values)                                                               \
    TRY_CUDNN(cudnnBackendSetAttribute(d, CUDNN_ATTR_##attribute, CUDNN_TYPE_##type, count, values))

/* A descriptor that is destroyed with the pass. */
static cc_status create(descriptor *out, cc_cudnn_pass *c, cudnnBackendDescriptorType_t type) {
    if (c->held_count == sizeof c->held / sizeof *c->held)
        return cc_fail(CC_EINVAL, "cuDNN", NULL, "too many descriptors");
    TRY_CUDNN(cudnnBackendCreateDescriptor(type, out));
    c->held[c->held_count++] = *out;
    return CC_OK;
}

/* Channels last. A virtual one never leaves the kernel. */
static cc_status describe_tensor(descriptor *out, cc_cudnn_pass *c, int64_t id, const cc_shape *shape,
                                 cudnnDataType_t type, bool is_virtual) {
    int64_t strides[CC_RANK_MAX], alignment = ALIGNMENT, next = shape->dims[1];
    strides[1] = 1;
    for (int i = shape->rank - 1; i > 1; next *= shape->dims[i--]) strides[i] = next;
    strides[0] = next;
    CC_TRY(create(out, c, CUDNN_BACKEND_TENSOR_DESCRIPTOR));
    SET(*out, TENSOR_DATA_TYPE, DATA_TYPE, 1, &type);
    SET(*out, TENSOR_DIMENSIONS, INT64, shape->rank, shape->dims);
    SET(*out, TENSOR_STRIDES, INT64, shape->rank, strides);
    SET(*out, TENSOR_UNIQUE_ID, INT64, 1, &id);
    SET(*out, TENSOR_BYTE_ALIGNMENT, INT64, 1, &alignment);
    SET(*out, TENSOR_IS_VIRTUAL, BOOLEAN, 1, &is_virtual);
    TRY_CUDNN(cudnnBackendFinalize(*out));
    return CC_OK;
}

static cc_status describe_convolution(descriptor *out, cc_cudnn_pass *c, const cc_cuda_conv *conv) {
    const cc_conv_attr *a = &conv->attr;
    int64_t spatial = conv->input.rank - 2, from = CC_SPATIAL_MAX - spatial, after[CC_SPATIAL_MAX];
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    /* At rank 4 cuDNN wants two spatial dims: the entries of D are left out. */
    for (int i = 0; i < CC_SPATIAL_MAX; i++) after[i] = a->padding[i] + a->padding_more[i];
    CC_TRY(create(out, c, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR));
    SET(*out, CONVOLUTION_SPATIAL_DIMS, INT64, 1, &spatial);
    SET(*out, CONVOLUTION_COMP_TYPE, DATA_TYPE, 1, &type);
    SET(*out, CONVOLUTION_CONV_MODE, CONVOLUTION_MODE, 1, &mode);
    SET(*out, CONVOLUTION_PRE_PADDINGS, INT64, spatial, a->padding + from);
    SET(*out, CONVOLUTION_POST_PADDINGS, INT64, spatial, after + from);
    SET(*out, CONVOLUTION_DILATIONS, INT64, spatial, a->dilation + from);
    SET(*out, CONVOLUTION_FILTER_STRIDES, INT64, spatial, a->stride + from);
    TRY_CUDNN(cudnnBackendFinalize(*out));
    return CC_OK;
}

/* cuDNN's names of what the operation of one pass takes. */
typedef struct operation {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t convolution, input, output, weights, alpha, beta;
} operation;

static const operation operations[] = {
    [CC_PASS_FORWARD] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                         CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    [CC_PASS_BACKWARD_DATA] = {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    [CC_PASS_BACKWARD_WEIGHTS] = {
        CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};

/* Of what lies in memory; sums are float32 always. */
static cudnnDataType_t type_of(const cc_cuda_conv *conv) {
    return conv->dtype == CC_BF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/* O, I of a group, kernel. */
static cc_shape weights_shape(const cc_cuda_conv *conv) {
    cc_shape s = {.rank = conv->input.rank,
                  .dims = {conv->output.dims[1], conv->input.dims[1] / conv->attr.groups}};
    for (int i = 2; i < s.rank; i++) s.dims[i] = conv->attr.kernel[CC_SPATIAL_MAX - s.rank + i];
    return s;
}

/* `between`: NULL where the pass writes its result; else the virtual tensor that takes the output's place,
 * which the next operation reads. */
static cc_status add_convolution(descriptor *out, cc_cudnn_pass *c, const cc_cuda_conv *conv,
                                 descriptor between) {
    const operation *of = &operations[conv->pass];
    const cc_shape weights = weights_shape(conv);
    const float one = 1, zero = 0;
    descriptor convolution, input, output = between, w;
    CC_TRY(describe_convolution(&convolution, c, conv));
    CC_TRY(describe_tensor(&input, c, INPUT, &conv->input, type_of(conv), false));
    if (!between) CC_TRY(describe_tensor(&output, c, OUTPUT, &conv->output, type_of(conv), false));
    CC_TRY(describe_tensor(&w, c, WEIGHTS, &weights, type_of(conv), false));
    CC_TRY(create(out, c, of->type));
    TRY_CUDNN(
        cudnnBackendSetAttribute(*out, of->convolution, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &convolution));
    TRY_CUDNN(cudnnBackendSetAttribute(*out, of->input, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &input));
    TRY_CUDNN(cudnnBackendSetAttribute(*out, of->output, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &output));
    TRY_CUDNN(cudnnBackendSetAttribute(*out, of->weights, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &w));
    TRY_CUDNN(cudnnBackendSetAttribute(*out, of->alpha, CUDNN_TYPE_FLOAT, 1, &one));
    TRY_CUDNN(cudnnBackendSetAttribute(*out, of->beta, CUDNN_TYPE_FLOAT, 1, &zero));
    TRY_CUDNN(cudnnBackendFinalize(*out));
    return CC_OK;
}

/* b: NULL where the mode has one operand. */
static cc_status add_pointwise(descriptor *out, cc_cudnn_pass *c, cudnnPointwiseMode_t mode, descriptor x,
                               descriptor b, descriptor y) {
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    descriptor pointwise;
    CC_TRY(create(&pointwise, c, CUDNN_BACKEND_POINTWISE_DESCRIPTOR));
    SET(pointwise, POINTWISE_MODE, POINTWISE_MODE, 1, &mode);
    SET(pointwise, POINTWISE_MATH_PREC, DATA_TYPE, 1, &type);
    TRY_CUDNN(cudnnBackendFinalize(pointwise));
    CC_TRY(create(out, c, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR));
    SET(*out, OPERATION_POINTWISE_PW_DESCRIPTOR, BACKEND_DESCRIPTOR, 1, &pointwise);
    SET(*out, OPERATION_POINTWISE_XDESC, BACKEND_DESCRIPTOR, 1, &x);
    if (b) SET(*out, OPERATION_POINTWISE_BDESC, BACKEND_DESCRIPTOR, 1, &b);
    SET(*out, OPERATION_POINTWISE_YDESC, BACKEND_DESCRIPTOR, 1, &y);
    TRY_CUDNN(cudnnBackendFinalize(*out));
    return CC_OK;
}

/* The convolution, its bias and its activation: two or three operations. What passes between them stays
 * float32. */
static cc_status add_fused(descriptor out[3], int *count, cc_cudnn_pass *c, const cc_cuda_conv *conv) {
    static const cudnnPointwiseMode_t modes[] = {
        [CC_ACTIVATION_RELU] = CUDNN_POINTWISE_RELU_FWD, [CC_ACTIVATION_SILU] = CUDNN_POINTWISE_SWISH_FWD};
    bool active = conv->activation != CC_ACTIVATION_NONE;
    const cc_shape *shape = &conv->output;
    cc_shape by_channel = {.rank = shape->rank, .dims = {1, shape->dims[1], 1, 1, 1}};
    descriptor convolved, bias, biased, result;
    CC_TRY(describe_tensor(&convolved, c, SUM, shape, CUDNN_DATA_FLOAT, true));
    CC_TRY(describe_tensor(&bias, c, BIAS, &by_channel, type_of(conv), false));
    CC_TRY(describe_tensor(&result, c, OUTPUT, shape, type_of(conv), false));
    biased = result;
    if (active) CC_TRY(describe_tensor(&biased, c, BIASED, shape, CUDNN_DATA_FLOAT, true));
    CC_TRY(add_convolution(&out[0], c, conv, convolved));
    CC_TRY(add_pointwise(&out[1], c, CUDNN_POINTWISE_ADD, convolved, bias, biased));
    if (active) CC_TRY(add_pointwise(&out[2], c, modes[conv->activation], biased, NULL, result));
    *count = active ? 3 : 2;
    return CC_OK;
}

static cc_status describe_graph(descriptor *out, cc_cudnn_pass *c, const cc_cuda_conv *conv) {
    descriptor steps[3];
    int count = 1;
    if (conv->fused)
        CC_TRY(add_fused(steps, &count, c, conv));
    else
        CC_TRY(add_convolution(&steps[0], c, conv, NULL));
    CC_TRY(create(out, c, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
    SET(*out, OPERATIONGRAPH_OPS, BACKEND_DESCRIPTOR, count, steps);
    if (!c->cudnn->pretend) SET(*out, OPERATIONGRAPH_HANDLE, HANDLE, 1, &c->cudnn->handle);
    TRY_CUDNN(cudnnBackendFinalize(*out));
    return CC_OK;
}

/* What cuDNN notes about an engine: a bit for each numerical note, and whether it is compiled when it is
 * prepared. */
static cc_status read_notes(unsigned *numerical, bool *compiled, const cc_cudnn_pass *c, descriptor engine) {
    cudnnBackendNumericalNote_t notes[NOTES_MOST];
    cudnnBackendBehaviorNote_t behaviour[NOTES_MOST];
    int64_t count = 0;
    *numerical = 0;
    *compiled = false;
    TRY_CUDNN(cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                       NOTES_MOST, &count, notes));
    for (int64_t i = 0; i < count && i < NOTES_MOST; i++) *numerical |= 1u << notes[i];
    TRY_CUDNN(cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
                                       NOTES_MOST, &count, behaviour));
    for (int64_t i = 0; i < count && i < NOTES_MOST; i++)
        *compiled |= behaviour[i] == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
    return CC_OK;
}

/* float32 without TF32 must be asked for: an engine of tensor cores rounds. */
static bool is_allowed(unsigned notes, const cc_cuda_conv *conv, bool fast) {
    const unsigned rounds = 1u << CUDNN_NUMERICAL_NOTE_TENSOR_CORE |
                            1u << CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS,
                   varies = 1u << CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC,
                   loses = 1u << CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION;
    if (conv->dtype == CC_F32 && !conv->tf32 && notes & rounds) return false;
    return fast || !(notes & (varies | loses));
}

/* Writes the settings after the engine's number. */
static cc_status name_settings(cc_conv_way *way, const cc_cudnn_pass *c) {
    descriptor knobs[KNOBS_MOST];
    int64_t count = 0, one;
    int made = 0;
    size_t at = strlen(way->name);
    cc_status status = CC_OK;
    for (; made < KNOBS_MOST; made++)
        if (c->cudnn->cudnnBackendCreateDescriptor(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, &knobs[made]) !=
            CUDNN_STATUS_SUCCESS)
            break;
    CC_CHECK(cc_cudnn_status(
        c->cudnn, c->cudnn->cudnnBackendGetAttribute(way->config, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                                                     CUDNN_TYPE_BACKEND_DESCRIPTOR, made, &count, knobs)));
    for (int64_t i = 0; i < count && i < made && at < sizeof way->name; i++) {
        cudnnBackendKnobType_t knob;
        int64_t value;
        CC_CHECK(cc_cudnn_status(
            c->cudnn, c->cudnn->cudnnBackendGetAttribute(knobs[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE,
                                                         CUDNN_TYPE_KNOB_TYPE, 1, &one, &knob)));
        CC_CHECK(cc_cudnn_status(
            c->cudnn, c->cudnn->cudnnBackendGetAttribute(knobs[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE,
                                                         CUDNN_TYPE_INT64, 1, &one, &value)));
        at +=
            (size_t)snprintf(way->name + at, sizeof way->name - at, "_k%d=%lld", (int)knob, (long long)value);
    }
done:
    for (int i = 0; i < made; i++) c->cudnn->cudnnBackendDestroyDescriptor(knobs[i]);
    return status;
}

static cc_status describe_way(cc_conv_way *way, bool *allowed, const cc_cudnn_pass *c, descriptor engine,
                              const cc_cuda_conv *conv, bool fast) {
    int64_t count;
    unsigned notes;
    const unsigned indirect = 1u << CUDNN_NUMERICAL_NOTE_FFT | 1u << CUDNN_NUMERICAL_NOTE_WINOGRAD |
                              1u << CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4 |
                              1u << CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6 |
                              1u << CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13;
    /* cuDNN fills in descriptors that the caller has made: `engine`, which is asked for its number and
     * notes. */
    TRY_CUDNN(cudnnBackendGetAttribute(way->config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                       CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &engine));
    TRY_CUDNN(cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &count,
                                       &way->engine));
    CC_TRY(read_notes(&notes, &way->compiled, c, engine));
    way->direct = !(notes & indirect);
    *allowed = is_allowed(notes, conv, fast);
    snprintf(way->name, sizeof way->name, "%seng%lld", conv->fused ? "fused-" : "", (long long)way->engine);
    return name_settings(way, c);
}

/* Keeps one that cuDNN lists, if it is allowed, new and there is room; else destroys it. */
static cc_status consider(cc_cudnn_pass *c, descriptor config, const cc_cuda_conv *conv, bool fast) {
    cc_conv_way way = {.config = config};
    descriptor engine;
    bool keep = c->count < CC_CONV_WAYS_MAX;
    cc_status status = cc_cudnn_status(
        c->cudnn, c->cudnn->cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine));
    if (status == CC_OK) {
        bool allowed = false;
        status = describe_way(&way, &allowed, c, engine, conv, fast);
        keep = keep && status == CC_OK && allowed;
        c->cudnn->cudnnBackendDestroyDescriptor(engine);
    } else {
        keep = false;
    }
    for (int i = 0; i < c->count && keep; i++) keep = strcmp(c->ways[i].name, way.name) != 0;
    if (keep)
        c->ways[c->count++] = way;
    else
        c->cudnn->cudnnBackendDestroyDescriptor(config);
    return status;
}

/* What one of cuDNN's heuristics proposes; one that does not know the graph proposes nothing. */
static cc_status list(cc_cudnn_pass *c, descriptor graph, cudnnBackendHeurMode_t mode,
                      const cc_cuda_conv *conv, bool fast) {
    descriptor heuristic, configs[LISTED_MOST];
    int64_t count = 0;
    CC_TRY(create(&heuristic, c, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
    SET(heuristic, ENGINEHEUR_OPERATION_GRAPH, BACKEND_DESCRIPTOR, 1, &graph);
    SET(heuristic, ENGINEHEUR_MODE, HEUR_MODE, 1, &mode);
    if (c->cudnn->pretend) SET(heuristic, ENGINEHEUR_DEVICEPROP, BACKEND_DESCRIPTOR, 1, &c->cudnn->pretend);
    if (c->cudnn->cudnnBackendFinalize(heuristic) != CUDNN_STATUS_SUCCESS) return CC_OK;
    /* cuDNN fills as many as there are: those that are not filled, or not kept, are destroyed here. */
    for (int i = 0; i < LISTED_MOST; i++)
        TRY_CUDNN(cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &configs[i]));
    cc_status status =
        cc_cudnn_status(c->cudnn, c->cudnn->cudnnBackendGetAttribute(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                                                     CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                                                     LISTED_MOST, &count, configs));
    for (int64_t i = 0; i < LISTED_MOST; i++)
        if (status == CC_OK && i < count)
            status = consider(c, configs[i], conv, fast);
        else
            c->cudnn->cudnnBackendDestroyDescriptor(configs[i]);
    return status;
}

/* cuDNN's list of what always works (FALLBACK) is asked for where the heuristic proposes little: that answer
 * takes ten times as long. */
cc_status cc_cudnn_pass_init(cc_cudnn_pass *c, const cc_cuda_conv *conv, bool fast) {
    enum { ENOUGH = 8 };
    descriptor graph;
    *c = (cc_cudnn_pass){.fused = conv->fused};
    CC_TRY(cc_cudnn_open(&c->cudnn));
    c->ways = calloc(CC_CONV_WAYS_MAX, sizeof *c->ways);
    if (!c->ways) return cc_fail_memory("plan", CC_CONV_WAYS_MAX * sizeof *c->ways);
    CC_TRY(describe_graph(&graph, c, conv));
    CC_TRY(list(c, graph, CUDNN_HEUR_MODE_A, conv, fast));
    return c->count < ENOUGH ? list(c, graph, CUDNN_HEUR_MODE_FALLBACK, conv, fast) : CC_OK;
}

static void release_way(const cc_cudnn_pass *c, const cc_conv_way *way) {
    if (way->plan) c->cudnn->cudnnBackendDestroyDescriptor(way->plan);
    c->cudnn->cudnnBackendDestroyDescriptor(way->config);
}

void cc_cudnn_pass_keep(cc_cudnn_pass *c, int way) {
    for (int i = 0; i < c->count; i++)
        if (i != way) release_way(c, &c->ways[i]);
    c->ways[0] = c->ways[way];
    c->count = 1;
    /* A smaller array where that can be had; else the large one serves. */
    cc_conv_way *one = realloc(c->ways, sizeof *one);
    if (one) c->ways = one;
}

void cc_cudnn_pass_deinit(cc_cudnn_pass *c) {
    for (int i = 0; i < c->count; i++) release_way(c, &c->ways[i]);
    free(c->ways);
    while (c->held_count > 0) c->cudnn->cudnnBackendDestroyDescriptor(c->held[--c->held_count]);
    *c = (cc_cudnn_pass){0};
}

static cc_status build_plan(const cc_cudnn_pass *c, descriptor plan, const cc_conv_way *way) {
    SET(plan, EXECUTION_PLAN_ENGINE_CONFIG, BACKEND_DESCRIPTOR, 1, &way->config);
    if (c->cudnn->pretend)
        SET(plan, EXECUTION_PLAN_DEVICEPROP, BACKEND_DESCRIPTOR, 1, &c->cudnn->pretend);
    else
        SET(plan, EXECUTION_PLAN_HANDLE, HANDLE, 1, &c->cudnn->handle);
    TRY_CUDNN(cudnnBackendFinalize(plan));
    return CC_OK;
}

cc_status cc_cudnn_pass_prepare(cc_cudnn_pass *c, int at) {
    cc_conv_way *way = &c->ways[at];
    descriptor plan;
    int64_t bytes = 0, count;
    if (way->plan) return CC_OK;
    TRY_CUDNN(cudnnBackendCreateDescriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, &plan));
    cc_status status = build_plan(c, plan, way);
    if (status == CC_OK)
        status = cc_cudnn_status(
            c->cudnn, c->cudnn->cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                                         CUDNN_TYPE_INT64, 1, &count, &bytes));
    /* Some engines are listed and then refuse: that is no fault, but a way less. */
    if (status != CC_OK || (size_t)bytes > workspace_most) {
        c->cudnn->cudnnBackendDestroyDescriptor(plan);
        return cc_fail(CC_EUNSUPPORTED, "cuDNN", "use --device cpu", "engine %s cannot be used: %.80s",
                       way->name,
                       status == CC_OK ? "it wants too much scratch memory" : cc_error_get()->what);
    }
    way->plan = plan;
    way->workspace = cc_conv_workspace_bytes((size_t)bytes);
    return CC_OK;
}

/* Pointers by the numbers that the tensors have in the graph. */
static cc_status execute(const cc_cudnn_pass *c, descriptor pack, const cc_conv_way *way,
                         const cc_conv_operands *o) {
    int64_t ids[] = {INPUT, OUTPUT, WEIGHTS, BIAS};
    void *pointers[] = {o->input, o->output, o->weights, (void *)o->bias};
    void *workspace = way->workspace ? cc_conv_workspace(o) : NULL;
    int64_t count = c->fused ? 4 : 3;
    SET(pack, VARIANT_PACK_UNIQUE_IDS, INT64, count, ids);
    SET(pack, VARIANT_PACK_DATA_POINTERS, VOID_PTR, count, pointers);
    SET(pack, VARIANT_PACK_WORKSPACE, VOID_PTR, 1, &workspace);
    TRY_CUDNN(cudnnBackendFinalize(pack));
    TRY_CUDNN(cudnnBackendExecute(c->cudnn->handle, way->plan, pack));
    return CC_OK;
}

cc_status cc_cudnn_pass_run(const cc_cudnn_pass *c, int at, const cc_conv_operands *operands) {
    descriptor pack;
    TRY_CUDNN(cudnnBackendCreateDescriptor(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, &pack));
    cc_status status = execute(c, pack, &c->ways[at], operands);
    c->cudnn->cudnnBackendDestroyDescriptor(pack);
    return status;
}
#else
typedef int cc_cudnn_pass_is_absent;
#endif
