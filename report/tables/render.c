/* report/tables/render.c -- a listing in Markdown, CSV, LaTeX and HTML.
 *
 * Each format is a set of small functions around one walk over the cells. Numbers are written with the minus
 * of the format (a hyphen, $-$ or U+2212), and what is missing as its dash; CSV leaves it empty. */
#include "report/tables/render.h"

#include <string.h>

/* What a cell says, in one format: a dash where there is nothing, `minus` for a leading hyphen of a
 * number. */
static void add_value(cc_text *out, const cc_listing *listing, size_t column, const cc_listing_cell *cell,
                      const cc_format *format, const char *dash, const char *minus) {
    if (!cell->text)
        cc_text_add(out, "%s", dash);
    else if (column < listing->text_columns)
        format->escape(out, cell->text);
    else if (cell->text[0] == '-')
        cc_text_add(out, "%s%s", minus, cell->text + 1);
    else
        cc_text_add(out, "%s", cell->text);
}

/* A cell for reading. */
static const cc_listing_cell *get_cell(const cc_listing *listing, size_t row, size_t column) {
    return &listing->cells[row * listing->columns + column];
}

/* --- Markdown --- */

static void markdown_begin(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "## ");
    /* A list of runs has no id: it is of no table and no kind. */
    if (listing->id[0]) {
        cc_text_add(out, listing->kind[0] ? "%s (" : "%s", listing->id);
        cc_text_add_markdown(out, listing->kind);
        cc_text_add(out, listing->kind[0] ? "): " : ": ");
    }
    cc_text_add_markdown(out, listing->title);
    cc_text_add(out, "\n");
    if (!listing->rows) return; /* heads of nothing say nothing: the caption alone does */
    cc_text_add(out, "\n|");
    for (size_t c = 0; c < listing->columns; c++) {
        cc_text_add(out, listing->heads[c][0] ? " " : "");
        cc_text_add_markdown(out, listing->heads[c]);
        cc_text_add(out, " |");
    }
    cc_text_add(out, "\n|");
    for (size_t c = 0; c < listing->columns; c++)
        cc_text_add(out, c < listing->text_columns ? "---|" : "---:|");
    cc_text_add(out, "\n");
}

/* Markdown has no lines between rows. */
static void markdown_row_begin(cc_text *out, bool rule) {
    (void)rule;
    cc_text_add(out, "|");
}

static void markdown_cell(cc_text *out, const cc_listing *listing, size_t row, size_t column) {
    const cc_listing_cell *cell = get_cell(listing, row, column);
    const char *mark = cell->strong && cell->text ? "**" : "";
    cc_text_add(out, " %s", mark);
    add_value(out, listing, column, cell, &cc_format_markdown, "–", "-");
    cc_text_add(out, "%s%s%s |", mark, cell->tail ? " " : "", cell->tail ? cell->tail : "");
}

static void plain_row_end(cc_text *out) {
    cc_text_add(out, "\n");
}

static void markdown_end(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "\n");
    cc_text_add_markdown(out, listing->caption);
    cc_text_add(out, "\n");
    for (size_t n = 0; n < listing->notes.count; n++) {
        cc_text_add(out, "\n- ");
        cc_text_add_markdown(out, listing->notes.items[n]);
    }
    cc_text_add(out, listing->notes.count ? "\n" : "");
}

const cc_format cc_format_markdown = {.ending = "md",
                                      .escape = cc_text_add_markdown,
                                      .begin = markdown_begin,
                                      .row_begin = markdown_row_begin,
                                      .cell = markdown_cell,
                                      .row_end = plain_row_end,
                                      .end = markdown_end};

/* --- CSV: heads and rows alone --- */

static void csv_begin(cc_text *out, const cc_listing *listing) {
    for (size_t c = 0; c < listing->columns; c++) {
        cc_text_add(out, c ? "," : "");
        cc_text_add_csv(out, listing->heads[c]);
    }
    cc_text_add(out, "\n");
}

