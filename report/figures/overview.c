/* report/figures/overview.c -- the paper's figure 1: the method as a row of boxes for each stage, an arrow
 * from each box to the next.
 *
 * The boxes come from the run's config: a step that is switched off has none, so that the figure shows what
 * was run and not what the paper describes. Coordinates are pixels of the picture, y upwards. */
#include "report/figures/overview.h"

#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/yaml.h"
#include "report/figures/gnuplot.h"

enum { ROWS = 5, BOXES = 5, BOX_WIDTH = 300, BOX_HEIGHT = 110, GAP = 50 };
enum { LEFT = 270, EDGE = 30, ROW_HEIGHT = 170 };

/* A step: its name and a line below it. */
typedef struct box {
    char name[48], more[80];
} box;

/* A stage: its name at the left, its boxes behind it. */
typedef struct stage_row {
    const char *name, *more, *colour;
    box boxes[BOXES];
    int count;
} stage_row;

/* The whole figure, laid out from a config. */
typedef struct overview {
    const cc_yaml *config;
    const char *stage;
    stage_row rows[ROWS];
    int count;
} overview;

/* Adds an empty row: at most ROWS of them, input, three stages and output. */
static stage_row *add_row(overview *o, const char *name, const char *more, const char *colour) {
    stage_row *row = &o->rows[o->count++];
    *row = (stage_row){.name = name, .more = more, .colour = colour};
    return row;
}

/* Adds a box to a row; its second line is filled by the caller. */
static box *add_box(stage_row *row, const char *name) {
    box *b = &row->boxes[row->count++];
    snprintf(b->name, sizeof b->name, "%s", name);
    return b;
}

/* An option's text, or NULL where it is not given. */
static const char *text_of(const overview *o, const char *key) {
    const cc_yaml *node = cc_yaml_get(o->config, key);
    return !cc_yaml_is_null(node) && node->kind == CC_YAML_SCALAR ? node->text : NULL;
}

/* An option that is given and true. */
static bool is_true(const overview *o, const char *key) {
    bool value;
    return cc_yaml_as_boolean(&value, cc_yaml_get(o->config, key)) && value;
}

/* An option's number, or 0. */
static long long number_of(const overview *o, const char *key) {
    long long value;
    return cc_yaml_as_integer(&value, cc_yaml_get(o->config, key)) ? value : 0;
}

/* The net of a stage: the run's own, or the variant (else the file) that stands under `upstream`. */
static void add_net(const overview *o, stage_row *row, const char *stage, const char *name) {
    char key[64];
    box *b = add_box(row, name);
    const char *own = text_of(o, "net.encoder") ? text_of(o, "net.encoder") : text_of(o, "net.arch");
    snprintf(key, sizeof key, "upstream.%s", stage);
    if (strcmp(o->stage, stage) == 0) {
        snprintf(b->more, sizeof b->more, "%s", own ? own : "");
    } else if (text_of(o, key)) {
        const char *from = cc_path_name(text_of(o, key)), *variant = strchr(from, '#');
        snprintf(b->more, sizeof b->more, "%.*s", (int)strcspn(variant ? variant + 1 : from, "."),
                 variant ? variant + 1 : from);
    }
}

/* Stage 1, where the run finds regions itself or uses them. */
static void add_region(overview *o) {
    const char *mode = text_of(o, "preprocess.roi.mode");
    const bool own = strcmp(o->stage, "roi") == 0;
    if (!own && (!mode || (strcmp(mode, "blank") != 0 && strcmp(mode, "crop") != 0))) return;
    stage_row *row = add_row(o, "Stage 1", "region of interest", "#56B4E9");
    add_net(o, row, "roi", "segmentation net");
    if (own) return;
    if (is_true(o, "preprocess.roi.union")) snprintf(add_box(row, "OR")->more, 80, "over the scan's slices");
    const long long side = number_of(o, "preprocess.roi.opening");
    if (side > 0) snprintf(add_box(row, "opening")->more, 80, "%lld × %lld pixels", side, side);
    snprintf(add_box(row, "box")->more, 80, "%s",
             strcmp(mode, "crop") == 0 ? "slices cut to it" : "the rest is blanked");
}

/* Stage 3, where the run has one. */
static void add_windows(overview *o) {
    const bool cascade = strcmp(o->stage, "cascade") == 0;
    if (cascade ? !text_of(o, "upstream.false_positive") : strcmp(o->stage, "false_positive") != 0) return;
    stage_row *row = add_row(o, "Stage 3", "false positives", "#009E73");
    const long long side = number_of(o, "windows.size");
    snprintf(add_box(row, "windows")->more, 80, "%lld × %lld about findings", side, side);
    add_net(o, row, "false_positive", "segmentation net");
    const char *output = text_of(o, "windows.output");
    snprintf(add_box(row, "put back")->more, 80, "%s",
             output && strcmp(output, "intersect") == 0 ? "where both agree" : "in place of findings");
}

/* Of an ensemble: how many files of runs it combines, and how. */
static void add_members(overview *o) {
    const cc_yaml *members = cc_yaml_get(o->config, "upstream.members");
    const char *combine = text_of(o, "ensemble.combine");
    stage_row *row = add_row(o, "Ensemble", "", "#E69F00");
    snprintf(add_box(row, "members")->more, 80, "runs of %zu experiment%s", members ? members->count : 0,
             members && members->count == 1 ? "" : "s");
    snprintf(add_box(row, "combined")->more, 80, "%s", combine ? combine : "");
}

