/* experiments/config/config.h -- an experiment's configuration: YAML in, plain values out.
 *
 * The table of options (experiments/config/options.h) declares each once (key, type, range, default, unit, meaning,
 * place in the struct below); reading, checking, printing and the reference page all follow that table. The
 * rules of the format:
 *   extends: FILE     the file starts from another (relative to itself; chains): maps merge, anything else is
 *                     replaced. A list of files: each is laid over those before it, this one over all
 *   matrix: ...       one file, several variants: {net.arch: [unet, unet-bn], ...} is the cartesian product,
 *                     the last key fastest; [{variant: a, net.arch: unet}, ...] lists them. A named key is
 *                     replaced whole. Of a chain of files the nearest matrix counts; `matrix: null` drops it
 *   ${NAME}           in paths, from the environment; ${NAME:-text} where NAME may be unset
 *   --set a.b=VALUE   over the files, before the matrix; VALUE is YAML
 *   null              the option's default
 * A relative path under `data`, and that of `net.weights`, is relative to the current folder, as on a command
 * line.
 *
 * Every fault is CC_ECONFIG (a file that cannot be read: CC_ENOTFOUND or CC_EIO) with FILE:LINE, or "--set
 * a.b=VALUE", the key, and what would be right. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/status.h"
#include "nets/engine/spec.h"

enum {
    CC_FOLD_NONE = -1,
    CC_SIZE_LARGEST = 0,
    CC_PATIENCE_OFF = 0,
    CC_THREADS_AUTO = 0,
    CC_VARIANTS_MAX = 1024,
    CC_MASK_THRESHOLD_NONE = -1,
    CC_LABELS_MAX = 255
};

typedef struct cc_text_list {
    const char *const *items;
    int count;
} cc_text_list;

/* One variant, complete and checked. Strings and lists are borrowed from the cc_config. A choice is one of
 * the words that the table of options lists. */
typedef struct cc_experiment_config {
    const char *name;    /* EXPERIMENT of OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5; may hold '/', never ".." */
    const char *variant; /* VARIANT; one folder's name */
    const char
        *stage; /* "roi", "calcification", "false_positive", "cascade" (trains nothing: tests a chain) */
    uint64_t seed;
    struct {
        const char *source; /* "ctheart", "volume", "orcascore", "coca", "list", "nnunet", "decathlon" */
        const char *root;   /* NULL where not given (never under CC_CONFIG_RUNNABLE, but with list) */
        const char *image;  /* volume: relative to root; else NULL */
        const char *mask;   /* volume: relative to root; else NULL */
        const char *list;   /* list: the table of scans; else NULL */
        int labels[CC_LABELS_MAX], label_count; /* list, nnunet, decathlon: foreground; none: all labels */
        int mask_threshold; /* ctheart: grey above it is foreground, or CC_MASK_THRESHOLD_NONE */
        bool skip_broken;   /* all but volume: broken patients are left out */
        struct {
            double train, validation, test; /* shares; only their ratio counts */
            const char *by;                 /* "patient", "slice", "slab", "list" */
            const char *file;               /* by patient: who is in which set; NULL: by the shares */
            uint64_t seed;                  /* deals patients, or slices; `seed` does not */
            const char *stratify;           /* "group", "none"; by patient, else NULL */
            int slab;                       /* slices of a slab */
        } split;
        int fold; /* CC_FOLD_NONE: one split by shares; else in [0, folds) */
        int folds;
    } data;
    struct {
        double window_hu[2]; /* low < high */
        int size; /* side of the square canvas in pixels; CC_SIZE_LARGEST: what the largest slice needs */
        const char *fit;         /* "pad", "scale" */
        bool histogram_matching; /* to the reference slice of upstream.reference */
        struct {
            bool unite;  /* OR over a scan's slices (key: union); else each slice has its own region */
            int opening; /* side of the square that opens the region, pixels of the slice; 0: none */
            const char
                *mode;  /* "blank": outside the box reads window_hu's lowest value; "crop": a square window of
                           `crop` pixels about the box's middle, clamped; "none": the region is not used */
            int crop;   /* crop: side of the window, pixels of the slice */
            int margin; /* pixels added on each side of the box */
        } roi;          /* calcification, false_positive, cascade */
    } preprocess;
    struct {
        int size;           /* side of the window around a component, pixels of the slice */
        const char *output; /* "replace": a window's output stands for what stage 2 said there; "intersect":
                               both must say so */
        cc_text_list augment_negative; /* of windows without truth, in place of `augment` */
    } windows;                         /* false_positive, cascade */
    struct {
        const char *reference;      /* a roi run whose best slice is matched to */
        const char *roi;            /* the run whose net finds the region */
        const char *calcification;  /* false_positive, cascade */
        const char *false_positive; /* cascade */
    } upstream;                     /* "FILE" or "FILE#VARIANT", the file's path resolved; NULL: none */
    cc_text_list
        augment; /* beside the original: "hflip", "vflip", "rotateN" (N degrees, 1 to 359); no two alike */
    cc_net_spec net;
    cc_loss_spec loss;
    cc_optimizer_spec optimizer;
    struct {
        int epochs, batch;
        struct {
            const char *monitor; /* "validation.f1", "validation.loss": chooses the epoch that is kept */
            const char *mode;    /* "max", "min": what of it is better */
            int patience; /* epochs without a better one before training ends; CC_PATIENCE_OFF: never */
        } early_stopping;
        double ema; /* decay of the weights' moving average; CC_EMA_OFF: the weights themselves are kept */
        const char *precision; /* "f32", "tf32", "bf16": of activations and products */
        const char *plan;      /* "fixed", "timed", "exact", "fast": how algorithms are chosen */
        double empty_slices;   /* share of the slices without truth that are trained on */
        int workers;           /* loader threads; results do not depend on it */
        int threads;           /* that nets compute with; CC_THREADS_AUTO: as many as there are */
    } train;
    struct {
        int examples;     /* test slices whose pictures are stored */
        double threshold; /* probability from which a pixel is foreground */
    } results;
} cc_experiment_config;

