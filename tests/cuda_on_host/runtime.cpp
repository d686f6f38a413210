/* tests/cuda_on_host/runtime.cpp -- CUDA's runtime as functions of the host: kernels as loops over their threads,
 * memory between pages that nothing may touch, streams and graphs that record and play back, faults that a test asks
 * for. What the functions promise is in NVIDIA's CUDA Runtime API reference; here are those that calcade calls. */
#include "cuda_on_host.h"
#include "recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <deque>
#include <map>
#include <memory>
#include <vector>
#ifdef CC_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

dim3 threadIdx(0), blockIdx(0), blockDim(1), gridDim(1);

/* Kernels. */

/* An odd number of pages: were it a power of two, a few entries of the TLB would have to do for all stacks. */
static const size_t stack_bytes = 17 << 12;

/* The threads of a block that run together. They are made once and last: a fibre goes round for each block, and
 * jumps to the next one where it has to wait. A jump saves no signal mask, which would cost a system call. The
 * sanitizers are told of each. */
typedef void *jump_target[5];
struct alignas(64) fibre_state { /* what a switch needs lies in one cache line */
    jump_target at;
    fibre_state *before, *next; /* in the ring of those that have not ended, in the order of their turns */
    uint16_t x, y, z;           /* threadIdx */
    bool entered;
    char *stack;
    ucontext_t *start; /* until it is entered */
};
static std::deque<fibre_state> fibres;
static fibre_state *running; /* NULL: the scheduler */
static const std::function<void()> *body;
static jump_target scheduler;

static void give_turn(fibre_state *to) {
    running = to;
    threadIdx = dim3(to->x, to->y, to->z);
    __builtin_prefetch(to->next->next);
    __builtin_prefetch(to->next->at[2]); /* the top of its stack */
}

#ifdef CC_SANITIZED
/* To find uses after a return, newer address sanitizers keep a function's variables outside of its stack, in a place
 * that a switch between stacks loses. */
extern "C" const char *__asan_default_options() {
    return "detect_stack_use_after_return=0";
}

static const void *scheduler_stack;
static size_t scheduler_bytes;
static bool from_scheduler;
static void tell_leaving() {
    __sanitizer_start_switch_fiber(nullptr, running ? running->stack : scheduler_stack,
                                   running ? stack_bytes : scheduler_bytes);
}
static void tell_entered() {
    const void *stack;
    size_t bytes;
    __sanitizer_finish_switch_fiber(nullptr, &stack, &bytes);
    if (from_scheduler) scheduler_stack = stack, scheduler_bytes = bytes;
    from_scheduler = false;
}
static void tell_scheduler(bool leaves) {
    from_scheduler = leaves;
    if (!leaves) __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
}
#else
static void tell_leaving() {}
static void tell_entered() {}
static void tell_scheduler(bool) {}
#endif

/* A function that sets a target may not jump as well. Before a jump that it sees, the address sanitizer
 * forgets all that it knows of the stack, at the price of a system call. */
#define SWITCHING __attribute__((noinline, no_sanitize("address", "undefined")))
SWITCHING static void jump_to_running() {
    tell_leaving();
    if (!running) __builtin_longjmp(scheduler, 1);
    if (running->entered) __builtin_longjmp(running->at, 1);
    running->entered = true;
    setcontext(running->start);
}
SWITCHING static void leave_fibre(fibre_state *me) {
    if (__builtin_setjmp(me->at) == 0) jump_to_running();
    tell_entered();
}
SWITCHING static void enter_fibres() {
    tell_scheduler(true);
    if (__builtin_setjmp(scheduler) == 0) jump_to_running();
    tell_scheduler(false);
}

void __syncthreads() {
    fibre_state *me = running;
    if (me->next == me) return;
    give_turn(me->next);
    leave_fibre(me);
}

static void fibre() {
    tell_entered();
    for (;;) {
        (*body)();
        fibre_state *me = running;
        me->before->next = me->next;
        me->next->before = me->before;
        if (me->next == me)
            running = nullptr;
        else
            give_turn(me->next);
        leave_fibre(me);
    }
}

/* Fibre number i. Stacks begin at different places of a page, and so in different sets of the cache. getcontext
 * returns twice, for all the compiler knows. */
static void start_fibre(size_t i) {
    enum { AT_ONCE = 64 };
    static std::deque<ucontext_t> contexts;
    static std::deque<std::unique_ptr<char[]>> stacks;
    if (i % AT_ONCE == 0) stacks.emplace_back(new char[AT_ONCE * stack_bytes]);
    char *stack = stacks.back().get() + i % AT_ONCE * stack_bytes;
    contexts.emplace_back();
    getcontext(&contexts.back());
    contexts.back().uc_stack.ss_sp = stack;
    contexts.back().uc_stack.ss_size = stack_bytes - i % 61 * 64;
    contexts.back().uc_link = nullptr;
    makecontext(&contexts.back(), fibre, 0);
    fibres.push_back({{}, nullptr, nullptr, 0, 0, 0, false, stack, &contexts.back()});
}

