/* nets/backends/cuda/device.c -- the GPU: memory, the two streams, recorded graphs, timing.
 *
 * All kernels run on one stream, in their order. Images and masks come by another: pageable memory -> pinned
 * -> staged on the device (the copy stream, beside the kernels of the step before) -> their place (the
 * compute stream, a copy within the device), with events between, so that a step neither waits for its data
 * nor overwrites what the step before still reads. Work that repeats is captured as a CUDA graph at its
 * second run and launched as a whole from then on. */
#include "nets/backends/cuda/device.h"

#ifdef CC_HAVE_CUDA
#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cuda/probe.h"

/* Feeds use the slots round robin, so that one is copied while kernels read what another brought. Small
 * values (learning rate, step, loss) go through pinned memory that is there from the start: a copy from
 * or to pageable memory of the host may wait for the stream. */
enum { FEED_SLOTS = 4, NOTE_SLOTS = 32, NOTE_BYTES = 256 };

/* A piece of device memory that was given; cudaFree does not say how large it was. */
typedef struct piece {
    void *memory;
    size_t bytes;
    struct piece *next;
} piece;

typedef struct feed_slot {
    void *pinned, *staged; /* on the host and on the device */
    size_t bytes;
    cudaEvent_t brought, used;
} feed_slot;

static struct {
    bool open;
    struct cudaDeviceProp properties;
    cudaStream_t compute, copy;
    feed_slot slots[FEED_SLOTS];
    unsigned feeds;
    unsigned char (*notes)[NOTE_BYTES]; /* pinned; the last is for what comes back */
    cudaEvent_t noted[NOTE_SLOTS];
    unsigned note_count;
    piece *pieces;          /* few, as plans and models take theirs in one piece each */
    size_t held, peak_held; /* bytes of them all: now, and at most since `peak` was last asked for */
} device;

cc_status cc_cuda_status(int code, const char *what) {
    if (code == cudaSuccess) return CC_OK;
    cudaGetLastError(); /* what is reported need not be so again */
    if (code == cudaErrorMemoryAllocation)
        return cc_fail(CC_ENOMEM, "cuda", "use a smaller batch or smaller images", "out of memory for %s",
                       what);
    return cc_fail(CC_EDEVICE, "cuda", "check nvidia-smi, or use --device cpu", "%s: %s", what,
                   cudaGetErrorString((cudaError_t)code));
}

#define TRY_CUDA(call, what) CC_TRY(cc_cuda_status((int)(call), what))

static cc_status make_event(cudaEvent_t *event) {
    TRY_CUDA(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "opening the device");
    return CC_OK;
}

/* Once a process. The streams do not wait for the default stream, on which libraries may work. */
cc_status cc_cuda_open(void) {
    const char *name;
    if (device.open) return CC_OK;
    CC_TRY(cc_cuda_probe(&name));
    TRY_CUDA(cudaSetDevice(0), "opening the device");
    TRY_CUDA(cudaGetDeviceProperties(&device.properties, 0), "opening the device");
    TRY_CUDA(cudaStreamCreateWithFlags(&device.compute, cudaStreamNonBlocking), "opening the device");
    TRY_CUDA(cudaStreamCreateWithFlags(&device.copy, cudaStreamNonBlocking), "opening the device");
    TRY_CUDA(cudaMallocHost((void **)&device.notes, (NOTE_SLOTS + 1) * sizeof *device.notes),
             "opening the device");
    for (int i = 0; i < NOTE_SLOTS; i++) CC_TRY(make_event(&device.noted[i]));
    for (int i = 0; i < FEED_SLOTS; i++) {
        CC_TRY(make_event(&device.slots[i].brought));
        CC_TRY(make_event(&device.slots[i].used));
    }
    device.open = true;
    return CC_OK;
}

void *cc_cuda_stream(void) {
    return device.compute;
}

const char *cc_cuda_card(void) {
    return device.properties.name;
}

int cc_cuda_capability(void) {
    return cc_cuda_open() == CC_OK ? 10 * device.properties.major + device.properties.minor : 0;
}

