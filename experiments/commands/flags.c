/* experiments/commands/flags.c -- flags of the command line, read by a table: one row a flag, wherever it
 * stands.
 *
 * "--out DIR" and "--out=DIR" are the same; "--" ends the flags; a lone "-" is an operand. A flag that is not
 * in the table is an error, never an operand. */
#include "experiments/commands/flags.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The row of a flag's name, or NULL. */
static const cc_flag *find_flag(const cc_flag *flags, const char *text, size_t length) {
    for (; flags->name; flags++)
        if (strlen(flags->name) == length && memcmp(flags->name, text, length) == 0) return flags;
    return NULL;
}

/* A whole number within the row's range. */
static cc_status store_integer(long long *out, const cc_flag *flag, const char *text) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < flag->min || value > flag->max)
        return cc_fail(CC_EUSAGE, flag->name, NULL, "wants a whole number from %lld to %lld, not \"%s\"",
                       flag->min, flag->max, text);
    *out = value;
    return CC_OK;
}

/* A number within the row's range; NaN is in none. */
static cc_status store_real(double *out, const cc_flag *flag, const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= (double)flag->min && value <= (double)flag->max))
        return cc_fail(CC_EUSAGE, flag->name, NULL, "wants a number from %lld to %lld, not \"%s\"", flag->min,
                       flag->max, text);
    *out = value;
    return CC_OK;
}

/* Stores a flag's value by its kind; a switch has none. */
static cc_status store(void *values, const cc_flag *flag, const char *text) {
    void *place = (char *)values + flag->offset;
    cc_flag_texts *texts = place;
    switch (flag->kind) {
    case CC_FLAG_SWITCH:
        *(bool *)place = true;
        return CC_OK;
    case CC_FLAG_TEXT:
        *(const char **)place = text;
        return CC_OK;
    case CC_FLAG_INTEGER:
        return store_integer(place, flag, text);
    case CC_FLAG_REAL:
        return store_real(place, flag, text);
    case CC_FLAG_TEXTS:
        if (texts->count == CC_FLAG_TEXTS_MAX)
            return cc_fail(CC_EUSAGE, flag->name, NULL, "given more than %d times", CC_FLAG_TEXTS_MAX);
        texts->items[texts->count++] = text;
        return CC_OK;
    }
    return CC_OK;
}

/* Reads the flag at argv[*i], and its value, which may be the next argument. */
static cc_status read_flag(void *values, int argc, char **argv, int *i, const cc_flag *flags) {
    const char *text = argv[*i], *equals = strchr(text, '=');
    const cc_flag *flag = find_flag(flags, text, equals ? (size_t)(equals - text) : strlen(text));
    if (!flag) return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "unknown option %s", text);
    if (flag->kind == CC_FLAG_SWITCH) {
        if (equals) return cc_fail(CC_EUSAGE, argv[0], NULL, "option %s takes no value", flag->name);
        return store(values, flag, NULL);
    }
    if (equals) return store(values, flag, equals + 1);
    if (*i + 1 >= argc)
        return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "option %s wants a value", text);
    return store(values, flag, argv[++*i]);
}

cc_status cc_flags_read(void *values, int argc, char **argv, const cc_flag *flags, const char **operands,
                        int *operand_count, int least, int most) {
    bool flags_ended = false;
    *operand_count = 0;
    for (int i = 1; i < argc; i++) {
        /* Operands may begin with '-' behind "--". */
        if (!flags_ended && strcmp(argv[i], "--") == 0)
            flags_ended = true;
        else if (!flags_ended && argv[i][0] == '-' && argv[i][1])
            CC_TRY(read_flag(values, argc, argv, &i, flags));
        else
            operands[(*operand_count)++] = argv[i];
    }
    if (*operand_count < least)
        return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "wants %s more argument%s",
                       least - *operand_count == 1 ? "one" : "some", least - *operand_count == 1 ? "" : "s");
    if (*operand_count > most)
        return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "does not know what to do with \"%s\"",
                       operands[most]);
    return CC_OK;
}

/* strtod takes spaces and hexadecimal too; the commas must be where they are. */
cc_status cc_flags_spacing(double out_mm[3], const char *text) {
    const char *next = text;
    for (int k = 0; text && k < 3; k++) {
        char *end;
        out_mm[k] = strtod(next, &end);
        if (end == next || *end != (k < 2 ? ',' : 0) || !isfinite(out_mm[k]) || out_mm[k] <= 0)
            return cc_fail(CC_EUSAGE, "--spacing", "as in --spacing 0.5,0.5,3",
                           "wants three numbers of mm above 0, not \"%s\"", text);
        next = end + 1;
    }
    return CC_OK;
}

/* A switch stands for one word of a flag. */
static cc_status join(const char **out, const char *flag, const char *word, const char *given, bool on,
                      const char *initial) {
    *out = on ? word : given ? given : initial;
    if (!on || !given || strcmp(given, word) == 0) return CC_OK;
    return cc_fail(CC_EUSAGE, flag, "leave one out", "--%s stands for %s %s, not %.40s", word, flag, word,
                   given);
}

cc_status cc_flags_precision(const char **out, const char *precision, bool tf32, const char *initial) {
    return join(out, "--precision", "tf32", precision, tf32, initial);
}

cc_status cc_flags_plan(const char **out, const char *plan, bool fast, const char *initial) {
    return join(out, "--plan", "fast", plan, fast, initial);
}
