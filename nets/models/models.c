#include "nets/models/models.h"

#include <string.h>
#include "nets/engine/model.h"
#include "nets/ops/batch_norm/batch_norm.h"

static const cc_architecture *const architectures[] = {&cc_unet, &cc_unet_bn, &cc_unet_encoder};

const cc_architecture *cc_architecture_at(int i) {
    return i < (int)(sizeof architectures / sizeof *architectures) ? architectures[i] : NULL;
}

static const cc_architecture *find(const char *name) {
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (strcmp(architectures[i]->name, name) == 0) return architectures[i];
    cc_fail(CC_ECONFIG, "net.arch", "unet, unet-bn or unet-encoder", "there is no net \"%s\"", name);
    return NULL;
}

double cc_net_epsilon(const cc_net_spec *spec) {
    return spec->norm_epsilon > 0 ? spec->norm_epsilon : CC_BATCH_NORM_EPSILON;
}

int cc_net_stride(const cc_net_spec *spec) {
    const cc_architecture *a = find(spec->arch);
    return a ? a->stride(spec) : 0;
}

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
