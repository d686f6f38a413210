/* nets/models/models.c -- from the words of a config to a graph: the architecture is found by its name, asked
 * which sizes it takes, and told to build. */
#include "nets/models/models.h"

#include <stdio.h>
#include <string.h>
#include "nets/engine/model.h"
#include "nets/ops/batch_norm/batch_norm.h"

static const cc_architecture architectures[] = {
#define X(id, name, kind) {name, kind, cc_##id##_stride, cc_##id##_build},
    CC_ARCHITECTURES(X)
#undef X
};

const cc_architecture *cc_architecture_at(int i) {
    return i < (int)(sizeof architectures / sizeof *architectures) ? &architectures[i] : NULL;
}

bool cc_net_kind_takes(cc_net_kind kind, const cc_encoder *encoder) {
    const bool dense = encoder->dense.growth > 0;
    switch (kind) {
    case CC_NET_OF_ENCODER_AND_DECODER:
        return true;
    case CC_NET_OF_DILATED_ENCODER:
        return !dense;
    case CC_NET_OF_DENSE_ENCODER:
        return dense;
    case CC_NET_OF_LAYERS:
        break;
    }
    return false;
}

static const char *architecture_name(int i) {
    return cc_architecture_at(i) ? architectures[i].name : NULL;
}

void cc_models_list(char *out, size_t capacity, const char *(*name)(int i)) {
    size_t used = 0;
    *out = 0;
    for (int i = 0; name(i) && used < capacity; i++) {
        const char *separator = i == 0 ? "" : name(i + 1) ? ", " : " or ";
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", separator, name(i));
    }
}

/* NULL with the error set: its hint lists the names there are. */
static const cc_architecture *find(const char *name) {
    char hint[128];
    for (int i = 0; cc_architecture_at(i); i++)
        if (strcmp(architectures[i].name, name) == 0) return &architectures[i];
    cc_models_list(hint, sizeof hint, architecture_name);
    cc_fail(CC_ECONFIG, "net.arch", hint, "there is no net \"%s\"", name);
    return NULL;
}

double cc_net_epsilon(const cc_net_spec *spec) {
    return spec->norm_epsilon > 0 ? spec->norm_epsilon : CC_BATCH_NORM_EPSILON;
}

int cc_net_stride(const cc_net_spec *spec) {
    const cc_architecture *a = find(spec->arch);
    return a ? a->stride(spec) : 0;
}

/* Sizes are checked before layers are added: the message then speaks of images, not of some layer's input. */
cc_status cc_net_build(cc_graph **out, const cc_net_spec *spec, int64_t n, int64_t height, int64_t width) {
    const cc_architecture *a = find(spec->arch);
    if (!a) return CC_ECONFIG;
    int stride = a->stride(spec);
    if (n < 1 || height < 1 || width < 1 || height % stride || width % stride)
        return cc_fail(CC_EINVAL, a->name, "change preprocess.size or net.depth",
                       "an image of %lld x %lld is not a multiple of %d", (long long)height, (long long)width,
                       stride);
    cc_shape input = cc_shape_2d(n, spec->in_channels, height, width);
    cc_graph *graph = cc_graph_create(&input);
    if (!graph) return CC_ENOMEM;
    a->build(graph, spec);
    cc_status status = cc_graph_finish(graph);
    if (status != CC_OK) {
        cc_graph_destroy(graph);
        return cc_fail_within(status, a->name);
    }
    *out = graph;
    return CC_OK;
}
