/* experiments/config/config_print.c -- a configuration as YAML that reads back to itself, and the table as
 * its reference.
 *
 * One walk over the table of options prints everything: rows that mean nothing for a variant are left out,
 * groups are opened where they begin. The identity's text is the same print with fewer rows, so that what a
 * run's identity digests is what a person can read. */
#include "experiments/config/config_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/config/options_lookup.h"

static void print_loss(FILE *out, const cc_experiment_config *config, const cc_loss_spec *loss);

/* A text in quotes. */
static void print_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    fputc('"', out);
}

/* Whether a text can stand without quotes: it starts like a word or a path, and no reader takes it for
 * another type. */
static bool is_plain(const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-/";
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) return false;
    /* What YAML could read as a number, a date or a list begins with a digit or a sign. */
    size_t start = strspn(text, "./");
    if (start == 1 && text[0] == '.') return false; /* .inf */
    return text[strspn(text, letters)] == 0 && strcspn(text + start, "0123456789=,+-") > 0 && text[start];
}

/* A text, in quotes where it must be. */
static void print_text(FILE *out, const char *text) {
    if (is_plain(text))
        fputs(text, out);
    else
        print_quoted(out, text);
}

/* The shortest number that reads back as itself. */
static void print_real(FILE *out, double value) {
    char text[32];
    cc_option_format_real(text, value);
    fputs(text, out);
}

/* The items of a list. */
static int item_count(const cc_experiment_config *config, const cc_option *o) {
    const char *base = (const char *)config;
    if (o->kind == CC_OPTION_REALS && !o->count_offset) return o->most;
    if (o->kind == CC_OPTION_TEXTS || o->kind == CC_OPTION_CONFIGS)
        return ((const cc_text_list *)(base + o->offset))->count;
    return *(const int *)(base + o->count_offset);
}

/* "region: 4" */
static void print_head(FILE *out, const cc_head_spec *head) {
    print_text(out, head->name);
    fprintf(out, ": %d", head->classes);
}

/* One number where all axes are alike, else a list. */
static void print_extents(FILE *out, const cc_extents *e) {
    if (e->count == 1) fprintf(out, "%d", e->values[0]);
    for (int i = 0; e->count > 1 && i < e->count; i++) fprintf(out, "%s%d", i ? ", " : "[", e->values[i]);
    if (e->count > 1) fputc(']', out);
}

/* One item of a list, or of a map that is printed like one. */
static void print_item(FILE *out, const cc_experiment_config *config, const cc_option *o, int i) {
    const void *place = (const char *)config + o->offset;
    if (o->kind == CC_OPTION_INTEGERS)
        fprintf(out, "%d", ((const int *)place)[i]);
    else if (o->kind == CC_OPTION_EXTENTS)
        print_extents(out, (const cc_extents *)place + i);
    else if (o->kind == CC_OPTION_REALS)
        print_real(out, ((const double *)place)[i]);
    else if (o->kind == CC_OPTION_TEXTS || o->kind == CC_OPTION_CONFIGS)
        print_text(out, ((const cc_text_list *)place)->items[i]);
    else if (o->kind == CC_OPTION_HEADS)
        print_head(out, &((const cc_head_spec *)place)[i]);
    else
        print_loss(out, config, &config->loss.terms[i]);
}

/* Labels below their key; those that are none print as null. Names of variants hold commas and equals signs:
 * quoted, they mean nothing to YAML. */
static void print_labels(FILE *out, const cc_label_list *labels) {
    if (labels->count == 0) fputs("null", out);
    for (int i = 0; i < labels->count; i++) {
        fputs("\n    ", out);
        print_quoted(out, labels->items[i].variant);
        fputs(": ", out);
        print_quoted(out, labels->items[i].text);
    }
}

/* Claims below their key, a map a line; null where there is none. */
static void print_claims(FILE *out, const cc_claim_list *claims) {
    if (claims->count == 0) fputs("null", out);
    for (int i = 0; i < claims->count; i++) {
        const cc_claim *claim = &claims->items[i];
        fputs("\n    - {text: ", out);
        print_quoted(out, claim->text);
        fputs(", a: ", out);
        print_quoted(out, claim->a);
        if (claim->b) fputs(", b: ", out);
        if (claim->b) print_quoted(out, claim->b);
        fprintf(out, ", score: %s, direction: %s}", claim->score, claim->direction);
    }
}

