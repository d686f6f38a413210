/* nets/backends/host.h -- private to nets/backends/: memory and arithmetic of the backends that work in the
 * host's memory. */
#ifndef CC_NETS_BACKENDS_HOST_H
#define CC_NETS_BACKENDS_HOST_H

#include "nets/engine/backend.h"

extern const cc_storage cc_storage_host;
extern const cc_arithmetic cc_arithmetic_host;

/* cc_backend.run and cc_backend.forget: `work` is called each time, and nothing is recorded. */
cc_status cc_host_run(cc_sequence **sequence, cc_status (*work)(void *context), void *context);
void cc_host_forget(cc_sequence *sequence);

#endif