/* All rows, from input to output. */
static void lay_out(overview *o) {
    stage_row *row = add_row(o, "Input", "", "#999999");
    add_box(row, "CT slices");
    if (is_true(o, "preprocess.histogram_matching"))
        snprintf(add_box(row, "histogram matching")->more, 80, "to a reference slice");
    if (strcmp(o->stage, "ensemble") == 0) {
        add_members(o);
        add_box(add_row(o, "Output", "", "#999999"), "mask");
        return;
    }
    add_region(o);
    if (strcmp(o->stage, "roi") != 0) {
        row = add_row(o, "Stage 2", "calcification", "#E69F00");
        add_net(o, row, "calcification", "segmentation net");
        add_windows(o);
    }
    add_box(add_row(o, "Output", "", "#999999"),
            strcmp(o->stage, "roi") == 0 ? "mask of the heart" : "mask of calcium");
}

/* A text at a place, escaped. */
static void add_label(cc_text *script, const char *text, double x, double y, const char *rest) {
    cc_text_add(script, "set label ");
    cc_text_add_gnuplot(script, text);
    cc_text_add(script, " at first %g,%g %s\n", x, y, rest);
}

/* Where the box of a row begins. */
static double left_of(int index) {
    return LEFT + index * (BOX_WIDTH + GAP);
}

/* Draws a row about the height y. */
static void add_row_of_boxes(cc_text *script, const stage_row *row, double y) {
    add_label(script, row->name, EDGE, y + (row->more[0] ? 18 : 0), "left");
    add_label(script, row->more, EDGE, y - 20, "left textcolor rgb '#444444' font ',15'");
    for (int i = 0; i < row->count; i++) {
        const box *b = &row->boxes[i];
        const double x = left_of(i), middle = x + BOX_WIDTH / 2.0;
        cc_text_add(
            script,
            "set object rectangle from first %g,%g to first %g,%g fc rgb '%s' fs transparent solid 0.22 "
            "border lc rgb '%s' lw 1.2\n",
            x, y - BOX_HEIGHT / 2.0, x + BOX_WIDTH, y + BOX_HEIGHT / 2.0, row->colour, row->colour);
        add_label(script, b->name, middle, y + (b->more[0] ? 18 : 0), "center");
        if (b->more[0])
            add_label(script, b->more, middle, y - 20, "center textcolor rgb '#444444' font ',15'");
        if (i > 0)
            cc_text_add(script,
                        "set arrow from first %g,%g to first %g,%g filled size screen 0.008,22 lw 1.4\n",
                        x - GAP + 4, y, x - 4, y);
    }
}

/* From the last box of a row down and back to the first of the next. */
static void add_return(cc_text *script, const stage_row *row, double y) {
    const double x = left_of(row->count - 1) + BOX_WIDTH / 2.0, to = left_of(0) + BOX_WIDTH / 2.0;
    const double low = y - BOX_HEIGHT / 2.0, bend = low - 22, end = y - ROW_HEIGHT + BOX_HEIGHT / 2.0;
    /* From one box straight down; from the last of several back to the first. */
    if (row->count > 1) {
        cc_text_add(script, "set arrow from first %g,%g to first %g,%g nohead lw 1.4\n", x, low, x, bend);
        cc_text_add(script, "set arrow from first %g,%g to first %g,%g nohead lw 1.4\n", x, bend, to, bend);
    }
    cc_text_add(script, "set arrow from first %g,%g to first %g,%g filled size screen 0.008,22 lw 1.4\n", to,
                row->count > 1 ? bend : low, to, end + 4);
}

/* The whole script, drawn as PNG and as SVG. */
static void add_script(cc_text *script, const overview *o) {
    int widest = 1;
    for (int r = 0; r < o->count; r++) widest = o->rows[r].count > widest ? o->rows[r].count : widest;
    const int width = (int)left_of(widest) - GAP + EDGE,
              height = (o->count - 1) * ROW_HEIGHT + BOX_HEIGHT + 2 * EDGE;
    cc_text_add(script,
                "set encoding utf8\nunset tics\nunset border\nunset key\nset margins 0,0,0,0\n"
                "set xrange [0:%d]\nset yrange [0:%d]\n",
                width, height);
    for (int r = 0; r < o->count; r++) {
        const double y = height - EDGE - r * ROW_HEIGHT - BOX_HEIGHT / 2.0;
        add_row_of_boxes(script, &o->rows[r], y);
        if (r + 1 < o->count) add_return(script, &o->rows[r], y);
    }
    cc_text_add(
        script,
        "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,19' linewidth 2 rounded\nset output "
        "figure_png\nplot NaN\nset output\n"
        "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,19' linewidth 2\nset output figure_svg\n"
        "plot NaN\nset output\n",
        width, height, width, height);
}

/* Runs gnuplot on the script. */
static cc_status draw(cc_gnuplot *plot, const char *suffix, const overview *o) {
    char name[512];
    cc_text script = {0};
    add_script(&script, o);
    snprintf(name, sizeof name, "figure-1-%s", suffix);
    cc_status status = cc_gnuplot_run(plot, name, &script);
    cc_text_deinit(&script);
    return status;
}

cc_status cc_figure_overview(const char *folder, const char *suffix, const cc_run *run) {
    cc_yaml *root;
    cc_gnuplot plot;
    overview o = {0};
    cc_status status = CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    if (cc_yaml_parse(&root, run->config, strlen(run->config), "config", arena) == CC_OK) {
        o.config = root;
        o.stage = text_of(&o, "stage");
    }
    if (!o.stage) goto done;
    lay_out(&o);
    cc_gnuplot_begin(&plot, folder);
    status = draw(&plot, suffix, &o);
    cc_gnuplot_end(&plot);
done:
    cc_arena_destroy(arena);
    return status;
}