static void make_fibres(unsigned count) {
    while (fibres.size() < count) start_fibre(fibres.size());
}

static cc_on_host_order order;
extern "C" void cc_on_host_take_turns(cc_on_host_order turns) {
    order = turns;
}

/* Whose turn is number i of `count`. */
static unsigned turn(unsigned i, unsigned count) {
    if (order == CC_ON_HOST_LAST) return count - 1 - i;
    if (order == CC_ON_HOST_ODD) return i < count / 2 ? 2 * i + 1 : 2 * (i - count / 2);
    return i;
}

/* A block's threads, whose indices are known, in the order of their turns. */
static void run_together(const std::vector<dim3> &threads) {
    const size_t count = threads.size();
    for (size_t k = 0; k < count; k++) {
        fibre_state *f = &fibres[k];
        f->before = &fibres[k > 0 ? k - 1 : count - 1];
        f->next = &fibres[k + 1 < count ? k + 1 : 0];
        f->x = (uint16_t)threads[k].x, f->y = (uint16_t)threads[k].y, f->z = (uint16_t)threads[k].z;
    }
    give_turn(&fibres[0]);
    enter_fibres();
}

static size_t kernels;
extern "C" size_t cc_on_host_kernels() {
    return kernels;
}

static void run_grid(dim3 grid, dim3 block, bool together, const std::function<void()> &thread) {
    kernels++;
    gridDim = grid;
    blockDim = block;
    body = &thread;
    const unsigned blocks = grid.x * grid.y * grid.z, count = block.x * block.y * block.z;
    std::vector<dim3> threads;
    for (unsigned k = 0; k < count; k++) {
        const unsigned i = turn(k, count);
        threads.push_back(dim3(i % block.x, i / block.x % block.y, i / (block.x * block.y)));
    }
    if (together) make_fibres(count);
    for (unsigned b = 0; b < blocks; b++) {
        unsigned i = turn(b, blocks);
        blockIdx = dim3(i % grid.x, i / grid.x % grid.y, i / (grid.x * grid.y));
        if (together) {
            run_together(threads);
            continue;
        }
        for (const dim3 &t : threads) {
            threadIdx = t;
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

static cc_on_host_counts counts;
static cudaError_t last = cudaSuccess;

/* What every GPU since compute capability 3.0 can start. */
static bool can_start(dim3 grid, dim3 block) {
    return grid.x - 1 < 0x7fffffffu && grid.y - 1 < 65535u && grid.z - 1 < 65535u && block.x - 1 < 1024u &&
           block.y - 1 < 1024u && block.z - 1 < 64u && block.x * block.y * block.z <= 1024u;
}

void cc_on_host_launch(dim3 grid, dim3 block, bool together, const std::function<void()> &thread) {
    if (!can_start(grid, block)) {
        last = cudaErrorInvalidValue;
        return;
    }
    counts.launches += recording == nullptr;
    cc_on_host_start([=] { run_grid(grid, block, together, thread); });
}

extern "C" {

/* Faults, for tests. A device that is lost answers everything with one error. */
static long number_of(const char *variable) {
    const char *text = getenv(variable);
    return text ? strtol(text, nullptr, 10) : 0;
}
static bool is_lost;
static cudaError_t unless_lost() {
    if (!is_lost) return cudaSuccess;
    long code = number_of("CC_ON_HOST_LOST_AS");
    return code ? (cudaError_t)code : cudaErrorLaunchFailure;
}
static void wait_once_more() {
    static long left = number_of("CC_ON_HOST_LOST_AFTER");
    if (left > 0 && --left == 0) is_lost = true;
}

static cudaError_t unless_recording() {
    wait_once_more();
    if (cudaError_t code = unless_lost()) return code;
    return recording ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

/* Everything that was started before number `waited` has run. */
static long waited;
struct cc_on_host_event {
    long recorded_at = -1;
};
static cudaError_t wait_for_all() {
    counts.waits++;
    waited++;
    return unless_recording();
}

cc_on_host_counts cc_on_host_count() {
    return counts;
}
void cc_on_host_count_anew() {
    counts = {};
}

cudaError_t cudaGetDeviceCount(int *count) {
    *count = 1;
    return (cudaError_t)number_of("CC_ON_HOST_NO_DEVICE");
}
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int) {
    long capability = number_of("CC_ON_HOST_CAPABILITY");
    if (capability == 0) capability = 80;
    *properties = {"the host as a GPU", (int)capability / 10, (int)capability % 10};
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int) {
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int *version) {
    *version = 13000;
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int *version) {
    *version = getenv("CC_ON_HOST_DRIVER") ? (int)number_of("CC_ON_HOST_DRIVER") : 13000;
    return cudaSuccess;
}
cudaError_t cudaGetLastError() {
    cudaError_t code = last;
    last = cudaSuccess;
    return code;
}
const char *cudaGetErrorString(cudaError_t code) {
    return code == cudaErrorMemoryAllocation ? "out of memory"
           : code == cudaErrorLaunchFailure  ? "unspecified launch failure"
                                             : "a fault of the host as a GPU";
}
cudaError_t cudaDeviceSynchronize() {
    return wait_for_all();
}

/* Memory: counted, so that tests can bound it. */
static std::map<void *, size_t> taken;
static size_t all_taken, limit = (size_t)number_of("CC_ON_HOST_MEMORY");

void cc_on_host_limit_memory(size_t bytes) {
    limit = bytes;
}
size_t cc_on_host_memory() {
    return all_taken;
}

/* A piece of device memory ends where a page ends that nothing may touch, and a page like that lies before it: a kernel
 * that reads or writes past its buffer stops there, in any build. What alignment leaves after the last byte keeps its
 * pattern, which is looked at when the piece is given back. */
static const size_t page = 4096, alignment = 256;
static size_t padded(size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}
static size_t paged(size_t bytes) {
    return (padded(bytes) + page - 1) / page * page;
}
static void *take_guarded(size_t bytes) {
    char *base =
        (char *)mmap(nullptr, paged(bytes) + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return nullptr;
    char *end = base + page + paged(bytes);
    if (mprotect(base + page, paged(bytes), PROT_READ | PROT_WRITE) != 0) {
        munmap(base, paged(bytes) + 2 * page);
        return nullptr;
    }
    return memset(end - padded(bytes), 0xff, padded(bytes));
}
static void give_guarded(void *memory, size_t bytes) {
    const unsigned char *after = (const unsigned char *)memory + bytes;
    for (size_t i = 0; i < padded(bytes) - bytes; i++)
        if (after[i] != 0xff) {
            fprintf(stderr, "cuda on host: a kernel wrote %zu bytes past a buffer of %zu\n", i, bytes);
            abort();
        }
    munmap((char *)memory + padded(bytes) - paged(bytes) - page, paged(bytes) + 2 * page);
}

cudaError_t cudaMalloc(void **memory, size_t bytes) {
    if (recording) return cudaErrorStreamCaptureUnsupported;
    if (cudaError_t code = unless_lost()) return code;
    counts.takings++;
    if (limit && all_taken + bytes > limit) return last = cudaErrorMemoryAllocation;
    *memory = take_guarded(bytes);
    if (!*memory) return last = cudaErrorMemoryAllocation;
    taken[*memory] = bytes;
    all_taken += bytes;
    return cudaSuccess;
}
cudaError_t cudaFree(void *memory) {
    if (!memory) return cudaSuccess;
    all_taken -= taken[memory];
    give_guarded(memory, taken[memory]);
    taken.erase(memory);
    return cudaSuccess;
}
static std::map<const char *, size_t> pinned;

static bool is_pinned(const void *memory) {
    auto after = pinned.upper_bound((const char *)memory);
    if (after == pinned.begin()) return false;
    --after;
    return (const char *)memory < after->first + after->second;
}

cudaError_t cudaMallocHost(void **memory, size_t bytes) {
    if (recording) return cudaErrorStreamCaptureUnsupported;
    if (cudaError_t code = unless_lost()) return code;
    counts.takings++;
    *memory = malloc(bytes);
    memset(*memory, 0xff, bytes);
    pinned[(const char *)*memory] = bytes;
    return cudaSuccess;
}
cudaError_t cudaFreeHost(void *memory) {
    pinned.erase((const char *)memory);
    free(memory);
    return cudaSuccess;
}
cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *attributes, const void *memory) {
    attributes->type = is_pinned(memory)                         ? cudaMemoryTypeHost
                       : taken.count(const_cast<void *>(memory)) ? cudaMemoryTypeDevice
                                                                 : cudaMemoryTypeUnregistered;
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
    if (cudaError_t code = unless_lost()) return code;
    if (kind != cudaMemcpyDeviceToDevice)
        (is_pinned(kind == cudaMemcpyHostToDevice ? from : to) ? counts.pinned : counts.pageable)++;
    cc_on_host_start([=] { memcpy(to, from, bytes); });
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    *stream = nullptr;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
    return wait_for_all();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t *event) {
    *event = new cc_on_host_event;
    return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    return cudaEventCreate(event);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    event->recorded_at = waited;
    return unless_lost();
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    counts.waits += event->recorded_at == waited;
    return unless_recording();
}
static bool hurries;
void cc_on_host_hurry(int ever_faster) {
    hurries = ever_faster;
}
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t, cudaEvent_t) {
    static float next = 1;
    if (hurries) next *= 0.999f;
    *ms = hurries ? next : 1;
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
    if (long code = number_of("CC_ON_HOST_NO_GRAPH")) return (cudaError_t)code;
    *exec = new cc_on_host_graph{graph->work};
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t) {
    if (cudaError_t code = unless_lost()) return code;
    counts.replays++;
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
