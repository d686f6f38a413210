/* tests/nets/backends/test_cudnn_plans.c -- what cuDNN itself has for the convolutions of the nets of images:
 * asked of its library, for cards that need not be there, without a device. */
#include "support.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "nets/engine/model.h"
#include "nets/ops/conv/cuda/cudnn_pass.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/ops.h"

/* As cuDNN 9.8 and later describe one. */
typedef struct card {
    const char *name;
    int capability, processors, shared_bytes, threads, blocks;
    long long memory;
    int cache, clock_khz, memory_khz;
} card;

static const card cards[] = {
    {"Tesla T4", 750, 40, 65536, 1024, 16, 15843721216, 4194304, 1590000, 5001000},
    {"NVIDIA A100-SXM4-40GB", 800, 108, 166912, 2048, 32, 42298834944, 41943040, 1410000, 1215000},
    {"NVIDIA GeForce RTX 3090", 860, 82, 101376, 1536, 16, 25438126080, 6291456, 1695000, 9751000},
    {"NVIDIA GeForce RTX 4090", 890, 128, 101376, 1536, 24, 25386352640, 75497472, 2520000, 10501000},
    {"NVIDIA H100 80GB HBM3", 900, 132, 232448, 2048, 32, 85017755648, 52428800, 1980000, 2619000},
};
enum { CARDS = sizeof cards / sizeof *cards, KINDS_MOST = 512 };

/* The first of its kind in the nets, at one of the sizes. */
typedef struct kind {
    char name[96];
    cc_cuda_conv conv; /* its pass: that of the forward pass */
} kind;

static kind kinds[KINDS_MOST];
static int kind_count;
static struct { int passes, ways, fused; } seen;

static cc_status pretend(const card *c) {
    char text[1000];
    snprintf(
        text, sizeof text,
        "{\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
        "\"multiProcessorCount\":%d,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
        "\"maxSharedMemoryPerBlockOptin\":%d,\"reservedSharedMemoryPerBlock\":1024,"
        "\"maxRegistersPerSM\":65536,\"maxCtasPerSM\":%d,\"maxThreadsPerBlock\":1024,"
        "\"maxThreadsPerSM\":%d,\"pciDeviceId\":0,\"isTccDriver\":0,\"supportCoopLaunch\":1,"
        "\"totalGlobalMem\":%lld,\"smClockRateKHz\":%d,\"memClockRateKHz\":%d,\"l2CacheSize\":%d,"
        "\"cudaDeviceId\":0,\"deviceVer\":%d,\"driverVer\":13000,\"deviceName\":\"%s\"}",
        c->processors, c->shared_bytes, c->blocks, c->threads, c->memory, c->clock_khz, c->memory_khz,
        c->cache, c->capability, c->name);
    return cc_cudnn_pretend(text);
}

static int divides(int64_t channels) {
    return channels % 8 == 0 ? 8 : 1;
}

static void add_kind(const cc_node *node, const cc_shape *in, int64_t size) {
    const cc_conv_attr *a = node->attr;
    bool transposed = node->op == &cc_op_conv_transpose;
    kind k = {.conv = {.pass = transposed ? CC_PASS_BACKWARD_DATA : CC_PASS_FORWARD,
                       .attr = *a,
                       .input = transposed ? node->shape : *in,
                       .output = transposed ? *in : node->shape}};
    snprintf(k.name, sizeof k.name, "%s%s %dx%dx%d stride %d dilation %d, channels of %d to %d, at %d",
             a->groups > 1 ? "depthwise " : "", node->op->name, (int)a->kernel[0], (int)a->kernel[1],
             (int)a->kernel[2], (int)a->stride[2], (int)a->dilation[2], divides(in->dims[1]),
             divides(node->shape.dims[1]), (int)size);
    for (int i = 0; i < kind_count; i++)
        if (strcmp(kinds[i].name, k.name) == 0) return;
    assert_true(kind_count < KINDS_MOST);
    kinds[kind_count++] = k;
}

/* At images of `size` pixels a side, or of the next size that the net takes. */
static void collect(const char *net, int64_t n, int64_t size) {
    cc_net_spec spec;
    cc_graph *graph;
    int64_t stride[CC_SPATIAL_MAX];
    assert_ok(cc_net_find(&spec, net));
    assert_ok(cc_net_stride(stride, &spec));
    /* Of volumes cuDNN offers for some cards only ways that a driver compiles: nothing can be said without one. */
    if (stride[0] > 0) return;
    size = (size + stride[2] - 1) / stride[2] * stride[2];
    assert_ok(cc_net_build(&graph, &spec, n, 0, size, size));
    for (int i = 0; i < cc_graph_node_count(graph); i++) {
        const cc_node *node = cc_graph_node(graph, i);
        if (node->op != &cc_op_conv && node->op != &cc_op_conv_transpose) continue;
        const cc_shape in = cc_graph_shape(graph, node->inputs[0]);
        add_kind(node, &in, size);
    }
    cc_graph_destroy(graph);
}