static void csv_row_begin(cc_text *out, bool rule) {
    (void)out, (void)rule;
}

static void csv_cell(cc_text *out, const cc_listing *listing, size_t row, size_t column) {
    cc_text_add(out, column ? "," : "");
    add_value(out, listing, column, get_cell(listing, row, column), &cc_format_csv, "", "-");
}

static void csv_end(cc_text *out, const cc_listing *listing) {
    (void)out, (void)listing;
}

const cc_format cc_format_csv = {.ending = "csv",
                                 .escape = cc_text_add_csv,
                                 .begin = csv_begin,
                                 .row_begin = csv_row_begin,
                                 .cell = csv_cell,
                                 .row_end = plain_row_end,
                                 .end = csv_end};

/* --- LaTeX --- */

static void latex_begin(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "%% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{");
    cc_text_add_latex(out, listing->title);
    cc_text_add(out, ". ");
    cc_text_add_latex(out, listing->caption);
    for (size_t n = 0; n < listing->notes.count; n++) {
        cc_text_add(out, " ");
        cc_text_add_latex(out, listing->notes.items[n]);
    }
    cc_text_add(out, "}\n\\label{tab:%s%s", listing->id, listing->kind[0] ? "-" : "");
    cc_text_add_latex(out, listing->kind);
    cc_text_add(out, "}\n\\begin{tabular}{");
    for (size_t c = 0; c < listing->columns; c++) cc_text_add(out, c < listing->text_columns ? "l" : "r");
    cc_text_add(out, "}\n\\toprule\n");
    for (size_t c = 0; c < listing->columns; c++) {
        cc_text_add(out, c ? " & " : "");
        cc_text_add_latex(out, listing->heads[c]);
    }
    cc_text_add(out, " \\\\\n\\midrule\n");
}

static void latex_row_begin(cc_text *out, bool rule) {
    cc_text_add(out, rule ? "\\midrule\n" : "");
}

static void latex_cell(cc_text *out, const cc_listing *listing, size_t row, size_t column) {
    const cc_listing_cell *cell = get_cell(listing, row, column);
    bool strong = cell->strong && cell->text;
    cc_text_add(out, "%s%s", column ? " & " : "", strong ? "\\textbf{" : "");
    add_value(out, listing, column, cell, &cc_format_latex, "--", "$-$");
    cc_text_add(out, "%s%s%s", strong ? "}" : "", cell->tail ? " " : "", cell->tail ? cell->tail : "");
}

static void latex_row_end(cc_text *out) {
    cc_text_add(out, " \\\\\n");
}