/* "calcium", or "{region: regions, lesion: calcium}". */
static void print_targets(FILE *out, const cc_target_words *targets) {
    if (targets->count == 0) fputs(targets->one ? targets->one : "null", out);
    for (int i = 0; i < targets->count; i++) {
        fputs(i ? ", " : "{", out);
        print_text(out, targets->of[i].head);
        fprintf(out, ": %s", targets->of[i].word);
    }
    if (targets->count > 0) fputc('}', out);
}

/* A value on one line, or below its key. */
static void print_value(FILE *out, const cc_experiment_config *config, const cc_option *o) {
    const void *place = (const char *)config + o->offset;
    switch (o->kind) {
    case CC_OPTION_INTEGER:
        if (!o->initial && *(const int *)place == o->null_value)
            fputs("null", out);
        else
            fprintf(out, "%d", *(const int *)place);
        return;
    case CC_OPTION_SEED:
        fprintf(out, "%" PRIu64, *(const uint64_t *)place);
        return;
    case CC_OPTION_REAL:
        if (!o->initial && *(const double *)place == o->null_value)
            fputs("null", out);
        else
            print_real(out, *(const double *)place);
        return;
    case CC_OPTION_BOOLEAN:
        fputs(cc_option_word(o, config), out);
        return;
    case CC_OPTION_CHOICE:
    case CC_OPTION_NAME:
    case CC_OPTION_PATH:
    case CC_OPTION_CONFIG:
    case CC_OPTION_TEXT:
        if (*(const char *const *)place)
            print_text(out, *(const char *const *)place);
        else
            fputs("null", out);
        return;
    case CC_OPTION_LABELS:
        print_labels(out, place);
        return;
    case CC_OPTION_CLAIMS:
        print_claims(out, place);
        return;
    case CC_OPTION_TARGETS:
        print_targets(out, place);
        return;
    default:
        if (!o->initial && !o->needed && item_count(config, o) == 0) {
            fputs("null", out);
            return;
        }
        fputc(o->kind == CC_OPTION_HEADS ? '{' : '[', out);
        for (int i = 0; i < item_count(config, o); i++) {
            if (i) fputs(", ", out);
            print_item(out, config, o, i);
        }
        fputc(o->kind == CC_OPTION_HEADS ? '}' : ']', out);
    }
}

/* Prints the groups of `key` that `before`, the key printed last, is not in; then the key's last part. */
static void print_key(FILE *out, const char *key, const char *before) {
    size_t start = 0, depth = 0;
    bool shared = true;
    for (size_t dot; key[dot = start + strcspn(key + start, ".")]; start = dot + 1, depth++) {
        shared = shared && strncmp(key, before, dot + 1) == 0;
        if (!shared) fprintf(out, "%*s%.*s:\n", (int)(2 * depth), "", (int)(dot - start), key + start);
    }
    fprintf(out, "%*s%s:", (int)(2 * depth), "", key + start);
}

/* The row's value in `config`, "" where it means nothing there; the caller frees it. NULL where memory is
 * out.
 */
static char *value_text(const cc_experiment_config *config, const cc_option *o) {
    char *bytes = NULL;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return NULL;
    if (cc_option_holds(o, config, o->only_term)) print_value(stream, config, o);
    if (fclose(stream) == 0) return bytes;
    free(bytes);
    return NULL;
}

/* Which rows are printed. */
typedef enum print_part {
    PRINT_ALL,
    PRINT_RUN,      /* without the experiment's table */
    PRINT_IDENTITY, /* what a run's identity digests */
    PRINT_REPORT,   /* the experiment's table alone */
} print_part;

/* Whether a row is left out: it belongs to another part, its value is not given, or what runs had before
 * there was the option. */
static bool is_left_out(const cc_experiment_config *config, const cc_option *o, print_part part) {
    const bool of_report = strncmp(o->key, "report.", 7) == 0, identity = part == PRINT_IDENTITY;
    if (part != PRINT_ALL && of_report != (part == PRINT_REPORT)) return true;
    if (identity && o->locates) return true;
    if (!o->usual && !o->usual_as) return false;
    char *text = value_text(config, o), *other = NULL;
    if (o->usual_as) other = value_text(config, cc_option_get(cc_option_find(o->usual_as)));
    /* An option that came later must not change the identities of runs that were made before it. */
    const char *usual = o->usual ? o->usual : other;
    const bool out = text && usual && (strcmp(text, "null") == 0 || (identity && strcmp(text, usual) == 0));
    free(text);
    free(other);
    return out;
}

