/* tests/cuda_on_host/cuda_runtime_api.h -- the part of CUDA's runtime that calcade calls, for a build of it
 * that runs on the host. Names and meanings are NVIDIA's; the bodies stand in runtime.cpp. */
#ifndef CC_CUDA_ON_HOST_RUNTIME_API_H
#define CC_CUDA_ON_HOST_RUNTIME_API_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorLaunchFailure = 719,
    cudaErrorStreamCaptureUnsupported = 900
} cudaError_t;

struct cudaDeviceProp {
    char name[256];
    int major, minor;
};

typedef struct cc_on_host_stream *cudaStream_t;
typedef struct cc_on_host_event *cudaEvent_t;
typedef struct cc_on_host_graph *cudaGraph_t, *cudaGraphExec_t;
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaMemoryType { cudaMemoryTypeUnregistered, cudaMemoryTypeHost, cudaMemoryTypeDevice };
struct cudaPointerAttributes {
    enum cudaMemoryType type;
};
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal, cudaStreamCaptureModeThreadLocal };

cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaRuntimeGetVersion(int *version);
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaGetLastError(void);
const char *cudaGetErrorString(cudaError_t code);
cudaError_t cudaDeviceSynchronize(void);

cudaError_t cudaMalloc(void **memory, size_t bytes);
cudaError_t cudaFree(void *memory);
cudaError_t cudaMallocHost(void **memory, size_t bytes);
cudaError_t cudaFreeHost(void *memory);
cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *attributes, const void *memory);
cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *all);
cudaError_t cudaMemsetAsync(void *memory, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                            cudaStream_t stream);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaEventCreate(cudaEvent_t *event);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end);

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);

/* Faults come from the environment: CC_ON_HOST_NO_DEVICE=CODE (what cudaGetDeviceCount returns),
 * CC_ON_HOST_DRIVER=VERSION, CC_ON_HOST_CAPABILITY=80, CC_ON_HOST_MEMORY=BYTES, CC_ON_HOST_LOST_AFTER=N (from
 * the Nth wait on, the device is lost, and all answers CC_ON_HOST_LOST_AS=CODE, else 719),
 * CC_ON_HOST_NO_GRAPH=CODE (what cudaGraphInstantiate returns).
 *
 * For tests: bytes that may be taken at once (0: as many as there are), and how many are. */
void cc_on_host_limit_memory(size_t bytes);
size_t cc_on_host_memory(void);
/* Kernels that have run. */
size_t cc_on_host_kernels(void);
/* Blocks, and threads between two synchronisations, take turns from the first (as at the start), from the
 * last, or the odd ones before the even. */
typedef enum cc_on_host_order {
    CC_ON_HOST_FIRST,
    CC_ON_HOST_LAST,
    CC_ON_HOST_ODD,
    CC_ON_HOST_ORDERS
} cc_on_host_order;
void cc_on_host_take_turns(cc_on_host_order order);
/* n / by, as kernels divide. */
long long cc_on_host_quotient(long long n, long long by);

/* For tests: whatever is timed takes less than what was timed before; else all takes as long. */
void cc_on_host_hurry(int ever_faster);

/* What was called since the last reset. */
typedef struct cc_on_host_counts {
    int waits;    /* for a stream, the device, or an event that no such wait has covered */
    int pageable; /* copies from or to memory of the host that is not pinned: they may wait */
    int pinned;   /* copies from or to memory that is */
    int launches; /* kernels, outside of recordings */
    int replays;  /* of recordings */
    int takings;  /* of memory, the device's or pinned */
} cc_on_host_counts;
cc_on_host_counts cc_on_host_count(void);
void cc_on_host_count_anew(void);

#ifdef __cplusplus
}
#endif

#endif