/* The driver's own number, else the CUDA that it has. */
static void name_driver(char *out, size_t capacity) {
    int version = 0;
    FILE *file = fopen("/sys/module/nvidia/version", "r");
    bool found = file && fgets(out, (int)capacity, file);
    if (file) fclose(file);
    if (found) {
        out[strcspn(out, "\n")] = 0;
        return;
    }
    cudaDriverGetVersion(&version);
    snprintf(out, capacity, "for CUDA %d.%d", version / 1000, version % 1000 / 10);
}

const char *cc_cuda_device(void) {
    static char text[400];
    char driver[64];
    if (cc_cuda_open() != CC_OK) return "no device";
    name_driver(driver, sizeof driver);
    snprintf(text, sizeof text, "%s, compute capability %d.%d, driver %s", device.properties.name,
             device.properties.major, device.properties.minor, driver);
    return text;
}

cc_status cc_cuda_check(const char *what) {
    return cc_cuda_status((int)cudaGetLastError(), what);
}

/* A kernel that could not start is reported before one that failed while it ran. */
static cc_status wait(void) {
    TRY_CUDA(cudaGetLastError(), "a kernel");
    TRY_CUDA(cudaStreamSynchronize(device.compute), "computing");
    return CC_OK;
}

static cc_status get(void **out, size_t bytes, const char *purpose) {
    *out = NULL;
    if (bytes == 0) return CC_OK;
    CC_TRY(cc_cuda_open());
    piece *given = malloc(sizeof *given);
    if (!given) return cc_fail_memory(purpose, sizeof *given);
    cudaError_t code = cudaMalloc(out, bytes);
    if (code != cudaSuccess) free(given);
    if (code == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return cc_fail_memory(purpose, bytes);
    }
    TRY_CUDA(code, purpose);
    *given = (piece){*out, bytes, device.pieces};
    device.pieces = given;
    device.held += bytes;
    if (device.held > device.peak_held) device.peak_held = device.held;
    TRY_CUDA(cudaMemsetAsync(*out, 0, bytes, device.compute), purpose);
    return CC_OK;
}

cc_status cc_cuda_clear(void *memory, size_t bytes) {
    TRY_CUDA(cudaMemsetAsync(memory, 0, bytes, device.compute), "clearing");
    return CC_OK;
}

static void release(void *memory) {
    if (!memory) return;
    for (piece **at = &device.pieces; *at; at = &(*at)->next) {
        piece *given = *at;
        if (given->memory != memory) continue;
        device.held -= given->bytes;
        *at = given->next;
        free(given);
        break;
    }
    cudaFree(memory);
}

static cc_status get_host(void **out, size_t bytes, const char *purpose) {
    *out = NULL;
    if (bytes == 0) return CC_OK;
    CC_TRY(cc_cuda_open());
    TRY_CUDA(cudaMallocHost(out, bytes), purpose);
    memset(*out, 0, bytes);
    return CC_OK;
}

static void free_host(void *memory) {
    if (memory) cudaFreeHost(memory);
}

/* Whether the device can read the host's memory there without a copy by the driver. */
static bool is_pinned(const void *host) {
    struct cudaPointerAttributes a;
    return cudaPointerGetAttributes(&a, host) == cudaSuccess && a.type == cudaMemoryTypeHost;
}

static cc_status copy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                      cudaStream_t stream) {
    static const char *const what[] = {[cudaMemcpyHostToDevice] = "copying to the device",
                                       [cudaMemcpyDeviceToHost] = "copying from the device",
                                       [cudaMemcpyDeviceToDevice] = "copying on the device"};
    TRY_CUDA(cudaMemcpyAsync(to, from, bytes, kind, stream), what[kind]);
    return CC_OK;
}

/* Through a slot of the pinned ring, once its last copy has been read. */
static cc_status put_note(void *to, const void *host, size_t bytes) {
    unsigned i = device.note_count++ % NOTE_SLOTS;
    TRY_CUDA(cudaEventSynchronize(device.noted[i]), "copying to the device");
    memcpy(device.notes[i], host, bytes);
    CC_TRY(copy(to, device.notes[i], bytes, cudaMemcpyHostToDevice, device.compute));
    TRY_CUDA(cudaEventRecord(device.noted[i], device.compute), "copying to the device");
    return CC_OK;
}

