/* tests/core/test_words.c -- words as a sentence lists them; the right texts are written out by hand. */
#include <string.h>
#include "support.h"
#include "core/words.h"

static void the_last_of_several_words_follows_or(void **state) {
    (void)state;
    static const char *const words[] = {"patient", "slice", "slab"};
    char out[64];
    cc_words_or(out, sizeof out, words, 3);
    assert_string_equal(out, "patient, slice or slab");
    cc_words_or(out, sizeof out, words, 2);
    assert_string_equal(out, "patient or slice");
    cc_words_or(out, sizeof out, words, 1);
    assert_string_equal(out, "patient");
    cc_words_or(out, sizeof out, words, 0);
    assert_string_equal(out, "");
}

static void a_list_is_cut_to_its_room(void **state) {
    (void)state;
    static const char *const words[] = {"patient", "slice", "slab"};
    char out[12] = "###########";
    cc_words_or(out, 10, words, 3);
    assert_string_equal(out, "patient, ");
    assert_int_equal(out[10], '#'); /* nothing behind the room is touched */
}

/* Distances by hand: kitten, sitten, sittin, sitting is the textbook's three. */
static void a_misspelt_word_has_the_nearest_as_its_hint(void **state) {
    (void)state;
    static const char *const words[] = {"title", "caption", "columns"};
    char out[64];
    assert_int_equal(cc_words_distance("kitten", "sitting"), 3);
    assert_int_equal(cc_words_distance("", "abc"), 3);
    assert_int_equal(cc_words_distance("abc", "abc"), 0);
    assert_string_equal(cc_words_nearest("colums", words, 3), "columns");
    assert_null(cc_words_nearest("margin", words, 3));
    assert_null(cc_words_nearest("title", words, 0));
    cc_words_hint(out, sizeof out, "titel", words, 3);
    assert_string_equal(out, "did you mean title?");
    cc_words_hint(out, sizeof out, "margin", words, 3);
    assert_string_equal(out, "one of title, caption or columns");
}

/* A word of any length is compared within a fixed room. */
static void a_word_too_long_for_any_is_far_from_all(void **state) {
    (void)state;
    char word[CC_WORDS_FAR + 2];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = 0;
    assert_int_equal(cc_words_distance(word, "a"), CC_WORDS_FAR);
    assert_false(cc_words_is_near(CC_WORDS_FAR, word));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_several_words_follows_or),
        cmocka_unit_test(a_list_is_cut_to_its_room),
        cmocka_unit_test(a_misspelt_word_has_the_nearest_as_its_hint),
        cmocka_unit_test(a_word_too_long_for_any_is_far_from_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
