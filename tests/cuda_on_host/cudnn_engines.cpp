/* tests/cuda_on_host/cudnn_engines.cpp -- which graphs the stand-in's engines take, as cuDNN's would, and in which order they are offered. */
#include "cudnn_engines.h"

namespace cc_dnn {

/* --- which graphs they take --- */

static bool is_alone(const graph &g) {
    return g.steps.size() == 1;
}
static bool is_one_group(const graph &g) {
    return g.steps[0].groups() == 1;
}
static bool is_alone_or_one_group(const graph &g) {
    return is_alone(g) || is_one_group(g);
}
static bool is_one_group_followed(const graph &g) {
    return !is_alone(g) && is_one_group(g);
}
static bool is_plain(const graph &g) {
    return is_alone(g) || (is_one_group(g) && g.steps[0].w.type == CUDNN_DATA_FLOAT);
}
static bool is_tiled(const graph &g) {
    const step &s = g.steps[0];
    bool fits = is_alone(g) && is_one_group(g) && s.w.dims[D] == 1 && s.w.dims[H] == 3 && s.w.dims[W] == 3;
    for (int i = D; i < AXES; i++) fits &= s.stride[i] == 1 && s.dilation[i] == 1;
    return fits && &s.output() != &s.w;
}

static const engine engines[] = {
    {CC_ON_HOST_VARYING,
     {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC},
     false,
     23,
     {{{}, 1000}},
     is_alone_or_one_group},
    {CC_ON_HOST_TENSOR_CORE,
     {CUDNN_NUMERICAL_NOTE_TENSOR_CORE},
     false,
     10,
     {{{{CUDNN_KNOB_TYPE_TILE_SIZE, 5}, {CUDNN_KNOB_TYPE_TILEK, 0}}, 0},
      {{{CUDNN_KNOB_TYPE_TILE_SIZE, 12}, {CUDNN_KNOB_TYPE_TILEK, 1}}, 1500}},
     is_one_group},
    {CC_ON_HOST_COMPILED,
     {CUDNN_NUMERICAL_NOTE_TENSOR_CORE},
     true,
     10,
     {{{{CUDNN_KNOB_TYPE_TILE_SIZE, 7}}, 0}},
     is_one_group_followed},
    {CC_ON_HOST_WINOGRAD,
     {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4},
     false,
     20,
     {{{}, 2000}},
     is_tiled},
    {CC_ON_HOST_REFUSED, {}, false, 23, {{{}, 0}}, is_alone_or_one_group},
    {CC_ON_HOST_PLAIN, {}, false, 23, {{{{CUDNN_KNOB_TYPE_TILE_SIZE, 2}}, 500}, {{}, 0}}, is_plain},
};

/* --- what they are told of as --- */

using owned = std::shared_ptr<descriptor>;

/* As cuDNN answers with it. */
static owned describe(cudnnBackendDescriptorType_t type) {
    owned d = std::make_shared<descriptor>(type);
    d->finalized = true;
    return d;
}

static void own(descriptor &d, cudnnBackendAttributeName_t name, const std::vector<owned> &what) {
    std::vector<descriptor *> handles;
    for (const owned &o : what) handles.push_back(o.get());
    d.give(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, handles);
    d.owned.insert(d.owned.end(), what.begin(), what.end());
}

static owned describe_engine(const engine &e) {
    owned d = describe(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    std::vector<cudnnBackendBehaviorNote_t> behaviour = {CUDNN_BEHAVIOR_NOTE_SUPPORTS_CUDA_GRAPH_NATIVE_API};
    if (e.compiled) behaviour.push_back(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION);
    d->give(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, std::vector<int64_t>{e.number});
    d->give(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, e.notes);
    d->give(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, behaviour);
    return d;
}

static owned describe_knob(cudnnBackendKnobType_t type, int64_t value) {
    owned d = describe(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    d->give(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE,
            std::vector<cudnnBackendKnobType_t>{type});
    d->give(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, std::vector<int64_t>{value});
    return d;
}

static owned describe_setting(const engine &e, const setting &s, const std::shared_ptr<const graph> &g) {
    owned d = describe(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    std::vector<owned> knobs;
    for (auto &[type, value] : s.knobs) knobs.push_back(describe_knob(type, value));
    own(*d, CUDNN_ATTR_ENGINECFG_ENGINE, {describe_engine(e)});
    own(*d, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
    d->graph = g;
    d->engine = &e;
    return d;
}

/* --- heuristics --- */

/* A convolution, or one and then a bias by channel and perhaps an activation, each of what was before. */
static cudnnStatus_t check_pattern(const graph &g) {
    const step &first = g.steps[0];
    bool known = !first.is_pointwise() && g.steps.size() <= 3 && (is_alone(g) || &first.output() != &first.w);
    for (size_t i = 1; i < g.steps.size() && known; i++) {
        const step &s = g.steps[i];
        const tensor &before = g.steps[i - 1].output();
        known = s.is_pointwise() && s.has_operand() == (i == 1) && s.x.id == before.id && before.is_virtual;
        if (i == 1) known &= s.w.count() == s.w.dims[C] && s.w.dims[C] == s.x.dims[C] && !s.w.is_virtual;
    }
    if (!known || g.steps.back().output().is_virtual)
        return fail(CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN, "no engine knows this graph");
    for (const tensor *t : first.inputs())
        if (t->type != first.inputs()[0]->type)
            return fail(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "no engine multiplies two types");
    return CUDNN_STATUS_SUCCESS;
}

/* The fallback is what always works, once more. */
static bool is_listed(const engine &e, cudnnBackendHeurMode_t mode) {
    return mode != CUDNN_HEUR_MODE_FALLBACK || e.number == CC_ON_HOST_PLAIN ||
           e.number == CC_ON_HOST_COMPILED;
}

cudnnStatus_t finalize_heuristic(descriptor &d) {
    auto mode = d.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE);
    std::shared_ptr<const graph> g = d.child(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).graph;
    std::vector<owned> results;
    if (mode != CUDNN_HEUR_MODE_A && mode != CUDNN_HEUR_MODE_B && mode != CUDNN_HEUR_MODE_FALLBACK)
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "there is no heuristic %d here", mode);
    CC_DNN_TRY(check_pattern(*g));
    for (const engine &e : engines) {
        if (!e.supports(*g) || !is_listed(e, mode)) continue;
        for (const setting &s : e.settings) results.push_back(describe_setting(e, s, g));
    }
    own(d, CUDNN_ATTR_ENGINEHEUR_RESULTS, results);
    return CUDNN_STATUS_SUCCESS;
}

/* --- plans --- */

static const setting *setting_of(const descriptor &config) {
    std::vector<std::pair<cudnnBackendKnobType_t, int64_t>> knobs;
    for (const descriptor *k : config.all<const descriptor *>(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES))
        knobs.push_back({k->one<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                         k->one<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE)});
    for (const setting &s : config.engine->settings)
        if (s.knobs == knobs) return &s;
    return nullptr;
}

cudnnStatus_t finalize_plan(descriptor &d) {
    const descriptor &config = d.child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
    const setting *s = setting_of(config);
    if (config.engine->number == CC_ON_HOST_REFUSED || !s)
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "the engine cannot after all");
    d.graph = config.graph;
    d.engine = config.engine;
    d.give(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, std::vector<int64_t>{s->workspace});
    return CUDNN_STATUS_SUCCESS;
}

} // namespace cc_dnn
