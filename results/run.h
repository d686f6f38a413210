/* results/run.h -- what the file of one run holds: what was asked, how it was made, what came out.
 *
 * These structs are the file's content as C sees it; results/layout.h maps them to HDF5, results/store.h
 * reads and writes them, and results/README.md describes every dataset, field and attribute for scripts in
 * other languages. Scores are not among them: counts are, and whoever wants a score computes it from them
 * (metrics/score.h). */
#ifndef CC_RESULTS_RUN_H
#define CC_RESULTS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CC_RUN_VERSION = 1,    /* of the layout; raised only where an old reader would misread */
    CC_RUN_NAME_MAX = 64,  /* bytes of a patient's name, its terminator included */
    CC_RUN_RANK_MAX = 8,   /* dimensions of a tensor */
    CC_RUN_STAGE_MAX = 64, /* bytes of a stage's name, its terminator included: a text of a row */
    CC_RUN_UPSTREAMS = 4,  /* kinds of runs that a run may stand on */
};

/* A library and its version. */
typedef struct cc_run_library {
    const char *name, *version;
} cc_run_library;

/* Texts may be NULL: not known. */
typedef struct cc_run_provenance {
    const char *identity;    /* SHA-256 of what the run's bytes depend on: what `request` is of, machine, and
                             the runs upstream; 64 hex digits */
    const char *request;     /* SHA-256 of what was asked for, wherever it was made: resolved config, data,
                             numerics version, weights, and the requests of the runs upstream. NULL in older
                             files, whose identity is that */
    const char *machine;     /* what made it, as far as bytes depend on it: "cpu; threads 2; oneDNN ..." */
    const char *data_digest; /* SHA-256 of the data */
    const char *weights_digest; /* SHA-256 of the file of weights that training started from */
    const char *split_digest;   /* SHA-256 of the split that a file gave; NULL: the shares and a seed dealt */
    /* The identities of the runs that it stands on: reference, roi, calcification, false_positive. */
    const char *upstream[CC_RUN_UPSTREAMS];
    /* Those of the runs of stage 2 that predicted whom stage 3 learns from, by inner fold, parted by
     * spaces; NULL: none */
    const char *upstream_out_of_fold;
    /* Those of the runs that an ensemble combines, in their order, parted by spaces; NULL: none */
    const char *upstream_members;
    const char *landmarks;    /* the standard that scans were matched to, HU parted by spaces; NULL: none */
    const char *commit;       /* of the source */
    const char *version;      /* of the program */
    const char *build;        /* build type and flags that matter, e.g. "Release" */
    const char *compiler;     /* "gcc 12.2.0" */
    const char *device;       /* "cpu: AMD EPYC ..." */
    const char *precision;    /* of the nets' activations: "f32", "tf32", "bf16" */
    const char *algorithms;   /* how they were chosen: "fixed", "timed", "fast" */
    const char *log_variance; /* of the terms of an uncertainty loss, as training left them; NULL: none */
    const char *started, *finished; /* ISO 8601, UTC */
    int64_t numerics_version;       /* CC_NUMERICS_VERSION */
    int64_t threads;                /* 0: not known */
    double seconds;                 /* wall clock */
    /* At most at one time: of the device's memory, what the run took; where its device is the processor, the
     * process's resident memory. Of a training that was resumed, in its last process. 0: not known. */
    int64_t peak_memory_bytes;
    const cc_run_library *libraries;
    size_t library_count;
} cc_run_provenance;

/* One epoch of training; NaN where not measured. */
typedef struct cc_run_epoch {
    int64_t epoch; /* 1-based */
    double train_loss, validation_loss;
    /* Pooled over the validation set, 0 to 1. */
    double validation_f1, validation_precision, validation_recall;
    double learning_rate;
    double seconds;
} cc_run_epoch;

/* One test slice. */
typedef struct cc_run_slice {
    char patient[CC_RUN_NAME_MAX]; /* UTF-8 */
    int64_t slice;                 /* its number in the scan */
    int64_t tp, fp, fn, tn;        /* pixels, prediction thresholded */
    double soft_overlap;    /* sum over pixels of p*g: probability times truth (0 or 1); NaN: not known */
    double soft_prediction; /* sum of p */
    double soft_truth;      /* sum of g */
} cc_run_slice;