/* From pageable memory the call returns once all is read, though it may not have arrived ("API
 * synchronization behavior" in the reference of CUDA's runtime); from pinned memory before that. */
static cc_status put(void *to, const void *host, size_t bytes) {
    if (bytes == 0) return CC_OK;
    if (bytes <= NOTE_BYTES) return put_note(to, host, bytes);
    CC_TRY(copy(to, host, bytes, cudaMemcpyHostToDevice, device.compute));
    return is_pinned(host) ? wait() : CC_OK;
}

/* Copies are ordered behind the kernels on the compute stream; then the host waits for both. */
static cc_status fetch(void *host, const void *from, size_t bytes) {
    void *note = device.notes[NOTE_SLOTS];
    if (bytes == 0) return wait();
    bool small = bytes <= NOTE_BYTES;
    CC_TRY(copy(small ? note : host, from, bytes, cudaMemcpyDeviceToHost, device.compute));
    CC_TRY(wait());
    if (small) memcpy(host, note, bytes);
    return CC_OK;
}

/* A feed slot's buffers, on the host and on the device, become at least so large. */
static cc_status grow(feed_slot *s, size_t bytes) {
    if (s->bytes >= bytes) return CC_OK;
    TRY_CUDA(cudaDeviceSynchronize(), "computing");
    cudaFreeHost(s->pinned);
    release(s->staged);
    s->bytes = 0;
    s->pinned = s->staged = NULL;
    TRY_CUDA(cudaMallocHost(&s->pinned, bytes), "pinned memory");
    CC_TRY(get(&s->staged, bytes, "what a step brings"));
    s->bytes = bytes;
    return CC_OK;
}

/* An event that was never recorded does not make anybody wait. What lies in pinned memory needs no copy on
 * the host, but may not change before it is brought. */
static cc_status feed(void *to, const void *host, size_t bytes) {
    feed_slot *s = &device.slots[device.feeds++ % FEED_SLOTS];
    bool pinned = is_pinned(host);
    CC_TRY(grow(s, bytes));
    TRY_CUDA(cudaEventSynchronize(s->brought), "copying to the device");
    if (!pinned) memcpy(s->pinned, host, bytes);
    TRY_CUDA(cudaStreamWaitEvent(device.copy, s->used, 0), "copying to the device");
    CC_TRY(copy(s->staged, pinned ? host : s->pinned, bytes, cudaMemcpyHostToDevice, device.copy));
    TRY_CUDA(cudaEventRecord(s->brought, device.copy), "copying to the device");
    TRY_CUDA(cudaStreamWaitEvent(device.compute, s->brought, 0), "copying to the device");
    CC_TRY(copy(to, s->staged, bytes, cudaMemcpyDeviceToDevice, device.compute));
    TRY_CUDA(cudaEventRecord(s->used, device.compute), "copying on the device");
    if (pinned) TRY_CUDA(cudaEventSynchronize(s->brought), "copying to the device");
    return CC_OK;
}

static size_t available(void) {
    size_t free_bytes = 0, all = 0;
    return cudaMemGetInfo(&free_bytes, &all) == cudaSuccess ? free_bytes : 0;
}

static size_t peak(void) {
    size_t bytes = device.peak_held;
    device.peak_held = device.held;
    return bytes;
}

const cc_storage cc_storage_cuda = {.device_memory = true,
                                    .get = get,
                                    .free = release,
                                    .put = put,
                                    .get_host = get_host,
                                    .free_host = free_host,
                                    .fetch = fetch,
                                    .feed = feed,
                                    .wait = wait,
                                    .available = available,
                                    .peak = peak,
                                    .feed_copies = FEED_SLOTS};

/* The first run is not recorded: libraries and kernels are loaded in it. */
struct cc_sequence {
    cudaGraphExec_t graph; /* NULL until the second */
};