/* One file's variants, and the memory of their strings. */
typedef struct cc_config cc_config;

/* CC_CONFIG_RUNNABLE: what a run cannot do without (data.root; data.image and data.mask of a volume;
 * data.list of a list) must be given. CC_CONFIG_FAST: train.plan is "fast", CC_CONFIG_TF32: train.precision
 * is "tf32" where it was "f32", of whatever trains. CC_CONFIG_STORED: the text is of a result, perhaps older
 * than some options: those take the value that means what it was made with. */
enum { CC_CONFIG_RUNNABLE = 1, CC_CONFIG_FAST = 2, CC_CONFIG_TF32 = 4, CC_CONFIG_STORED = 8 };

/* Reads a file with what it extends, the overrides "a.b=VALUE" and its matrix. The caller owns *out. */
cc_status cc_config_load(cc_config **out, const char *path, const char *const *sets, int set_count,
                         unsigned flags);

/* Reads one YAML text, e.g. the `spec` of a parity fixture; it may not extend a file. `where` names it in
 * messages. `section` is NULL, or the key whose value the text is: with "loss" the text is "type: focal" and
 * the like. */
cc_status cc_config_parse_text(cc_config **out, const char *text, size_t bytes, const char *where,
                               const char *section, unsigned flags);

void cc_config_destroy(cc_config *config); /* takes NULL */

/* At least 1. Without a matrix there is one variant. No two have the same variant, fold and seed. */
int cc_config_count(const cc_config *config);
/* The flags that it was read with. */
unsigned cc_config_flags(const cc_config *config);
/* Borrowed, until the config is destroyed. */
const cc_experiment_config *cc_config_get(const cc_config *config, int index);

/* The resolved whole as YAML: every option that means something for this variant, in the table's order,
 * numbers in their shortest exact form. It reads back to the same text. The arena owns it. */
cc_status cc_config_print(char **out, const cc_experiment_config *config, cc_arena *arena);
/* The same without the options that change no result (places, names, threads), and without those that were
 * added since identities were first made, while they have their default: what a run's identity digests,
 * beside the contents of the places. */
cc_status cc_config_identity_text(char **out, const cc_experiment_config *config, cc_arena *arena);

/* What tells two variants apart: "net.arch=unet loss.type=dice", the values of `config` where they are not
 * those of `base`; "" where nothing does. Names, folds, seeds and what changes no result are left out. The
 * arena owns it. */
cc_status cc_config_differences(char **out, const cc_experiment_config *config,
                                const cc_experiment_config *base, cc_arena *arena);

/* The reference of every option as Markdown (configs/reference.md). */
cc_status cc_config_reference(char **out, cc_arena *arena);

#endif
