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
    int64_t parameters;      /* of its net; 0: not known */
    const double *patients;  /* patient_count; each patient's score */
    size_t patient_count;
} cc_plot_score;

/* Each variant's value, interval and published value; against the net's parameters, where two are known. */
cc_status cc_plot_scores(const char *folder, const char *name, const char *score, const cc_plot_score *items,
                         size_t count);
/* Each variant's patients, one point each, and their median. Nothing where none has patients. */
cc_status cc_plot_patients(const char *folder, const char *name, const char *score,
                           const cc_plot_score *items, size_t count);

/* Bland & Altman (Lancet 327 (1986), 307-310): the difference of two measurements of each patient against
 * their mean, with the mean difference and the limits that hold 95 % of differences, +- 1.96 standard
 * deviations. Nothing for fewer than 2 patients. */
cc_status cc_plot_agreement(const char *folder, const char *name, const char *quantity, const double *truth,
                            const double *prediction, size_t count);

#endif