/* A term of a sum: "{type: bce, weight: 0.5}". */
static void print_loss(FILE *out, const cc_experiment_config *config, const cc_loss_spec *loss) {
    /* A term is a loss of its own, printed by the rows of group "loss". */
    cc_experiment_config scratch = {.stage = config->stage, .loss = *loss};
    const char *separator = "{";
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (strncmp(o->key, "loss.", 5) != 0 || !cc_option_holds(o, &scratch, true)) continue;
        if (is_left_out(&scratch, o, PRINT_ALL)) continue; /* null, of an option that came later */
        fprintf(out, "%s%s: ", separator, o->key + 5);
        print_value(out, &scratch, o);
        separator = ", ";
    }
    fputc('}', out);
}

/* Every row that means something, in the table's order. */
static void print_options(FILE *out, const cc_experiment_config *config, print_part part) {
    const char *before = "";
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (!cc_option_holds(o, config, false) || is_left_out(config, o, part)) continue;
        print_key(out, o->key, before);
        before = o->key;
        if (o->kind == CC_OPTION_LOSSES) {
            for (int t = 0; t < config->loss.term_count; t++) {
                fputs("\n    - ", out);
                print_loss(out, config, &config->loss.terms[t]);
            }
        } else {
            /* Labels and claims stand on lines of their own; where there are none they are left out. */
            if (o->kind != CC_OPTION_LABELS && o->kind != CC_OPTION_CLAIMS) fputc(' ', out);
            print_value(out, config, o);
        }
        fputc('\n', out);
    }
}

/* Ends a stream in memory and gives its text to the arena. */
static cc_status finish(char **out, FILE *stream, char **bytes, cc_arena *arena) {
    bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(*bytes);
        return cc_fail_memory("configuration", 0);
    }
    *out = cc_arena_copy(arena, *bytes);
    free(*bytes);
    return *out ? CC_OK : CC_ENOMEM;
}

/* The print of config_print.h as a text of the arena. */
static cc_status print(char **out, const cc_experiment_config *config, print_part part, cc_arena *arena) {
    char *bytes = NULL;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return cc_fail_memory("configuration", 0);
    print_options(stream, config, part);
    return finish(out, stream, &bytes, arena);
}

cc_status cc_config_print(char **out, const cc_experiment_config *config, cc_arena *arena) {
    return print(out, config, PRINT_ALL, arena);
}

cc_status cc_config_run_text(char **out, const cc_experiment_config *config, cc_arena *arena) {
    return print(out, config, PRINT_RUN, arena);
}

cc_status cc_config_report_text(char **out, const cc_experiment_config *config, cc_arena *arena) {
    return print(out, config, PRINT_REPORT, arena);
}

cc_status cc_config_identity_text(char **out, const cc_experiment_config *config, cc_arena *arena) {
    return print(out, config, PRINT_IDENTITY, arena);
}

/* Options that a path says already, or that change no result. */
static bool has_own_place(const cc_option *o) {
    return o->locates || strcmp(o->key, "data.fold") == 0 || strcmp(o->key, "seed") == 0;
}

cc_status cc_config_differences(char **out, const cc_experiment_config *config,
                                const cc_experiment_config *base, cc_arena *arena) {
    char *bytes = NULL;
    size_t size;
    bool whole = true;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return cc_fail_memory("configuration", 0);
    for (int i = 0; i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (has_own_place(o)) continue;
        char *mine = value_text(config, o), *its = value_text(base, o);
        whole = whole && mine && its;
        /* What means nothing here prints as "", and is no difference to show; nor is a value that goes
         * without saying of an option that means nothing in the other. */
        const bool unsaid = mine && its && !its[0] && o->usual && strcmp(mine, o->usual) == 0;
        if (mine && its && mine[0] && !unsaid && strcmp(mine, its) != 0)
            fprintf(stream, "%s%s=%s", ftell(stream) > 0 ? " " : "", o->key, mine);
        free(mine);
        free(its);
    }
    CC_TRY(finish(out, stream, &bytes, arena));
    return whole ? CC_OK : cc_fail_memory("configuration", 0);
}

