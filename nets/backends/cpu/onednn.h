/* nets/backends/cpu/onednn.h -- private to nets/: the oneDNN library (2.x or 3.x) and what this processor
 * lets it do. Convolutions through it are nets/ops/conv/cpu/onednn_conv.h; as much of its C API as calcade
 * calls, nets/backends/cpu/onednn_library.h; its version, cc_onednn_version of nets/engine/backend.h. */
#ifndef CC_NETS_BACKENDS_CPU_ONEDNN_H
#define CC_NETS_BACKENDS_CPU_ONEDNN_H

#include <stdbool.h>
#include <stdint.h>

/* "oneDNN 2.6.3, AVX2", in a static buffer. */
const char *cc_onednn_describe(void);
/* The channel block that its convolutions in float32 like on this processor: 8 (AVX2) or 16 (AVX-512). */
int64_t cc_onednn_block(void);
/* Whether this processor multiplies bf16 itself; elsewhere it is slower than float32. */
bool cc_onednn_has_bf16(void);
/* Whether it has matrix registers (AMX) for bf16. */
bool cc_onednn_has_amx(void);

#endif
