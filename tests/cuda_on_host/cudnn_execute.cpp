/* tests/cuda_on_host/cudnn_execute.cpp -- runs a plan of cuDNN's stand-in: finds its tensors in memory and computes each operation. */
#include "cudnn_convolve.h"
#include "cudnn_engines.h"

#include <math.h>
#include <set>
#include "recorded.h"
#include "values.h"

namespace cc_dnn {

/* What is kept of an execution, so that a recording can run it again. */
struct execution {
    std::shared_ptr<const graph> computed;
    const engine *by;
    std::map<int64_t, void *> pointers;
    void *workspace;
    size_t workspace_bytes;
};

static int runs[CC_ON_HOST_ENGINES];

/* --- memory --- */

/* Calls each(place in memory, index channels last). */
template <class F> static void for_places(const tensor &t, const F &each) {
    size_t i = 0;
    for (int64_t n = 0; n < t.dims[N]; n++)
        for (int64_t d = 0; d < t.dims[D]; d++)
            for (int64_t h = 0; h < t.dims[H]; h++)
                for (int64_t w = 0; w < t.dims[W]; w++)
                    for (int64_t c = 0; c < t.dims[C]; c++)
                        each(n * t.strides[N] + c * t.strides[C] + d * t.strides[D] + h * t.strides[H] +
                                 w * t.strides[W],
                             i++);
}

static values load(const tensor &t, const void *memory) {
    values all = cc_on_host_read(memory, t.reach(), t.type == CUDNN_DATA_BFLOAT16), out((size_t)t.count());
    for_places(t, [&](int64_t place, size_t i) { out[i] = all[(size_t)place]; });
    return out;
}

static void store(const tensor &t, void *memory, const values &v) {
    for_places(t, [&](int64_t place, size_t i) {
        cc_on_host_set(memory, place, v[i], t.type == CUDNN_DATA_BFLOAT16);
    });
}

/* --- arithmetic --- */

static float round_to(float v, int mantissa_bits) {
    uint32_t bits, drop = (uint32_t)(23 - mantissa_bits);
    if (drop == 0 || !isfinite(v)) return v;
    memcpy(&bits, &v, sizeof bits);
    bits = (bits + (1u << (drop - 1))) >> drop << drop;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

static double activate(cudnnPointwiseMode_t mode, double v) {
    if (mode == CUDNN_POINTWISE_RELU_FWD) return v < 0 ? 0 : v;
    return v / (1 + exp(-v));
}

static std::vector<double> go_pointwise(const step &s, const values &x, const values &b) {
    std::vector<double> out(x.begin(), x.end());
    size_t channels = (size_t)s.x.dims[C];
    for (size_t i = 0; i < out.size(); i++)
        out[i] = s.has_operand() ? out[i] + b[i % channels] : activate(s.mode, out[i]);
    return out;
}

/* Each time others of the values are a little larger: enough to be seen in some, whatever they are stored as.
 */
static void vary(std::vector<double> &sums, cudnnDataType_t type) {
    static size_t times;
    double a_little = ldexp(1, type == CUDNN_DATA_FLOAT ? -22 : -14);
    times++;
    for (size_t i = times % 2; i < sums.size(); i += 2) sums[i] *= 1 + a_little;
}

static values take(const execution &e, std::map<int64_t, values> &known, const tensor &t) {
    return t.is_virtual ? known[t.id] : load(t, e.pointers.at(t.id));
}

static std::vector<double> work_out(const execution &e, std::map<int64_t, values> &known, const step &s) {
    std::map<const tensor *, values> in;
    for (const tensor *t : s.inputs()) in[t] = take(e, known, *t);
    if (s.is_pointwise()) return go_pointwise(s, in[&s.x], in[&s.w]);
    for (auto &[t, v] : in)
        for (float &one : v) one = round_to(one, e.by->mantissa_bits);
    std::vector<double> sums = convolve(s, in[&s.x], in[&s.w], in[&s.y]);
    if (e.by->varies()) vary(sums, e.computed->steps.back().output().type);
    return sums;
}

/* What lies in the scratch memory is lost. */
static void run(const execution &e) {
    std::map<int64_t, values> known;
    runs[e.by->number]++;
    if (e.workspace_bytes) memset(e.workspace, 0xff, e.workspace_bytes);
    for (const step &s : e.computed->steps) {
        std::vector<double> sums = work_out(e, known, s);
        const tensor &t = s.output();
        values out(sums.begin(), sums.end());
        if (t.is_virtual)
            known[t.id] = out;
        else
            store(t, e.pointers.at(t.id), out);
    }
    if (e.workspace_bytes) memset(e.workspace, 0xff, e.workspace_bytes);
}

/* --- what is checked before --- */

cudnnStatus_t finalize_pack(const descriptor &d) {
    std::vector<int64_t> ids = d.all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    if (ids.size() != d.all<void *>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).size())
        return fail(CUDNN_STATUS_BAD_PARAM, "there are not as many pointers as numbers");
    if (std::set<int64_t>(ids.begin(), ids.end()).size() != ids.size())
        return fail(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "a number is there twice");
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t check_pointer(const execution &e, const tensor &t) {
    auto at = e.pointers.find(t.id);
    if (at == e.pointers.end() || !at->second)
        return fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "tensor %lld has no pointer", (long long)t.id);
    if ((uintptr_t)at->second % (uintptr_t)t.alignment != 0)
        return fail(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "tensor %lld is not aligned to %lld bytes",
                    (long long)t.id, (long long)t.alignment);
    return CUDNN_STATUS_SUCCESS;
}

static bool overlap(const execution &e, const tensor &a, const tensor &b) {
    const char *from_a = (const char *)e.pointers.at(a.id), *from_b = (const char *)e.pointers.at(b.id);
    return from_a < from_b + (size_t)b.reach() * b.value_bytes() &&
           from_b < from_a + (size_t)a.reach() * a.value_bytes();
}

static cudnnStatus_t check_memory(const execution &e) {
    const tensor &result = e.computed->steps.back().output();
    CC_DNN_TRY(check_pointer(e, result));
    for (const step &s : e.computed->steps)
        for (const tensor *t : s.inputs()) {
            if (t->is_virtual) continue;
            CC_DNN_TRY(check_pointer(e, *t));
            if (overlap(e, *t, result))
                return fail(CUDNN_STATUS_BAD_PARAM, "tensor %lld overlaps the result", (long long)t->id);
        }
    if (e.workspace_bytes && (!e.workspace || (uintptr_t)e.workspace % 256 != 0))
        return fail(CUDNN_STATUS_BAD_PARAM, "the scratch memory is not there or not aligned");
    return CUDNN_STATUS_SUCCESS;
}

static execution read_execution(const descriptor &plan, const descriptor &pack) {
    std::vector<int64_t> ids = pack.all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    std::vector<void *> pointers = pack.all<void *>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    execution e = {plan.graph, plan.engine, {}, nullptr, 0};
    for (size_t i = 0; i < ids.size(); i++) e.pointers[ids[i]] = pointers[i];
    if (pack.has(CUDNN_ATTR_VARIANT_PACK_WORKSPACE))
        e.workspace = pack.one<void *>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
    e.workspace_bytes = (size_t)plan.one<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    return e;
}

} // namespace cc_dnn

using namespace cc_dnn;

extern "C" {

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
    const descriptor *p, *v;
    CC_DNN_TRY(check_handle(handle));
    CC_DNN_TRY(find(&p, plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
    CC_DNN_TRY(find(&v, pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
    const execution e = read_execution(*p, *v);
    CC_DNN_TRY(check_memory(e));
    cc_on_host_start([e] { run(e); });
    return CUDNN_STATUS_SUCCESS;
}

int cc_on_host_runs(int engine) {
    return runs[engine];
}
void cc_on_host_forget_runs() {
    memset(runs, 0, sizeof runs);
}
}