static const char preface[] =
    "# Options of an experiment\n\n"
    "`calcade config --reference > configs/reference.md` writes this page from the table of options in the "
    "code.\n"
    "`calcade config CONFIG` prints what a file resolves to.\n\n"
    "- `extends: FILE` starts from another file, relative to this one: maps merge, anything else is "
    "replaced.\n"
    "  `extends: [FILE, FILE, ...]` lays each file over those before it, and this one over all.\n"
    "- `matrix: {net.arch: [unet, unet-bn], optimizer.lr: [1.0e-3, 1.0e-4]}` makes a variant of each "
    "combination, the last key\n"
    "  fastest; `matrix: [{variant: a, net.arch: unet}, ...]` lists variants one by one. A key in it "
    "replaces the option, or the\n"
    "  group of options, as a whole. Of files that extend each other the nearest matrix counts.\n"
    "- `matrix: {optimizer.lr: {log: [1.0e-5, 1.0e-2]}, net.width: {integer: [4, 64]}, samples: 16}` draws "
    "16 variants from\n"
    "  ranges: `linear`, `log`, `integer`, `integer_log`; a list beside them gives one of its values, those "
    "of `seed` and\n"
    "  `data.fold` multiply the samples. `search` is `sobol` (the default: Sobol's points, scrambled) or "
    "`random`; another\n"
    "  `search_seed` (default 0) draws others. Values have few digits, and a sample that repeats an earlier "
    "one is drawn\n"
    "  again; the same text gives the same variants everywhere, and more samples begin with the fewer.\n"
    "- `${NAME}` in a path is an environment variable; `${NAME:-text}` has a text for where it is not set.\n"
    "- `--set a.b=VALUE` on the command line stands over the files; VALUE is YAML, as in `--set "
    "augment=[hflip]`.\n"
    "- `null` is an option's default. A relative path under `data`, and that of `net.weights`, counts from "
    "the "
    "current folder;\n  one under `upstream` from the file that gives it.\n"
    "- An option that means nothing beside the others (`loss.gamma` of a dice loss) is an error, as an "
    "unknown one is.\n"
    "- `report` is of the table that all variants of the file share: a matrix cannot change it.\n"
    "- Options marked ° change where things lie, how fast they go or what a table looks like, never a "
    "result: they "
    "are no part of a\n  run's identity, but the number of `train.threads` that were used, the contents of "
    "what `data.root`, "
    "`data.list`, `data.split.file` and `net.weights` name are, and the identities "
    "of the runs under "
    "`upstream`.\n";

/* One option as a row of its group's table. */
static void print_reference_row(FILE *out, const cc_option *o) {
    char wants[512];
    cc_option_wants(wants, sizeof wants, o);
    fprintf(out, "| `%s`%s | %s | ", o->key, o->locates ? "°" : "", wants);
    if (o->initial)
        fprintf(out, "`%s`", o->initial);
    else
        fputs(o->initial_note ? o->initial_note : o->needed ? "must be given" : "must be given to run", out);
    fprintf(out, " | %s | %s", o->unit ? o->unit : "", o->meaning);
    if (o->when) {
        cc_option_words(wants, sizeof wants, o->is, "` or `");
        fprintf(out, "; where `%s` %s `%s`", o->when,
                cc_option_get(cc_option_find(o->when))->kind == CC_OPTION_TEXTS ? "names" : "is", wants);
    }
    if (o->only_term) fputs("; only in the terms of a sum", out);
    fputs(" |\n", out);
}

cc_status cc_config_reference(char **out, cc_arena *arena) {
    char *bytes = NULL;
    size_t size;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return cc_fail_memory("reference", 0);
    fputs(preface, stream);
    const char *group = "run"; /* the heading of the options above all groups */
    size_t length = 0;
    for (int i = 0; i < cc_option_count(); i++) {
        const char *key = cc_option_get(i)->key;
        /* A new heading where the first part of the key changes. */
        const char *next = strchr(key, '.') || strcmp(group, "run") != 0 ? key : group;
        size_t next_length = strcspn(next, ".");
        if (next_length != length || strncmp(group, next, length) != 0)
            fprintf(stream,
                    "\n## %.*s\n\n| option | value | default | unit | meaning |\n|---|---|---|---|---|\n",
                    (int)next_length, next);
        group = next;
        length = next_length;
        print_reference_row(stream, cc_option_get(i));
    }
    return finish(out, stream, &bytes, arena);
}
