/* tests/core/test_utf8.c -- well-formed sequences by the Unicode Standard, table 3-7 and its examples in
 * 3.9. */
#include <string.h>
#include "support.h"
#include "core/utf8.h"

static void characters_are_measured(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"~", 1},
                 {"\xc2\xa0", 2},
                 {"\xc3\xa9", 2},
                 {"\xe4\xb8\xad", 3},
                 {"\xed\x9f\xbf", 3},
                 {"\xee\x80\x80", 3},
                 {"\xef\xbf\xbd", 3},
                 {"\xf0\x9f\xab\x80", 4},
                 {"\xf4\x8f\xbf\xbd", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cc_utf8_printable(cases[i].text) != cases[i].length) fail_msg("case %zu", i);
}

static void what_is_none_or_cannot_be_shown_has_no_length(void **state) {
    (void)state;
    static const char *const cases[] = {"",
                                        "\n",
                                        "\t",
                                        "\x1b[0m",
                                        "\x7f",
                                        "\xc2\x85",
                                        "\x80",
                                        "\xc0\xaf",
                                        "\xc1\xbf",
                                        "\xe0\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff",
                                        "\xc3",
                                        "\xe4\xb8",
                                        "\xc3(",
                                        "\xef\xbf\xbe",
                                        "\xef\xbf\xbf"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cc_utf8_printable(cases[i]) != 0) fail_msg("case %zu", i);
    assert_true(cc_utf8_is_printable("Zo\xc3\xab 'x' \\ `y`"));
    assert_false(cc_utf8_is_printable("a\nb"));
    assert_false(cc_utf8_is_printable("a\xff"));
}

static void other_bytes_are_escaped_and_a_cut_leaves_no_half_a_character(void **state) {
    (void)state;
    char out[32], cut[6];
    cc_utf8_escape(out, sizeof out, "a\nb\x1b\xff\xc3\xa9");
    assert_string_equal(out, "a\\x0ab\\x1b\\xff\xc3\xa9");
    cc_utf8_escape(cut, sizeof cut, "abcd\xc3\xa9");
    assert_string_equal(cut, "abcd");
    cc_utf8_escape(cut, sizeof cut, "ab\n\n");
    assert_string_equal(cut, "ab");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_measured),
        cmocka_unit_test(what_is_none_or_cannot_be_shown_has_no_length),
        cmocka_unit_test(other_bytes_are_escaped_and_a_cut_leaves_no_half_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
