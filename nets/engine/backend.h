/* nets/engine/backend.h -- what runs a plan: the CPU, a GPU, or the naive reference that every backend is
 * compared with.
 *
 * A backend's kernels work on its own memory (cc_storage), in the order in which they were started; one whose
 * memory is not the host's may return before they have run. A fault that comes late is reported by the next
 * call that waits. */
#ifndef CC_NETS_ENGINE_BACKEND_H
#define CC_NETS_ENGINE_BACKEND_H

#include "nets/engine/kernel.h"
#include "nets/engine/spec.h"
#include "nets/losses/loss.h"

/* Where a backend keeps what its kernels work on. */
typedef struct cc_storage {
    bool device_memory; /* not the host's memory; otherwise what is below copies where it need not */
    /* Zeroed, aligned to 64 bytes; *out is NULL where bytes is 0. CC_ENOMEM names purpose and size. */
    cc_status (*get)(void **out, size_t bytes, const char *purpose);
    void (*free)(void *memory); /* takes NULL */
    /* The same of the host's memory, such that feed and fetch copy fastest from and to it. */
    cc_status (*get_host)(void **out, size_t bytes, const char *purpose);
    void (*free_host)(void *memory); /* takes NULL */
    /* From the host, whose memory may be written again on return, and to it, after all that was started. */
    cc_status (*put)(void *to, const void *host, size_t bytes);
    cc_status (*fetch)(void *host, const void *from, size_t bytes);
    /* As put, for what every step brings: it does not wait for kernels that run. */
    cc_status (*feed)(void *to, const void *host, size_t bytes);
    /* Until all that was started has run; reports its faults. */
    cc_status (*wait)(void);
    /* Bytes that get can still give; 0: unknown. */
    size_t (*available)(void);
    int feed_copies; /* feed keeps as many copies of the largest that it brings */
} cc_storage;

/* What an optimiser is told of a step; lies in the backend's memory. */
typedef struct cc_pace {
    double lr;
    int64_t step;      /* from 1 */
    double derived[3]; /* the backend's own, from set_pace */
} cc_pace;

typedef enum cc_averaging { CC_AVERAGING_COPY, CC_AVERAGING_BLEND, CC_AVERAGING_SWAP } cc_averaging;

/* What training does besides its plan. Pointers are the backend's memory, specs have passed their checks;
 * nothing allocates or waits. */
typedef struct cc_arithmetic {
    /* Whether it has the loss, or the optimiser, of that name; a sum of losses is one too. */
    bool (*has_loss)(const char *type);
    bool (*has_optimizer)(const char *type);
    /* As cc_loss_evaluate (nets/losses/loss.h). */
    size_t (*loss_bytes)(const cc_loss_spec *spec, cc_loss_shape shape);
    cc_status (*loss)(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                      const float *target, cc_loss_shape shape, void *scratch);
    /* As cc_optimizer_clip and cc_optimizer_step (nets/optimizers/optimizer.h); scratch: CC_CLIP_BYTES. */
    cc_status (*clip)(float *grads, size_t count, double max_norm, void *scratch);
    /* What optimise wants to know besides lr and step; on the host. NULL: nothing. */
    void (*set_pace)(cc_pace *pace, const cc_optimizer_spec *spec);
    /* Nothing changes where *loss, of the step at hand, is no number. bf16_copy: as round_to_bf16's, kept in
     * step with params; NULL where there is none. */
    cc_status (*optimise)(const cc_optimizer_spec *spec, const cc_pace *pace, float *params,
                          const float *grads, float *state, void *bf16_copy, size_t count,
                          const double *loss);
    /* a = w; a = decay a + (1 - decay) w; or the two change places. */
    cc_status (*average)(cc_averaging how, float *a, float *w, size_t count, double decay);
    /* bf16 of float32, for cc_parameter_slot.bf16_copy; NULL where the backend does not keep that. */
    cc_status (*round_to_bf16)(void *bf16_copy, const float *values, size_t count);
} cc_arithmetic;
enum { CC_CLIP_BYTES = 4096 };

/* Work that is done again and again, as a backend has recorded it. */
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
    /* Does `work`, or, where *sequence (NULL at first) is a recording of it, that again. The work starts
     * kernels on the same memory each time, and neither waits nor copies from or to the host. */
    cc_status (*run)(cc_sequence **sequence, cc_status (*work)(void *context), void *context);
    void (*forget)(cc_sequence *sequence); /* takes NULL */
} cc_backend;

/* For backends whose memory is the host's. */
extern const cc_storage cc_storage_host;
extern const cc_arithmetic cc_arithmetic_host;
cc_status cc_run_at_once(cc_sequence **sequence, cc_status (*work)(void *context), void *context);
void cc_forget_nothing(cc_sequence *sequence);

/* oneDNN and kernels of our own. */
extern const cc_backend cc_backend_cpu;
/* The version of oneDNN that runs, "2.6.3", in a static buffer: another may give other bytes. */
const char *cc_onednn_version(void);
/* The ops' naive references, on plain layouts; slow, and right. */
extern const cc_backend cc_backend_reference;

/* cuDNN and kernels of our own; in builds with CUDA alone. */
extern const cc_backend cc_backend_cuda;

/* Whether a backend has the loss with all of its terms, and the optimiser; NULL: none is asked for. To be
 * called before anything is planned or allocated.
 *   CC_EUNSUPPORTED  it lacks one: names it, the backend, and what to use instead */
cc_status cc_backend_check(const cc_backend *backend, const cc_loss_spec *loss,
                           const cc_optimizer_spec *optimizer);

/* NULL where this build has none of that name. */
const cc_backend *cc_backend_find(const char *name);

#endif