static void latex_end(cc_text *out, const cc_listing *listing) {
    (void)listing;
    cc_text_add(out, "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

const cc_format cc_format_latex = {.ending = "tex",
                                   .escape = cc_text_add_latex,
                                   .begin = latex_begin,
                                   .row_begin = latex_row_begin,
                                   .cell = latex_cell,
                                   .row_end = latex_row_end,
                                   .end = latex_end};

/* --- HTML --- */

static void html_begin(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "<figure class=\"table\">\n");
    if (!listing->rows) return; /* the caption alone, as in Markdown */
    cc_text_add(out, "<div class=\"box\" tabindex=\"0\">\n<table>\n<thead><tr>");
    for (size_t c = 0; c < listing->columns; c++) {
        cc_text_add(out, "<th scope=\"col\"%s>", c < listing->text_columns ? " class=\"t\"" : "");
        cc_text_add_html(out, listing->heads[c]);
        cc_text_add(out, "</th>");
    }
    cc_text_add(out, "</tr></thead>\n<tbody>\n");
}

static void html_row_begin(cc_text *out, bool rule) {
    cc_text_add(out, rule ? "<tr class=\"rule\">" : "<tr>");
}

/* Links of a cell of several runs; more are in the table of runs and cost. */
enum { CELL_LINKS = 4 };

/* Adds `before`, a run's anchor and a quote. */
static void html_anchor(cc_text *out, const char *before, const cc_report_run *run) {
    char anchor[1024];
    cc_report_run_anchor(anchor, sizeof anchor, run);
    cc_text_add(out, "%s", before);
    cc_text_add_html(out, anchor);
    cc_text_add(out, "\"");
}

static void html_link(cc_text *out, const cc_report_run *run) {
    html_anchor(out, "<a href=\"#run-", run);
    cc_text_add(out, ">");
}

/* Links to runs, from number `first` on, by their numbers. */
static void html_links(cc_text *out, const cc_listing_cell *cell, size_t first, size_t end,
                       const char *before, const char *behind) {
    for (size_t r = first; r < end; r++) {
        cc_text_add(out, "%s", before);
        html_link(out, cell->runs[r]);
        cc_text_add(out, "%zu</a>%s", r + 1, behind);
    }
}

/* The value links to its run, or to the first of several, and the next few follow as numbers; or all
 * follow behind it, and it links to none. */
static void html_cell(cc_text *out, const cc_listing *listing, size_t row, size_t column) {
    const cc_listing_cell *cell = get_cell(listing, row, column);
    const char *tag = column == 0 ? "th" : "td";
    const bool list = cell->text && cell->every_run && cell->run_count > 1,
               link = cell->text && cell->run_count > 0 && !list;
    cc_text_add(out, "<%s%s%s", tag, column == 0 ? " scope=\"row\"" : "",
                column < listing->text_columns ? " class=\"t\""
                : list                         ? " class=\"runs\""
                                               : "");
    if (cell->anchor) html_anchor(out, " id=\"run-", cell->anchor);
    cc_text_add(out, ">");
    if (link) html_link(out, cell->runs[0]);
    cc_text_add(out, cell->strong ? "<b>" : "");
    add_value(out, listing, column, cell, &cc_format_html, "–", "−");
    cc_text_add(out, "%s%s", cell->strong ? "</b>" : "", link ? "</a>" : "");
    if (cell->tail) cc_text_add(out, " <small>%s</small>", cell->tail);
    /* The number leads to the first run; the others' places are told where all of them have room. */
    if (link && cell->run_count <= CELL_LINKS) html_links(out, cell, 1, cell->run_count, "<sup>", "</sup>");
    if (list) {
        cc_text_add(out, " <small>(no.");
        html_links(out, cell, 0, cell->run_count, " ", "");
        cc_text_add(out, ")</small>");
    }
    cc_text_add(out, "</%s>", tag);
}

static void html_row_end(cc_text *out) {
    cc_text_add(out, "</tr>\n");
}

static void html_end(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "%s<figcaption>", listing->rows ? "</tbody>\n</table>\n</div>\n" : "");
    cc_text_add_html(out, listing->caption);
    cc_text_add(out, "%s", listing->notes.count ? "\n<ul>\n" : "");
    for (size_t n = 0; n < listing->notes.count; n++) {
        cc_text_add(out, "<li>");
        cc_text_add_html(out, listing->notes.items[n]);
        cc_text_add(out, "</li>\n");
    }
    cc_text_add(out, "%s</figcaption>\n</figure>\n", listing->notes.count ? "</ul>\n" : "");
}

const cc_format cc_format_html = {.ending = "html",
                                  .escape = cc_text_add_html,
                                  .begin = html_begin,
                                  .row_begin = html_row_begin,
                                  .cell = html_cell,
                                  .row_end = html_row_end,
                                  .end = html_end};

cc_status cc_render(cc_text *out, const cc_listing *listing, const cc_format *format) {
    CC_TRY(cc_listing_check(listing));
    format->begin(out, listing);
    for (size_t r = 0; r < listing->rows; r++) {
        format->row_begin(out, listing->rules[r]);
        for (size_t c = 0; c < listing->columns; c++) format->cell(out, listing, r, c);
        format->row_end(out);
    }
    format->end(out, listing);
    return cc_text_check(out);
}
