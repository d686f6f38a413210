/* core/words.c -- lists of words: commas between them, and "or" before the last, without a comma of its
 * own. */
#include "core/words.h"

#include <stdio.h>

void cc_words_or(char *out, size_t capacity, const char *const *words, size_t count) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && used < capacity; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", before, words[i]);
    }
}
