/* experiments/config/experiment.h -- one variant of an experiment as plain values: the struct that every
 * later step (planning, data, training, evaluation) reads its settings from.
 *
 * Each member is one option. Its key, type, range, default and meaning are a row of the table of options
 * (experiments/config/options.h), which fills it through its offset; what a member means is said there, and
 * here only where the C type leaves a question. */
#ifndef CC_EXPERIMENTS_CONFIG_EXPERIMENT_H
#define CC_EXPERIMENTS_CONFIG_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>
#include "datasets/augment_random.h"
#include "nets/engine/spec.h"

/* Values that stand for "none", "as large as needed" and the like; CC_VARIANTS_MAX bounds the variants of a
 * file. */
enum {
    CC_FOLD_NONE = -1,
    CC_INNER_FOLDS_NONE = 0,
    CC_SIZE_LARGEST = 0,
    CC_CHANNELS_OF_DATA = 0, /* of the net: as many as follow from the data, which are filled in on reading */
    CC_PATIENCE_OFF = 0,
    CC_THREADS_AUTO = 0,
    CC_VARIANTS_MAX = 1024,
    CC_MASK_THRESHOLD_NONE = -1,
    CC_ABOVE_HU_NONE = INT16_MIN - 1, /* every pixel is above */
    CC_MEMBER_FILES_MAX = 64,
    CC_MEMBER_FILTER_MAX = 64,
    CC_LABELS_MAX = 255 /* chosen labels: all that a mask's byte can hold but background */
};

/* Texts, borrowed like all others. */
typedef struct cc_text_list {
    const char *const *items;
    int count;
} cc_text_list;

/* What a net learns of each pixel: a word of CC_LABEL_CLASSES_LIST for a net of one output, or for each
 * output of one that has several, one of which may learn CC_TARGET_REGIONS. experiments/config/targets.h
 * makes classes of it. */
#define CC_TARGET_REGIONS "regions"
typedef struct cc_target_words {
    const char *one; /* NULL: there are several, or none */
    struct {
        const char *head, *word;
    } of[CC_HEADS_MAX];
    int count; /* of several */
} cc_target_words;

/* What a table calls a variant. */
typedef struct cc_label {
    const char *variant, *text;
} cc_label;

typedef struct cc_label_list {
    const cc_label *items;
    int count;
} cc_label_list;

/* Something to be shown of two variants, or of one against the best other (b NULL). */
typedef struct cc_claim {
    const char *text, *a, *b;
    const char *score;     /* "f1", ... */
    const char *direction; /* "higher", "lower": what a's score is of the two */
} cc_claim;

typedef struct cc_claim_list {
    const cc_claim *items;
    int count;
} cc_claim_list;

/* One variant, complete and checked. Strings and lists are borrowed from the cc_config. A choice is one of
 * the words that the table of options lists. */
