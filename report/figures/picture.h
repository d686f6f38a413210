/* report/figures/picture.h -- pictures of CT side by side: outlines, boxes, marks, histograms. Private to
 * report.
 *
 * CT is shown at level 90 HU and width 750 HU, in which fat, muscle, blood and calcium differ. Outlines run
 * along pixel edges, so that what a line encloses is what the mask holds. The scale bar is 50 mm long, or as
 * much shorter as the picture needs. */
#ifndef CC_REPORT_FIGURES_PICTURE_H
#define CC_REPORT_FIGURES_PICTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

/* Okabe & Ito's colours: lines on CT, and the same darkened for text on white. */
#define CC_COLOUR_TRUTH      "#56B4E9"
#define CC_COLOUR_PREDICTION "#E69F00"
#define CC_COLOUR_FALSE      "#D55E00"
#define CC_COLOUR_BOX        "#D55E00"

enum { CC_PICTURE_HU_LOW = -285, CC_PICTURE_HU_HIGH = 465, CC_PICTURE_OUTLINES = 2, CC_PICTURE_MARKS = 32 };

/* A circle about something; pixels. */
typedef struct cc_picture_mark {
    double y, x, radius;
} cc_picture_mark;

typedef struct cc_picture {
    char title[192];
    uint32_t height, width;
    const float *image_hu; /* height*width; NULL: `fill` is shown, white on black */
    const uint8_t *fill;
    bool histogram; /* of image_hu, in its place */
    const uint8_t *outlines[CC_PICTURE_OUTLINES];
    const char *outline_colours[CC_PICTURE_OUTLINES];
    bool has_box, has_view;
    int32_t box[4], view[4]; /* y0, x0, y1, x1; the view is the part that is shown */
    cc_picture_mark marks[CC_PICTURE_MARKS];
    int mark_count;
    double x_mm, y_mm; /* from pixel to pixel: with them the picture has a scale bar; 0: not known */
} cc_picture;

typedef struct cc_picture_key {
    const char *text, *colour;
} cc_picture_key;

typedef struct cc_picture_sheet {
    const char *title;
    const cc_picture *pictures;
    int count, columns; /* row by row; at least one */
    const cc_picture_key *keys;
    int key_count;
} cc_picture_sheet;

/* Shows the square about all that is true, predicted or marked alone, with a margin: what is calcified is a
 * few pixels of a slice. Both masks are height*width. */
void cc_picture_focus(cc_picture *picture, const uint8_t *truth, const uint8_t *prediction);

/* FOLDER/NAME.png, at 2x, and .svg. CC_EIO where gnuplot is missing or fails. */
cc_status cc_picture_draw(const char *folder, const char *name, const cc_picture_sheet *sheet);

#endif
