/* core/words.h -- the words of a choice as a person lists them, for hints of errors: a registry states its
 * names once, and what a message offers is made of them. */
#ifndef CC_CORE_WORDS_H
#define CC_CORE_WORDS_H

#include <stddef.h>

/* "pad or scale", "patient, slice or slab"; "" of no words. Cut to capacity, which is at least 1. */
void cc_words_or(char *out, size_t capacity, const char *const *words, size_t count);

#endif