/* One test patient: the sum of its slices. */
typedef struct cc_run_patient {
    char patient[CC_RUN_NAME_MAX];
    int64_t slices;
    int64_t tp, fp, fn, tn;
    /* Calcium: -1 and NaN where not known (the roi stage). */
    int64_t lesions_true, lesions_found, lesions_predicted, lesions_false; /* metrics/lesions.h */
    double volume_true_mm3, volume_predicted_mm3, agatston_true, agatston_predicted;
    /* Surfaces of truth and prediction (metrics/surfaces.h), in 3-D; of a patient with several scans the mean
     * over those that have one. INFINITY where one of the two masks is empty; NaN where both are, where the
     * test part holds a scan in part only, its slices differ in size or its spacing is not known, and in
     * older files. nsd_1mm: the share of both surfaces within 1 mm of the other one. */
    double hausdorff_mm, hausdorff95_mm, assd_mm, nsd_1mm;
} cc_run_patient;

/* Lesions and volumes of one test patient as the orCaScore challenge counts them (metrics/challenge.h,
 * CC_CHALLENGE_GROUPS): rows by patient, of each first all arteries together, then each artery where the
 * labels of the truth say it. */
typedef struct cc_run_challenge {
    char patient[CC_RUN_NAME_MAX];
    int64_t artery; /* 0: all; 1 LAD with the left main, 2 LCX, 3 RCA */
    int64_t lesions_true, lesions_found;
    int64_t lesions_predicted, lesions_false;   /* -1 by artery where the net names none */
    double volume_found_mm3, volume_missed_mm3; /* of the truth */
    double volume_added_mm3;        /* predicted and not true; NaN by artery where the net names none */
    int64_t voxels_relabelled_true; /* that the rule of the majority changed; -1 by artery */
    int64_t voxels_relabelled_predicted;
} cc_run_challenge;

/* One bin of predicted probability, summed over the test part's pixels (metrics/calibration.h): bin i of m
 * holds i / m < p <= (i + 1) / m, the first one p = 0 too. Rows by set, then by bin. */
typedef struct cc_run_calibration {
    char pixels_of[CC_RUN_NAME_MAX];   /* "all"; "above_130_hu": those that read more (not of stage roi) */
    int64_t bin, pixels, truth;        /* truth: how many of the pixels are true */
    double probability, squared_error; /* sums over them of p, and of (p - g)^2, g being 0 or 1 */
} cc_run_calibration;

/* Where the pixels of one test slice lie in cc_run_masks.packed, and what they are counted with; at the same
 * place as the slice's row in cc_run.slices. */
typedef struct cc_run_mask {
    int64_t scan;          /* any number; the slices of a scan are neighbours, and have the same one */
    int64_t whole;         /* 1: all of the scan's slices are here, of one size; 0: lesions are not known */
    int64_t height, width; /* pixels */
    int64_t region_y0, region_x0, region_y1, region_x1; /* of interest: y0 <= y < y1; all of the slice where
                                                           no region is used */
    double spacing_x_mm, spacing_y_mm, spacing_z_mm;    /* of pixels, rows and slices; 0: not known */
    int64_t start, bytes;                               /* of its pixels in `packed` */
} cc_run_mask;

/* What was predicted of every test slice, and what it is counted by (results/masks.h packs it and says what a
 * pixel holds), so that other scores can be computed without the net (`calcade rescore`). */
typedef struct cc_run_masks {
    const cc_run_mask *slices; /* [count], as many as the run has slices; 0: not stored */
    size_t count;
    const uint8_t *packed;
    size_t bytes;
    bool arteries; /* labels 1, 2, 3 of the truth are arteries: LAD, LCX, RCA; so are classes of several */
    int classes;   /* that the net tells apart, without background; 2 or more are packed, 0 stands for 1 */
} cc_run_masks;

/* What one stage of a cascade leaves of one test patient: rows in the order of stages, then of patients. The
 * stage "roi" marks its whole region: its found lesions are those that the region touches, its lost ones lie
 * outside, and fp, tn, lesions_false are 0. */
typedef struct cc_run_stage {
    char stage[CC_RUN_STAGE_MAX]; /* "roi", "calcification", "false_positive" */
    char patient[CC_RUN_NAME_MAX];
    int64_t tp, fp, fn, tn;                             /* pixels */
    int64_t lesions_true, lesions_found, lesions_false; /* after this stage */
} cc_run_stage;

/* What a rule without a net marks on one test patient: rows in the order of names, then of patients. */
typedef struct cc_run_baseline {
    char name[CC_RUN_NAME_MAX];    /* "roi_threshold": all above 130 HU inside the region of interest */
    char patient[CC_RUN_NAME_MAX]; /* one of the slices' */
    int64_t tp, fp, fn, tn;        /* pixels */
} cc_run_baseline;

/* Millimetres from the middle of a pixel to that of the next one; 0, 0: not known. */
typedef struct cc_run_spacing {
    double x_mm, y_mm;
} cc_run_spacing;

