/* experiments/commands/flags.h -- the flags of one command as a table: what each is called, takes and means.
 * The command line is read by it, and help, man page and completion are made of it (command.h, man.c,
 * completion.c). */
#ifndef CC_EXPERIMENTS_COMMANDS_FLAGS_H
#define CC_EXPERIMENTS_COMMANDS_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

typedef enum cc_flag_kind {
    CC_FLAG_SWITCH,
    CC_FLAG_TEXT,
    CC_FLAG_INTEGER,
    CC_FLAG_REAL,
    CC_FLAG_TEXTS
} cc_flag_kind;

enum { CC_FLAG_TEXTS_MAX = 64 };
typedef struct cc_flag_texts {
    const char *items[CC_FLAG_TEXTS_MAX];
    int count;
} cc_flag_texts;

/* What a shell offers where a value, or an operand, is typed. */
typedef enum cc_completes {
    CC_COMPLETES_WORDS,  /* the words of its name, "auto|cpu|cuda"; nothing where it has no bar */
    CC_COMPLETES_PATH,   /* any file or folder */
    CC_COMPLETES_FOLDER, /* folders */
    CC_COMPLETES_CONFIG, /* .yaml and .yml */
    CC_COMPLETES_RUN,    /* .h5 */
    CC_COMPLETES_OPTION, /* KEY=VALUE of the table of options */
    CC_COMPLETES_NET,    /* a name of `calcade nets` */
} cc_completes;

/* One flag, and where its value goes: a bool, const char *, long long, double or cc_flag_texts by kind. */
typedef struct cc_flag {
    const char *name; /* with its dashes */
    cc_flag_kind kind;
    size_t offset;      /* in what the command gives cc_flags_read for its values */
    long long min, max; /* CC_FLAG_INTEGER, CC_FLAG_REAL */
    bool needed;        /* the command does nothing without it */
    const char *value;  /* what it takes, "DIR" or "auto|cpu|cuda"; NULL: a switch takes nothing */
    cc_completes completes;
    const char *meaning; /* for people: no capital first, no full stop */
} cc_flag;

/* What flags of several commands have in common; `member` is of the command's values. */
#define CC_FLAG_AT(values, member) .offset = offsetof(values, member)
#define CC_FLAG_SET(values, member)                                                                          \
    {                                                                                                        \
        .name = "--set", .kind = CC_FLAG_TEXTS, CC_FLAG_AT(values, member), .value = "KEY=VALUE",            \
        .completes = CC_COMPLETES_OPTION,                                                                    \
        .meaning = "an option that stands over the files; VALUE is YAML; may be given several times"         \
    }
#define CC_FLAG_DEVICE(values, member)                                                                       \
    {                                                                                                        \
        .name = "--device", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member),                                \
        .value = "auto|cpu|cuda|reference",                                                                  \
        .meaning = "what computes; auto: the GPU where one can be used, else the CPU; reference: the naive " \
                   "kernels that the others are compared with"                                               \
    }
#define CC_FLAG_THREADS(values, member)                                                                      \
    {                                                                                                        \
        .name = "--threads", .kind = CC_FLAG_INTEGER, CC_FLAG_AT(values, member), .min = 1, .max = 1 << 10,  \
        .value = "T", .meaning = "threads that a CPU computes with"                                          \
    }
#define CC_FLAG_SPACING(values, member)                                                                      \
    {                                                                                                        \
        .name = "--spacing", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member), .value = "X,Y,Z",             \
        .meaning = "distances of voxels in mm, in place of what the file says"                               \
    }
#define CC_FLAG_SERIES(values, member)                                                                       \
    {                                                                                                        \
        .name = "--series", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member), .value = "S",                  \
        .meaning =                                                                                           \
            "which series of a DICOM folder: its SeriesInstanceUID, or its number in the list that the "     \
            "error about several prints"                                                                     \
    }
#define CC_FLAG_PRECISION(values, member)                                                                    \
    {                                                                                                        \
        .name = "--precision", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member), .value = "f32|tf32|bf16",   \
        .meaning = "how activations are kept and multiplied"                                                 \
    }
#define CC_FLAG_PLAN(values, member, words)                                                                  \
    {                                                                                                        \
        .name = "--plan", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member), .value = words,                  \
        .meaning = "how algorithms are chosen, as train.plan of a config"                                    \
    }
#define CC_FLAG_JSON(values, member)                                                                         \
    {                                                                                                        \
        .name = "--json", .kind = CC_FLAG_SWITCH, CC_FLAG_AT(values, member),                                \
        .meaning = "prints one JSON object"                                                                  \
    }

/* Reads argv[1..): flags in any place ("--out DIR" or "--out=DIR"; "--" ends them) into `values`, the struct
 * that the table's offsets are of; the rest into operands, whose number must lie in [least, most]. Unknown
 * flags, missing values and the wrong number of operands are CC_EUSAGE with the command's name and a hint.
 * `flags` ends with a NULL name. operands has room for argc entries. */
cc_status cc_flags_read(void *values, int argc, char **argv, const cc_flag *flags, const char **operands,
                        int *operand_count, int least, int most);

/* "X,Y,Z" of --spacing, each above 0; NULL: nothing is stated. CC_EUSAGE */
cc_status cc_flags_spacing(double out_mm[3], const char *text);

/* What --precision (NULL: not given; then `initial`) and --tf32 say together. CC_EUSAGE where they
 * disagree. */
cc_status cc_flags_precision(const char **out, const char *precision, bool tf32, const char *initial);
/* The same of --plan and --fast. */
cc_status cc_flags_plan(const char **out, const char *plan, bool fast, const char *initial);

#endif
