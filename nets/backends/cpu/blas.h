/* nets/backends/cpu/blas.h -- OpenBLAS: its version, and which of its kernels multiply.
 *
 * OpenBLAS takes the kernels by the processor's model while the program is loaded, before main. A model
 * newer than the library gets those for SSE3, which use a quarter of an AVX-512 register. It is told
 * otherwise through the variable OPENBLAS_CORETYPE alone, which another start of the program then reads. */
#ifndef CC_NETS_BACKENDS_CPU_BLAS_H
#define CC_NETS_BACKENDS_CPU_BLAS_H

#include <stdbool.h>

/* "OpenBLAS 0.3.21, SkylakeX", in a static buffer: other versions and kernels give other bytes. One with
 * threads of its own, not OpenMP's, says how many. */
const char *cc_blas_describe(void);

/* Where OpenBLAS took kernels without AVX2 and the processor has it, sets the variable to those that suit,
 * unless it is set already. True: the program must be started anew. */
bool cc_blas_choose_kernels(void);
/* Says in the log what was chosen so, or what would suit; nothing where OpenBLAS knows the processor, or
 * the user has chosen. */
void cc_blas_note_kernels(void);

/* Those that suit a processor with these instructions; NULL where the ones taken, by name, may stay. */
const char *cc_blas_kernels_for(const char *taken, bool avx2, bool avx512);

#endif