typedef struct cc_experiment_config {
    const char *name;    /* EXPERIMENT of OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5; may hold '/', never ".." */
    const char *variant; /* VARIANT; one folder's name */
    /* "roi", "calcification", "false_positive"; two train nothing: "cascade" tests a chain of stages,
     * "ensemble" what several runs say together */
    const char *stage;
    uint64_t seed;
    struct {
        const char *source; /* "ctheart", "volume", "orcascore", "coca", "list", "nnunet", "decathlon" */
        const char *root;   /* NULL where not given (never under CC_CONFIG_RUNNABLE, but with list) */
        const char *image;  /* volume: relative to root; else NULL */
        const char *mask;   /* volume: relative to root; else NULL */
        const char *list;   /* list: the table of scans; else NULL */
        int labels[CC_LABELS_MAX], label_count; /* list, nnunet, decathlon: foreground; none: all labels */
        int slices;                             /* what trains: 1, 3 or 5 neighbours of a scan; else 0 */
        cc_text_list channels;                  /* what trains: words of datasets/channels.h; else none */
        cc_target_words targets;                /* what trains; else none */
        const char *items;                      /* roi, calcification: "slices", "volumes"; else NULL */
        int mask_threshold; /* ctheart: grey above it is foreground, or CC_MASK_THRESHOLD_NONE */
        bool skip_broken;   /* all but volume: broken patients are left out */
        struct {
            double train, validation, test; /* shares; only their ratio counts */
            const char *by;                 /* "patient", "slice", "slab", "list" */
            const char *file;               /* by patient: who is in which set; NULL: by the shares */
            uint64_t seed;                  /* deals patients, or slices; `seed` does not */
            const char *stratify;           /* "group", "none"; by patient, else NULL */
            int slab;                       /* slices of a slab */
            int inner_folds, inner_fold;    /* CC_INNER_FOLDS_NONE and CC_FOLD_NONE: none */
        } split;
        double train_share; /* of the training patients; by patient or list, else 0 */
        int fold;           /* CC_FOLD_NONE: one split by shares; else in [0, folds) */
        int folds;
    } data;
    struct {
        double window_hu[2]; /* low < high */
        int size; /* side of the square canvas in pixels; CC_SIZE_LARGEST: what the largest slice needs */
        const char *fit; /* "pad", "scale" */
        bool histogram_matching;
        const char *histogram_method; /* "reference", "landmarks"; NULL: no matching */
        struct {
            bool unite;  /* OR over a scan's slices (key: union); else each slice has its own region */
            int opening; /* side of the square that opens the region, pixels of the slice; 0: none */
            /* "blank": outside the box reads window_hu's lowest value; "crop": a square window of `crop`
             * pixels about the box's middle, clamped; "none": the region is not used */
            const char *mode;
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
    struct {                           /* of items "volumes"; each axis by itself: z, y, x */
        double spacing_mm[3];          /* 0: the scan's own */
        const char *interpolation;     /* a word of datasets/interpolate.h */
        int reduce[3], reduce_count;   /* voxels of a cell; all 1: none */
        double above_hu;               /* of reduce: a cell with such a voxel keeps its maximum */
        int patch[3], patch_count;     /* voxels that the net sees at a time */
        int patches;                   /* of an epoch */
        double foreground;             /* share of a batch about labelled voxels */
        cc_text_list mirror;           /* "z", "y", "x" */
        const char *augment_within;    /* "slices", "volume": what augment_random moves and smooths along */
        double overlap;                /* of windows, share of their size */
        const char *weight;            /* a word of datasets/sliding_window.h */
        double sigma;                  /* of weight "gaussian" */
        int memory_mb;                 /* results do not depend on it */
    } volumes;
    struct {
        const char *reference;      /* a roi run whose best slice is matched to */
        const char *roi;            /* the run whose net finds the region */
        const char *calcification;  /* false_positive, cascade */
        const char *false_positive; /* cascade */
        /* The four are "FILE" or "FILE#VARIANT", the file's path resolved; NULL: none. */
        bool out_of_fold;     /* false_positive: whom it learns from, stage-2 nets predict that have not */
        int inner_folds;      /* how many of these nets; where out_of_fold */
        cc_text_list members; /* ensemble: likewise "FILE" or "FILE#VARIANT", of each all its runs */
    } upstream;
    struct {
        const char *combine; /* "mean", "majority", "labels", "staple"; NULL: no ensemble */
        bool out_of_fold;    /* a patient is predicted by the members alone that have not seen him */
        /* Of the members' runs those of these seeds, and of these folds (from 0), alone; none: of all. */
        int seeds[CC_MEMBER_FILTER_MAX], seed_count;
        int folds[CC_MEMBER_FILTER_MAX], fold_count;
    } ensemble;
    /* Beside the original: "hflip", "vflip", "rotateN" (N degrees, 1 to 359); no two alike. */
    cc_text_list augment;
    struct {
        cc_text_list types;      /* kinds of datasets/augment_random.h; none: nothing is drawn */
        cc_random_ranges ranges; /* of those named */
    } augment_random;
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
        /* A pixel counts as predicted only where the scan reads more, in HU; CC_ABOVE_HU_NONE: anywhere. Of
         * the roi stage it means nothing. */
        double above_hu;
        cc_text_list mirrors; /* "x", "y": the axes along which a net is shown mirror images too */
    } evaluate;
    struct {
        int examples;     /* test slices whose pictures are stored */
        double threshold; /* probability from which a pixel is foreground */
    } results;
    struct {
        const char *title, *caption; /* NULL: made from the experiment's name */
        cc_text_list columns;        /* scores */
        struct {
            const char *average, *empty; /* words of metrics/score.h */
        } convention;
        cc_label_list labels;
        const char *baseline;   /* the variant that all others are compared with; NULL: the first-ranked */
        cc_text_list baselines; /* rules without a net: "background", "roi_threshold" */
        cc_claim_list claims;
        double margin; /* percentage points that count as equal; 0: none stated */
        int published; /* the published table beside it, by its number; 0: none */
    } report; /* of the experiment's table: the same in all variants of a file, and no part of a run */
} cc_experiment_config;

/* CC_CONFIG_RUNNABLE: what a run cannot do without (data.root; data.image and data.mask of a volume;
 * data.list of a list) must be given. CC_CONFIG_FAST: train.plan is "fast", CC_CONFIG_TF32: train.precision
 * is "tf32" where it was "f32", of whatever trains. CC_CONFIG_STORED: the text is of a result, perhaps older
 * than some options: those take the value that means what it was made with. */
enum { CC_CONFIG_RUNNABLE = 1, CC_CONFIG_FAST = 2, CC_CONFIG_TF32 = 4, CC_CONFIG_STORED = 8 };

/* Whether a variant trains a net; stages "cascade" and "ensemble" take those of other runs. */
bool cc_experiment_trains(const cc_experiment_config *config);
/* evaluate.mirrors as axes of datasets/mirror.h. */
unsigned cc_experiment_mirrors(const cc_experiment_config *config);
/* Whether it is of stage "ensemble". */
bool cc_experiment_is_ensemble(const cc_experiment_config *config);

#endif
