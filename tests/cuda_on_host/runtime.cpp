#include "cuda_on_host.h"
#include "recorded.h"

#include <stdlib.h>
#include <ucontext.h>
#include <map>
#include <vector>

dim3 threadIdx(0), blockIdx(0), blockDim(1), gridDim(1);

/* Kernels. */

static const size_t stack_bytes = 64 << 10;
static ucontext_t scheduler;
static std::vector<ucontext_t> fibres;
static std::vector<bool> ended;
static unsigned running;
static const std::function<void()> *body;

static void fibre() {
    (*body)();
    ended[running] = true;
    swapcontext(&fibres[running], &scheduler);
}

void __syncthreads() {
    unsigned me = running;
    swapcontext(&fibres[me], &scheduler);
}

static void place_thread(unsigned i) {
    threadIdx = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y));
}

static void run_together(unsigned count) {
    static std::vector<char> stacks;
    stacks.resize(count * stack_bytes);
    fibres.resize(count);
    ended.assign(count, false);
    for (unsigned i = 0; i < count; i++) {
        getcontext(&fibres[i]);
        fibres[i].uc_stack.ss_sp = &stacks[i * stack_bytes];
        fibres[i].uc_stack.ss_size = stack_bytes;
        fibres[i].uc_link = &scheduler;
        makecontext(&fibres[i], fibre, 0);
    }
    for (bool any = true; any;) {
        any = false;
        for (running = 0; running < count; running++) {
            if (ended[running]) continue;
            place_thread(running);
            swapcontext(&scheduler, &fibres[running]);
            any |= !ended[running];
        }
    }
}

static void run_grid(dim3 grid, dim3 block, bool together, const std::function<void()> &thread) {
    gridDim = grid;
    blockDim = block;
    body = &thread;
    unsigned count = block.x * block.y * block.z;
    for (unsigned i = 0; i < grid.x * grid.y * grid.z; i++) {
        blockIdx = dim3(i % grid.x, i / grid.x % grid.y, i / (grid.x * grid.y));
        if (together) {
            run_together(count);
            continue;
        }
        for (unsigned k = 0; k < count; k++) {
            place_thread(k);
            thread();
        }
    }
}

/* Recordings. */
static std::vector<std::function<void()>> *recording;

struct cc_on_host_graph {
    std::vector<std::function<void()>> work;
};

bool cc_on_host_is_recording() {
    return recording != nullptr;
}

void cc_on_host_start(const std::function<void()> &work) {
    if (recording)
        recording->push_back(work);
    else
        work();
}

void cc_on_host_launch(dim3 grid, dim3 block, bool together, const std::function<void()> &thread) {
    cc_on_host_start([=] { run_grid(grid, block, together, thread); });
}

extern "C" {

static cudaError_t last = cudaSuccess;

static cudaError_t unless_recording() {
    return recording ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count) {
    *count = 1;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int) {
    *properties = {"the host as a GPU", 8, 0};
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int) {
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int *version) {
    *version = 13000;
    return cudaSuccess;
}
cudaError_t cudaGetLastError() {
    cudaError_t code = last;
    last = cudaSuccess;
    return code;
}
const char *cudaGetErrorString(cudaError_t code) {
    return code == cudaErrorMemoryAllocation ? "out of memory" : "a fault of the host as a GPU";
}
cudaError_t cudaDeviceSynchronize() {
    return unless_recording();
}

/* Memory: counted, so that tests can bound it. */
static std::map<void *, size_t> taken;
static size_t all_taken, limit;

void cc_on_host_limit_memory(size_t bytes) {
    limit = bytes;
}
size_t cc_on_host_memory() {
    return all_taken;
}

cudaError_t cudaMalloc(void **memory, size_t bytes) {
    if (recording) return cudaErrorStreamCaptureUnsupported;
    if (limit && all_taken + bytes > limit) return last = cudaErrorMemoryAllocation;
    *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
    memset(*memory, 0xff, bytes);
    taken[*memory] = bytes;
    all_taken += bytes;
    return cudaSuccess;
}
cudaError_t cudaFree(void *memory) {
    if (!memory) return cudaSuccess;
    all_taken -= taken[memory];
    taken.erase(memory);
    free(memory);
    return cudaSuccess;
}
cudaError_t cudaMallocHost(void **memory, size_t bytes) {
    *memory = malloc(bytes);
    return cudaSuccess;
}
cudaError_t cudaFreeHost(void *memory) {
    free(memory);
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all) {
    *all = limit ? limit : (size_t)1 << 40;
    *free_bytes = *all - all_taken;
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t) {
    cc_on_host_start([=] { memset(memory, value, bytes); });
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t) {
    if (recording && kind != cudaMemcpyDeviceToDevice) return cudaErrorStreamCaptureUnsupported;
    cc_on_host_start([=] { memcpy(to, from, bytes); });
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    *stream = nullptr;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
    return unless_recording();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t *event) {
    *event = nullptr;
    return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    *event = nullptr;
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t) {
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) {
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
    return unless_recording();
}
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t, cudaEvent_t) {
    *ms = 1;
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t, enum cudaStreamCaptureMode) {
    recording = new std::vector<std::function<void()>>;
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t *graph) {
    *graph = new cc_on_host_graph{*recording};
    delete recording;
    recording = nullptr;
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    *exec = new cc_on_host_graph{graph->work};
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t) {
    for (auto &work : exec->work) work();
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    delete exec;
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
}
