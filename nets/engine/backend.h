/* nets/engine/backend.h -- what runs a plan: the CPU, a GPU, or the naive reference that every backend is
 * compared with.
 *
 * A backend is four tables of functions: where its memory lies (cc_storage), what a training step computes
 * beside the plan (cc_arithmetic), a kernel for each op (kernel_of; nets/engine/kernel.h), and how work is
 * recorded and repeated (cc_sequence). The engine knows no backend by name.
 *
 * A CPU's functions have done their work when they return. A GPU's may return before: work runs in the order
 * in which it was started, on one stream, and a fault of it is reported by the next call that waits. */
#ifndef CC_NETS_ENGINE_BACKEND_H
#define CC_NETS_ENGINE_BACKEND_H

#include "nets/engine/kernel.h"
#include "nets/engine/spec.h"
#include "nets/losses/loss.h"

/* The memory that a backend's kernels work on: the host's own, or a device's. The host and it exchange data
 * by three copies: `put` and `fetch` for what is needed now, `feed` for the inputs of a step. */
typedef struct cc_storage {
    bool device_memory; /* not the host's memory; else callers may pass host memory on in place of copying */
    /* Zeroed, aligned to 64 bytes; *out is NULL where bytes is 0. CC_ENOMEM names purpose and size. */
    cc_status (*get)(void **out, size_t bytes, const char *purpose);
    void (*free)(void *memory); /* takes NULL */
    /* Memory of the host that feed and fetch copy fastest (page-locked); otherwise as get and free. */
    cc_status (*get_host)(void **out, size_t bytes, const char *purpose);
    void (*free_host)(void *memory);
    /* Host to device, behind the work started so far; `host` may be overwritten on return. */
    cc_status (*put)(void *to, const void *host, size_t bytes);
    /* Device to host, behind the work started so far, which it waits for. */
    cc_status (*fetch)(void *host, const void *from, size_t bytes);
    /* As put, for a step's images and masks: they travel while the kernels of the step before still run. */
    cc_status (*feed)(void *to, const void *host, size_t bytes);
    /* Until all that was started has run; reports its faults. */
    cc_status (*wait)(void);
    /* Bytes that get can still give; 0: unknown. */
    size_t (*available)(void);
    /* The most bytes that `get` had given at one time since the call before; 0: unknown. What a driver
     * and its libraries keep for themselves is not in it. */
    size_t (*peak)(void);
    int feed_copies; /* buffers that feed keeps on the device, each as large as the largest it has copied */
} cc_storage;

/* What an optimiser's step depends on besides gradients: computed on the host before each step and uploaded,
 * so that a recorded step, whose arguments are fixed, can be repeated with another learning rate. */
typedef struct cc_step_constants {
    double lr;
    int64_t step;      /* from 1 */
    double derived[3]; /* the optimiser's own, e.g. Adam's bias corrections; set by `derive` */
} cc_step_constants;

/* What becomes of a moving average a and the weights w: */
typedef enum cc_averaging {
    CC_AVERAGING_COPY,  /* a = w */
    CC_AVERAGING_BLEND, /* a = decay a + (1 - decay) w */
    CC_AVERAGING_SWAP   /* a and w are exchanged */
} cc_averaging;

/* What a training step computes beside the plan. Pointers are the backend's memory, specs have passed their
 * checks; nothing allocates or waits. */
