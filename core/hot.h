/* core/hot.h -- CC_HOT before a static function: also compiled for newer x86-64 levels, chosen when the
 * program starts.
 *
 * For small loops over arrays that a compiler vectorises. Put it on the function with the loop, never on
 * one that holds an OpenMP region (its outlined body would stay at the base level), nor on one that other
 * files call (clang 14 gives those another name). Empty where the compiler or the platform has no such
 * thing, and under sanitizers, which do not bear the resolvers. */
#ifndef CC_CORE_HOT_H
#define CC_CORE_HOT_H

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(CC_SANITIZED)
#define CC_HOT_COPIES 1
#if (defined(__clang__) ? __clang_major__ >= 17 : __GNUC__ >= 12)
#define CC_HOT __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#elif defined(__clang__) && __clang_major__ >= 14 /* asks the processor for single features only */
#define CC_HOT __attribute__((target_clones("default", "fma", "avx512vl")))
#endif
#endif
#ifndef CC_HOT
#undef CC_HOT_COPIES
#define CC_HOT
#endif

/* The level whose copies this processor runs: "x86-64" (no others), "x86-64-v3" or "x86-64-v4". Static. */
const char *cc_hot_level(void);

#endif
