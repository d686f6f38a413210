/* tests/core/test_words.c -- words as a sentence lists them; the right texts are written out by hand. */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_several_words_follows_or),
        cmocka_unit_test(a_list_is_cut_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
