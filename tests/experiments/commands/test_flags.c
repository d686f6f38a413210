/* tests/experiments/commands/test_flags.c -- flags in any place and form, and what is said of wrong ones. */
#include <stdio.h>
#include <string.h>
#include "experiments/commands/flags.h"
#include "support.h"

enum { ARGUMENTS_MAX = 100 };

typedef struct values {
    bool json;
    const char *out;
    long long jobs;
    cc_flag_texts sets;
} values;

static values v;
static const char *operands[ARGUMENTS_MAX];
static int operand_count;

/* Reads the words of a line as a command's arguments; the words live until the next call. */
static cc_status read_line(const char *line, int least, int most) {
    static char words[2048];
    char *argv[ARGUMENTS_MAX];
    int argc = 0;
    static const cc_flag flags[] = {
        CC_FLAG_JSON(values, json),
        {.name = "--out", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, out), .value = "DIR"},
        {.name = "--jobs",
         .kind = CC_FLAG_INTEGER,
         CC_FLAG_AT(values, jobs),
         .min = 1,
         .max = 8,
         .value = "N"},
        CC_FLAG_SET(values, sets),
        {0}};
    v = (values){0};
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    return cc_flags_read(&v, argc, argv, flags, operands, &operand_count, least, most);
}

static void flags_stand_anywhere_and_take_values_both_ways(void **state) {
    (void)state;
    assert_ok(read_line("run a.yaml --out=x --set a=b b.yaml --jobs 8 --set c=d=e --json", 1, 9));
    assert_int_equal(operand_count, 2);
    assert_string_equal(operands[1], "b.yaml");
    assert_string_equal(v.out, "x");
    assert_int_equal(v.jobs, 8);
    assert_true(v.json);
    assert_int_equal(v.sets.count, 2);
    assert_string_equal(v.sets.items[1], "c=d=e");
}

static void two_dashes_end_the_flags_and_one_is_an_operand(void **state) {
    (void)state;
    assert_ok(read_line("run - -- --json", 0, 9));
    assert_false(v.json);
    assert_int_equal(operand_count, 2);
    assert_string_equal(operands[0], "-");
    assert_string_equal(operands[1], "--json");
}

static void a_flag_that_makes_no_sense_is_a_usage_error(void **state) {
    (void)state;
    assert_error(read_line("run --jsn", 0, 9), CC_EUSAGE, "unknown option --jsn");
    assert_error(read_line("run --jso=1", 0, 9), CC_EUSAGE, "unknown option");
    assert_error(read_line("run --json=1", 0, 9), CC_EUSAGE, "takes no value");
    assert_error(read_line("run a --out", 0, 9), CC_EUSAGE, "--out wants a value");
    assert_error(read_line("run --jobs 9", 0, 9), CC_EUSAGE, "from 1 to 8, not \"9\"");
    assert_error(read_line("run --jobs two", 0, 9), CC_EUSAGE, "not \"two\"");
    assert_error(read_line("run --jobs 99999999999999999999", 0, 9), CC_EUSAGE, "--jobs");
}

static void too_many_repeats_are_refused(void **state) {
    (void)state;
    char line[1024] = "run";
    for (int i = 0; i < CC_FLAG_TEXTS_MAX; i++) strcat(line, " --set=a");
    assert_ok(read_line(line, 0, 9));
    strcat(line, " --set=a");
    assert_error(read_line(line, 0, 9), CC_EUSAGE, "more than 64 times");
}

static void the_number_of_operands_is_checked(void **state) {
    (void)state;
    assert_error(read_line("info", 1, 1), CC_EUSAGE, "one more argument");
    assert_error(read_line("info", 2, 2), CC_EUSAGE, "some more arguments");
    assert_error(read_line("info a b", 1, 1), CC_EUSAGE, "\"b\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_stand_anywhere_and_take_values_both_ways),
        cmocka_unit_test(two_dashes_end_the_flags_and_one_is_an_operand),
        cmocka_unit_test(a_flag_that_makes_no_sense_is_a_usage_error),
        cmocka_unit_test(too_many_repeats_are_refused),
        cmocka_unit_test(the_number_of_operands_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
