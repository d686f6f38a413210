/* nets/cpu/blas.h -- OpenBLAS: its version, and which of its kernels multiply.
 *
 * OpenBLAS takes the kernels by the processor's model while the program is loaded, before main. A model
 * newer than the library gets those for SSE3, which use a quarter of an AVX-512 register. It is told
 * otherwise through the variable OPENBLAS_CORETYPE alone, which another start of the program then reads. */
#ifndef CC_NETS_CPU_BLAS_H
#define CC_NETS_CPU_BLAS_H

#include <stdbool.h>

/* "OpenBLAS 0.3.21, SkylakeX", in a static buffer: other versions and kernels give other bytes. */
const char *cc_blas_describe(void);

/* The kernels that suit this processor, where OpenBLAS took some without AVX2 and the processor has it;
 * NULL where what it took may stay. */
const char *cc_blas_better_kernels(void);

/* cc_blas_better_kernels for kernels of this name on a processor with these. */
const char *cc_blas_kernels_for(const char *taken, bool avx2, bool avx512);

#endif
