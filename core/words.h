/* core/words.h -- the words of a choice as a person lists them, and the one that a misspelt word was meant to
 * be, for hints of errors: a registry states its names once, and what a message offers is made of them.
 *
 * Source of the distance: Levenshtein, Soviet Physics Doklady 10 (1966), 707-710. */
#ifndef CC_CORE_WORDS_H
#define CC_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* "pad or scale", "patient, slice or slab"; "" of no words. Cut to capacity, which is at least 1. */
void cc_words_or(char *out, size_t capacity, const char *const *words, size_t count);

enum { CC_WORDS_FAR = 64 };

/* The letters to add, take out or change that make one word of another; words of more than CC_WORDS_FAR bytes
 * are CC_WORDS_FAR from all. */
int cc_words_distance(const char *a, const char *b);
/* Whether a word at this distance from `word` may be a slip for it: two letters, or a third of them. */
bool cc_words_is_near(int distance, const char *word);
/* The nearest of some words to one that is none of them; NULL where none is near. */
const char *cc_words_nearest(const char *word, const char *const *words, size_t count);
/* A hint for such a word: "did you mean rows?", or, where none is near, "one of id, title or rows". */
void cc_words_hint(char *out, size_t capacity, const char *word, const char *const *words, size_t count);

#endif