/* Captures what `work` starts on the compute stream; a fault ends the capture and is reported. */
static cc_status record(cc_sequence *s, cc_status (*work)(void *context), void *context) {
    cudaGraph_t graph = NULL;
    TRY_CUDA(cudaStreamBeginCapture(device.compute, cudaStreamCaptureModeThreadLocal), "recording");
    cc_status status = work(context);
    cudaError_t code = cudaStreamEndCapture(device.compute, &graph);
    if (status == CC_OK) status = cc_cuda_status((int)code, "recording");
    if (status == CC_OK) status = cc_cuda_status((int)cudaGraphInstantiate(&s->graph, graph, 0), "recording");
    if (graph) cudaGraphDestroy(graph);
    return status;
}

/* First run as it is, second captured, third and later only launched. */
cc_status cc_cuda_run(cc_sequence **sequence, cc_status (*work)(void *context), void *context) {
    if (!*sequence) {
        *sequence = calloc(1, sizeof **sequence);
        if (!*sequence) return cc_fail_memory("a recording", sizeof **sequence);
        return work(context);
    }
    if (!(*sequence)->graph) CC_TRY(record(*sequence, work, context));
    TRY_CUDA(cudaGraphLaunch((*sequence)->graph, device.compute), "a recorded step");
    return CC_OK;
}

void cc_cuda_forget(cc_sequence *sequence) {
    if (!sequence) return;
    if (sequence->graph) {
        cudaStreamSynchronize(device.compute);
        cudaGraphExecDestroy(sequence->graph);
    }
    free(sequence);
}

/* Work as it runs in a recorded step: one kernel starts when the one before ends, with nothing of the host's
 * between; twice, as a recording takes time to start. */
enum { TIMED_AT_ONCE = 2 };
typedef struct timed_work {
    cc_status (*work)(void *context);
    void *context;
    cudaEvent_t start, end;
    cc_sequence *sequence;
} timed_work;

static cc_status work_at_once(void *context) {
    const timed_work *t = context;
    for (int i = 0; i < TIMED_AT_ONCE; i++) CC_TRY(t->work(t->context));
    return CC_OK;
}

/* Events on the stream measure the device's time, not the host's. */
static cc_status time_one(double *ms, timed_work *t, bool recorded) {
    float taken;
    TRY_CUDA(cudaEventRecord(t->start, device.compute), "timing");
    if (recorded)
        TRY_CUDA(cudaGraphLaunch(t->sequence->graph, device.compute), "timing");
    else
        CC_TRY(t->work(t->context));
    TRY_CUDA(cudaEventRecord(t->end, device.compute), "timing");
    TRY_CUDA(cudaEventSynchronize(t->end), "timing");
    TRY_CUDA(cudaEventElapsedTime(&taken, t->start, t->end), "timing");
    *ms = recorded ? taken / TIMED_AT_ONCE : taken;
    return CC_OK;
}

/* The first run loads kernels, the second tells whether more are worth their time. */
static cc_status time_runs(double *ms, int runs, double limit_ms, timed_work *t) {
    double taken;
    CC_TRY(t->work(t->context));
    CC_TRY(time_one(ms, t, false));
    if (*ms > limit_ms) return CC_OK;
    t->sequence = calloc(1, sizeof *t->sequence);
    if (!t->sequence) return cc_fail_memory("a recording", sizeof *t->sequence);
    CC_TRY(record(t->sequence, work_at_once, t));
    for (int i = 0; i <= runs; i++) {
        CC_TRY(time_one(&taken, t, true));
        if (i == 1 || (i > 1 && taken < *ms)) *ms = taken;
    }
    return CC_OK;
}

cc_status cc_cuda_time(double *ms, int runs, double limit_ms, cc_status (*work)(void *context),
                       void *context) {
    timed_work t = {.work = work, .context = context};
    TRY_CUDA(cudaEventCreate(&t.start), "timing");
    cc_status status = cc_cuda_status((int)cudaEventCreate(&t.end), "timing");
    if (status == CC_OK) status = time_runs(ms, runs, limit_ms, &t);
    cc_cuda_forget(t.sequence);
    cudaEventDestroy(t.start);
    if (t.end) cudaEventDestroy(t.end);
    return status;
}
#else
typedef int cc_cuda_device_is_absent;
#endif
