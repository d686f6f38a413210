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

cc_status cc_net_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    const cc_architecture *a = find(spec->arch);
    if (!a) return CC_ECONFIG;
    a->stride(dhw, spec);
    return CC_OK;
}

/* Sizes are checked before layers are added: the message then speaks of images or volumes, not of some
 * layer's input. */
static cc_status check_size(const cc_architecture *a, const cc_net_spec *spec, const cc_shape *input) {
    int64_t stride[CC_SPATIAL_MAX], size[CC_SPATIAL_MAX];
    a->stride(stride, spec);
    cc_shape_spatial(size, input);
    if (input->rank == 4 && stride[0] > 0)
        return cc_fail(CC_EINVAL, a->name, "give a depth", "this net takes volumes, not images");
    if (input->rank == 5 && stride[0] == 0)
        return cc_fail(CC_EINVAL, a->name, "leave the depth out", "this net takes images, not volumes");
    bool fits = input->dims[0] > 0;
    for (int i = CC_SPATIAL_MAX + 2 - input->rank; i < CC_SPATIAL_MAX; i++)
        fits &= size[i] > 0 && size[i] % stride[i] == 0;
    if (fits) return CC_OK;
    if (input->rank == 5)
        return cc_fail(CC_EINVAL, a->name, "change the volume's size or net.depth",
                       "a volume of %lld x %lld x %lld is not a multiple of %lld x %lld x %lld",
                       (long long)size[0], (long long)size[1], (long long)size[2], (long long)stride[0],
                       (long long)stride[1], (long long)stride[2]);
    if (stride[1] == stride[2])
        return cc_fail(CC_EINVAL, a->name, "change preprocess.size or net.depth",
                       "an image of %lld x %lld is not a multiple of %lld", (long long)size[1],
                       (long long)size[2], (long long)stride[1]);
    return cc_fail(CC_EINVAL, a->name, "change preprocess.size or net.depth",
                   "an image of %lld x %lld is not a multiple of %lld x %lld", (long long)size[1],
                   (long long)size[2], (long long)stride[1], (long long)stride[2]);
}

cc_status cc_net_build(cc_graph **out, const cc_net_spec *spec, int64_t n, int64_t depth, int64_t height,
                       int64_t width) {
    const cc_architecture *a = find(spec->arch);
    if (!a) return CC_ECONFIG;
    cc_shape input = depth ? cc_shape_3d(n, spec->in_channels, depth, height, width)
                           : cc_shape_2d(n, spec->in_channels, height, width);
    CC_TRY(check_size(a, spec, &input));
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