/* The slice that pictures are matched to. */
typedef struct cc_run_reference {
    const char *dataset_digest; /* of the data it comes from */
    const char *patient, *part; /* part: "train" or "validation" */
    int64_t slice;
    double f1; /* of the first segmentation on it */
    uint32_t height, width;
    const float *image_hu;
    cc_run_spacing spacing;
} cc_run_reference;

/* A picture of the method at work on a test patient, for the paper's figures 2 to 7. */
typedef struct cc_run_panel {
    const char *figure; /* "matching", "union", "opening", "box", "window", "paste" */
    const char *panel;  /* "original", "reference", "matched"; "slice" (several), "union"; "union", "opened";
                           "opened", "roi"; "slice", "window"; "output", "pasted" */
    const char *patient;
    int64_t slice;
    uint32_t height, width;
    const float *image_hu; /* or NULL */
    const uint8_t *mask;   /* or NULL; at least one of the two */
    bool has_box;
    int32_t box[4]; /* y0, x0, y1, x1: pixels y0 <= y < y1 */
    cc_run_spacing spacing;
} cc_run_panel;

/* One tensor of the model's best weights, C order. */
typedef struct cc_run_tensor {
    const char *name; /* no '/' */
    int rank;         /* 0 (one value) to CC_RUN_RANK_MAX */
    uint64_t dims[CC_RUN_RANK_MAX];
    const float *data;
} cc_run_tensor;

/* A test slice as figures need it; every picture is height*width, row by row. */
typedef struct cc_run_example {
    const char *stage; /* "roi", ... */
    const char *patient;
    int64_t slice;
    uint32_t height, width; /* pixels */
    const float *image_hu;
    const uint8_t *truth, *prediction; /* 0 background */
    const float *probability;          /* 0 to 1; NULL: not stored */
    cc_run_spacing spacing;
} cc_run_example;

/* How the counts of each test patient depend on where the probabilities are cut: pixel counts of tp and fp
 * where p >= threshold. Truth does not depend on it, so that fn and tn follow from the patient's own
 * counts. */
typedef struct cc_run_cuts {
    const double *thresholds; /* [count], ascending, within (0, 1) */
    size_t count;             /* 0: not stored */
    const int64_t *tp, *fp;   /* [patient_count][count], in the order of the run's patients */
    size_t patient_count;
} cc_run_cuts;

/* One run. Zero it, then fill it; whoever fills it owns what it points to (the reader's arena, when read). */
typedef struct cc_run {
    const char *experiment; /* "twin/table1-roi"; its first part is the run's kind */
    const char *variant;    /* "modified" */
    int64_t fold;           /* 1, 2, ... in a cross-validation; 0 without one */
    int64_t seed;           /* >= 0 */
    const char *stage;      /* "roi", "calcification", "false_positive", "cascade", "ensemble" */
    bool leaking_split;     /* slices of one patient lie on both sides of the split */
    /* Stage 3 learnt from what stage 2 says of patients whom its net was trained on, or chosen by: it
     * meets worse at the test. Of a cascade, its stage 3 did. */
    bool in_sample_upstream;
    int64_t parameter_count; /* trainable parameters; 0: not known */
    int64_t multiply_adds;   /* of the net's forward pass over one picture; 0: not known */
    int64_t best_epoch;      /* 1-based; 0: not known */
    const char *config;      /* the resolved YAML */
    const char *plan;        /* the algorithms that its nets ran with; NULL: not known */
    cc_run_provenance provenance;
    const cc_run_epoch *epochs;
    size_t epoch_count;
    const cc_run_slice *slices;
    size_t slice_count;
    /* Written: NULL makes them from the slices, in the order of their first. */
    const cc_run_patient *patients;
    size_t patient_count;
    cc_run_cuts cuts;
    const cc_run_tensor *tensors;
    size_t tensor_count;
    const cc_run_example *examples;
    size_t example_count;
    const cc_run_stage *stages; /* of a cascade; in order */
    size_t stage_count;
    const cc_run_baseline *baselines;
    size_t baseline_count;
    const cc_run_challenge *challenge; /* none of stage roi */
    size_t challenge_count;
    const cc_run_calibration *calibration;
    size_t calibration_count;
    cc_run_masks masks;
    const cc_run_reference *reference; /* NULL: none */
    const cc_run_panel *panels;        /* in the order in which figures show them */
    size_t panel_count;
} cc_run;

/* What a reader takes beside the attributes, config, provenance, history, and the tables of rows and cuts.
 * EXAMPLES brings the panels too. */
typedef enum cc_run_part {
    CC_RUN_BASIC = 0,
    CC_RUN_MODEL = 1,
    CC_RUN_EXAMPLES = 2,
    CC_RUN_REFERENCE = 4,
    CC_RUN_MASKS = 8,
    CC_RUN_ALL = 15
} cc_run_part;

#endif
