/* core/hot.c -- which copy of a CC_HOT function this processor runs: the compilers' resolvers ask the same
 * question. Clang before 17 asks for single features, and others of its versions cannot be asked for a
 * level by name. The level is stored with every result, as copies of another level may round differently. */
#include "core/hot.h"

const char *cc_hot_level(void) {
#ifndef CC_HOT_COPIES
    return "x86-64";
#elif defined(__clang__)
    return __builtin_cpu_supports("avx512vl") ? "x86-64-v4"
           : __builtin_cpu_supports("fma")    ? "x86-64-v3"
                                              : "x86-64";
#else
    return __builtin_cpu_supports("x86-64-v4")   ? "x86-64-v4"
           : __builtin_cpu_supports("x86-64-v3") ? "x86-64-v3"
                                                 : "x86-64";
#endif
}
