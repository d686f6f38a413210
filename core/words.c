/* core/words.c -- lists of words, commas between them and "or" before the last, without a comma of its own;
 * and the nearest word by Levenshtein's distance. */
#include "core/words.h"

#include <stdio.h>
#include <string.h>

void cc_words_or(char *out, size_t capacity, const char *const *words, size_t count) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && used < capacity; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", before, words[i]);
    }
}

static int smallest(int a, int b, int c) {
    const int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

int cc_words_distance(const char *a, const char *b) {
    const size_t m = strlen(a), n = strlen(b);
    if (m > CC_WORDS_FAR || n > CC_WORDS_FAR) return CC_WORDS_FAR;
    /* One row of the matrix of distances between the beginnings of both words. */
    int row[CC_WORDS_FAR + 1];
    for (size_t j = 0; j <= n; j++) row[j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            /* A letter is added, taken out, or changed where the two differ. */
            const int above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

/* Short words of two or three letters are near to each other all the same: a hint that is wrong costs
 * little. */
bool cc_words_is_near(int distance, const char *word) {
    return distance <= 2 || distance <= (int)strlen(word) / 3;
}

const char *cc_words_nearest(const char *word, const char *const *words, size_t count) {
    const char *best = NULL;
    int best_distance = CC_WORDS_FAR;
    for (size_t i = 0; i < count; i++) {
        const int distance = cc_words_distance(word, words[i]);
        if (distance >= best_distance) continue; /* of two that are equally near the first */
        best_distance = distance;
        best = words[i];
    }
    return best && cc_words_is_near(best_distance, word) ? best : NULL;
}

void cc_words_hint(char *out, size_t capacity, const char *word, const char *const *words, size_t count) {
    const char *nearest = cc_words_nearest(word, words, count);
    if (nearest) {
        snprintf(out, capacity, "did you mean %s?", nearest);
        return;
    }
    /* Where nothing is near, all of them are offered. */
    const int used = snprintf(out, capacity, "one of ");
    if (used > 0 && (size_t)used < capacity) cc_words_or(out + used, capacity - (size_t)used, words, count);
}