typedef struct cc_arithmetic {
    /* Whether it can compute the loss, or step the optimiser, of that name. */
    bool (*has_loss)(const char *type);
    bool (*has_optimizer)(const char *type);
    /* As cc_loss_scratch_bytes_of and cc_loss_evaluate_heads (nets/losses/loss.h). A loss, or a term of one, that
     * it does not have is an error, and nothing is written. */
    size_t (*loss_bytes)(const cc_loss_spec *spec, const cc_loss_heads *heads);
    cc_status (*loss)(double *value, const cc_loss_spec *spec, const cc_loss_io *io);
    /* As cc_optimizer_clip (nets/optimizers/optimizer.h); scratch: CC_CLIP_BYTES. */
    cc_status (*clip)(float *grads, size_t count, double max_norm, void *scratch);
    /* Sets constants->derived from lr, step and the spec; on the host. NULL: optimise needs none. */
    void (*derive)(cc_step_constants *constants, const cc_optimizer_spec *spec);
    /* As cc_optimizer_step, from gradients [count] and the step's constants. Nothing changes where *loss, the
     * step's, is NaN or infinite. bf16_copy: the weights rounded to bf16, written with them; NULL: none is
     * kept. An optimiser that it does not have is an error, and nothing is written. */
    cc_status (*optimise)(const cc_optimizer_spec *spec, const cc_step_constants *constants, float *params,
                          const float *grads, float *state, void *bf16_copy, size_t count,
                          const double *loss);
    /* [count] each. Formulas: cc_averaging. */
    cc_status (*average)(cc_averaging how, float *a, float *w, size_t count, double decay);
    /* Rounds float32 weights to the bf16 copy that convolutions read (cc_parameter_slot.bf16_copy). NULL
     * where the backend keeps no such copy and rounds while it reads. */
    cc_status (*round_to_bf16)(void *bf16_copy, const float *values, size_t count);
} cc_arithmetic;
enum { CC_CLIP_BYTES = 4096 };

/* A recording of work that is repeated, e.g. a training step as a CUDA graph: starting it costs one call
 * instead of one for each kernel. */
typedef struct cc_sequence cc_sequence;

typedef struct cc_backend {
    const char *name;              /* "cpu", "cuda", "reference" */
    const char *(*describe)(void); /* libraries with versions and instruction sets, one line: all
                                      that results depend on beside threads; borrowed */
    const char *(*device)(void);   /* what computes, likewise; NULL: the host's processor */
    const cc_kernel *(*kernel_of)(const cc_op *op);
    /* Whether plans may have activations of this kind, on this machine; float32 always. */
    bool (*has)(cc_dtype dtype);
    bool (*has_tf32)(void); /* the same of rounded products; NULL: no machine has them */
    /* dst += src, count activations. */
    void (*add)(void *dst, const void *src, size_t count, cc_dtype dtype);
    /* Plain float32, N,C,pixels, to a blocked activation and back. */
    void (*to_blocked)(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                       cc_dtype dtype);
    void (*from_blocked)(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                         cc_dtype dtype);
    /* Called by every step before its first kernel (processor flags). */
    void (*enter)(void);
    bool by_threads;    /* results depend on the number of OpenMP's threads, by rounding */
    bool channels_last; /* a plan's input has one block of all its channels */
    const cc_storage *store;
    const cc_arithmetic *arithmetic;
    /* Runs `work`, and may record it in *sequence (NULL at first): later calls then repeat the recording
     * without calling `work`. So the work must start the same kernels on the same memory each time, and
     * neither wait nor copy from or to the host. The caller owns *sequence. */
    cc_status (*run)(cc_sequence **sequence, cc_status (*work)(void *context), void *context);
    void (*forget)(cc_sequence *sequence); /* frees a recording; takes NULL */
} cc_backend;

/* oneDNN and kernels of our own. */
extern const cc_backend cc_backend_cpu;
/* The version of oneDNN that runs, "2.6.3", in a static buffer: another may give other bytes. */
const char *cc_onednn_version(void);
/* The ops' naive references, on plain layouts; slow, and right. */
extern const cc_backend cc_backend_reference;

/* cuDNN and kernels of our own; in builds with CUDA alone. */
extern const cc_backend cc_backend_cuda;

/* Whether a backend can train with the loss, all of its terms included, and with the optimiser; NULL: not
 * asked. To be called before anything is planned or allocated.
 *   CC_EUNSUPPORTED  it cannot: one line with the loss or optimiser, the backend, and what to use instead */
cc_status cc_backend_check(const cc_backend *backend, const cc_loss_spec *loss,
                           const cc_optimizer_spec *optimizer);

/* NULL where this build has none of that name. */
const cc_backend *cc_backend_find(const char *name);

#endif