static unsigned notes_of(const cc_cudnn_pass *pass, int way) {
    cudnnBackendDescriptor_t engine;
    cudnnBackendNumericalNote_t notes[16];
    int64_t count;
    unsigned out = 0;
    const cc_cudnn *c = pass->cudnn;
    assert_ok(cc_cudnn_status(c, c->cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine)));
    assert_ok(
        cc_cudnn_status(c, c->cudnnBackendGetAttribute(pass->ways[way].config, CUDNN_ATTR_ENGINECFG_ENGINE,
                                                       CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &engine)));
    assert_ok(cc_cudnn_status(c, c->cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                             CUDNN_TYPE_NUMERICAL_NOTE, 16, &count, notes)));
    for (int64_t i = 0; i < count; i++) out |= 1u << notes[i];
    c->cudnnBackendDestroyDescriptor(engine);
    return out;
}

/* Those that are compiled need a driver. */
static int first_that_prepares(cc_cudnn_pass *pass) {
    for (int i = 0; i < pass->count; i++)
        if (!pass->ways[i].compiled && cc_cudnn_pass_prepare(pass, i) == CC_OK) return i;
    return -1;
}

static void check_pass(const card *c, const kind *k, const cc_cuda_conv *conv) {
    const unsigned varies = 1u << CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC,
                   rounds = 1u << CUDNN_NUMERICAL_NOTE_TENSOR_CORE |
                            1u << CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS;
    cc_cudnn_pass pass;
    assert_ok(cc_cudnn_pass_init(&pass, conv, false));
    for (int i = 0; i < pass.count; i++) {
        assert_false(notes_of(&pass, i) & varies);
        if (conv->dtype == CC_F32 && !conv->tf32) assert_false(notes_of(&pass, i) & rounds);
    }
    int way = first_that_prepares(&pass);
    if (way < 0)
        print_error("%s, pass %d in %s, %s: %d ways, and none can be prepared\n", k->name, conv->pass,
                    cc_precision_name(conv->dtype, conv->tf32), c->name, pass.count);
    assert_true(way >= 0);
    seen.passes++;
    seen.ways += pass.count;
    seen.fused += conv->fused;
    cc_cudnn_pass_keep(&pass, way);
    assert_ok(cc_cudnn_pass_prepare(&pass, 0));
    cc_cudnn_pass_deinit(&pass);
}

/* Each pass in each precision for one of the cards that have it, in turn. */
static void check_kind(int at, int card_at) {
    static const struct {
        cc_dtype dtype;
        bool tf32;
    } precisions[] = {{CC_F32, false}, {CC_F32, true}, {CC_BF16, false}};
    for (int p = 0; p < 3; p++)
        for (int pass = 0; pass < CC_PASSES; pass++) {
            int turn = at + pass + 2 * p;
            if ((p == 0 ? turn % CARDS : 1 + turn % (CARDS - 1)) != card_at) continue;
            cc_cuda_conv conv = kinds[at].conv;
            bool forward = conv.pass == (cc_pass)pass;
            conv.pass = (cc_pass)pass;
            conv.dtype = precisions[p].dtype;
            conv.tf32 = precisions[p].tf32;
            check_pass(&cards[card_at], &kinds[at], &conv);
            if (!forward || pass != CC_PASS_FORWARD || conv.attr.groups > 1) continue;
            conv.fused = true;
            conv.activation = at % 2 ? CC_ACTIVATION_RELU : CC_ACTIVATION_NONE;
            check_pass(&cards[card_at], &kinds[at], &conv);
        }
}

/* Without the library, or with one that describes no cards, there is nothing to ask. */
static bool can_pretend(void) {
    void *file = dlopen("libcudnn.so.9", RTLD_NOW | RTLD_GLOBAL);
    size_t (*version)(void) = NULL;
    if (file) *(void **)&version = dlsym(file, "cudnnGetVersion");
    /* Where there is no driver, cuDNN loads and unloads this at every turn. */
    if (file && !dlopen("libnvrtc.so.13", RTLD_LAZY)) dlopen("libnvrtc.so.12", RTLD_LAZY);
    if (version && version() >= 90800) return true;
    print_message("skipped: there is no cuDNN 9.8 or later\n");
    return false;
}

static void every_convolution_has_a_way_that_does_not_vary(void **state) {
    (void)state;
    char net[64];
    if (!can_pretend()) skip();
    for (int i = 0; cc_net_name(net, sizeof net, i); i++) {
        collect(net, 2, 512);
        collect(net, 24, 96);
    }
    for (int c = 0; c < CARDS; c++) {
        assert_ok(pretend(&cards[c]));
        for (int i = 0; i < kind_count; i++) check_kind(i, c);
    }
    print_message("%d kinds of convolution, %d passes, %d of them fused, %d ways\n", kind_count, seen.passes,
                  seen.fused, seen.ways);
    assert_ok(cc_cudnn_pretend(NULL));
}

static void a_card_that_is_nonsense_is_refused(void **state) {
    (void)state;
    if (!can_pretend()) skip();
    assert_int_equal(cc_cudnn_pretend("a card"), CC_EDEVICE);
    assert_ok(cc_cudnn_pretend(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_convolution_has_a_way_that_does_not_vary),
        cmocka_unit_test(a_card_that_is_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
