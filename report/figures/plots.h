/* report/figures/plots.h -- plots that the paper lacks: scores with their intervals, patient by patient,
 * against the size of a net, and the agreement of calcium scores. Private to report.
 *
 * All write FOLDER/NAME.png, at 2x, and .svg; CC_EIO where gnuplot is missing or fails. */
#ifndef CC_REPORT_FIGURES_PLOTS_H
#define CC_REPORT_FIGURES_PLOTS_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

/* A variant's score, in percent; NaN: not known. */
typedef struct cc_plot_score {
    const char *label;
    double value, low, high; /* and its 95 % interval */
    double published;        /* what the paper prints */
    double parameters;       /* of its net, in millions; NaN: not known */
    double gflop;            /* of its net's forward pass over one picture; NaN: not known */
    const double *patients;  /* patient_count; each patient's score */
    size_t patient_count;
} cc_plot_score;

/* Each variant's value, interval and published value. */
cc_status cc_plot_scores(const char *folder, const char *name, const char *score, const cc_plot_score *items,
                         size_t count);
/* The value against the net's parameters and against its GFLOP: each where two variants have it. */
cc_status cc_plot_sizes(const char *folder, const char *name, const char *score, const cc_plot_score *items,
                        size_t count);
/* Each variant's patients, one point each, and their median. Nothing where none has patients. */
cc_status cc_plot_patients(const char *folder, const char *name, const char *score,
                           const cc_plot_score *items, size_t count);

/* A variant's precision and recall, in percent, at rising thresholds; NaN: 0/0. */
typedef struct cc_plot_cut {
    const char *label;
    const double *thresholds, *precision, *recall; /* [count] */
    size_t count;
} cc_plot_cut;

/* Precision against recall, a line for each variant, with a mark at threshold 0.5; of at most
 * CC_FIGURE_COLOURS variants. The plot begins below the lowest mark: what lies farther down is cut off. */
cc_status cc_plot_cuts(const char *folder, const char *name, const cc_plot_cut *items, size_t count);

/* Bins of predicted probability: in percent, the mean probability of each bin's pixels and the share of them
 * that is true; NaN of a bin without pixels. */
typedef struct cc_plot_bins {
    const char *label;
    const double *predicted, *observed; /* [count] */
    size_t count;
} cc_plot_bins;

/* Share against probability, with the diagonal on which the two agree, of some pixels ("all pixels"); of at
 * most CC_FIGURE_COLOURS variants, whose labels stand below the plot. Nothing of none. */
cc_status cc_plot_reliability(const char *folder, const char *name, const char *pixels,
                              const cc_plot_bins *items, size_t count);

/* One level of an option: its score, in percent, with its 95 % interval (NaN: none) and that of each seed. */
typedef struct cc_plot_point {
    double x, value, low, high;
    const double *seeds;
    size_t seed_count; /* 0: of one seed the value is the score */
} cc_plot_point;

typedef struct cc_plot_line {
    const char *label;           /* a level of the second option; NULL: there is none */
    const cc_plot_point *points; /* by rising x */
    size_t count;
} cc_plot_line;

/* A score against an option that is a number: a line with its band and the seeds as points, for each level
 * of a second option (`title`; NULL: one line), at most CC_FIGURE_COLOURS. The x axis is logarithmic where
 * all x are above 0 and the largest is more than 20 times the smallest. Nothing where fewer than two x have
 * a value. */
cc_status cc_plot_options(const char *folder, const char *name, const char *option, const char *score,
                          const char *title, const cc_plot_line *lines, size_t count);

/* The samples of a search: a score, in percent, and the options that differ. */
typedef struct cc_plot_panel {
    const char *option;
    const double *x; /* [count]; NaN: the sample has no number */
} cc_plot_panel;

enum { CC_PLOT_PANELS = 6 };

typedef struct cc_plot_samples {
    const cc_plot_score *items; /* [count]; only value, low and high are read */
    size_t count;
    const cc_plot_panel *panels; /* an option each, at most CC_PLOT_PANELS */
    size_t panel_count;
    const char *title; /* the option that colours the points; NULL: none does, and level_count is 0 */
    const char *const *levels;
    size_t level_count;     /* at most CC_FIGURE_COLOURS */
    const size_t *level_of; /* [count] */
} cc_plot_samples;

/* The score against each option side by side, as points with their 95 % intervals; the x axes are logarithmic
 * as that of cc_plot_options is. Nothing where there is no panel. */
cc_status cc_plot_search(const char *folder, const char *name, const char *score,
                         const cc_plot_samples *samples);

/* Bland & Altman (Lancet 327 (1986), 307-310): the difference of two measurements of each patient against
 * their mean, with the mean difference and the limits that hold 95 % of differences, +- 1.96 standard
 * deviations. Nothing for fewer than 2 patients. */
cc_status cc_plot_agreement(const char *folder, const char *name, const char *quantity, const double *truth,
                            const double *prediction, size_t count);

#endif
