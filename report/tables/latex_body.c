/* report/tables/latex_body.c -- a listing as a LaTeX table without caption and label, for \input in a
 * paper's own table environment: booktabs' rules, numbers aligned at their point by siunitx, notes below
 * by threeparttable.
 *
 * An S column takes a number alone, so an interval behind it stands in a column of its own, and whatever
 * is no number stands in braces. How many digits a column has is found in its cells. Source: the manuals
 * of siunitx (3.x, section "Tabular material"), booktabs and threeparttable. */
#include "report/tables/latex_body.h"

#include <string.h>

/* A cell for reading. */
static const cc_listing_cell *get_cell(const cc_listing *listing, size_t row, size_t column) {
    return &listing->cells[row * listing->columns + column];
}

/* The digits before and behind the point of "-12.34"; false where the text is no plain number. */
static bool read_digits(size_t *before, size_t *behind, bool *sign, const char *text) {
    *sign = text[0] == '-' || text[0] == '+';
    text += *sign;
    *before = strspn(text, "0123456789");
    text += *before;
    *behind = text[0] == '.' ? strspn(text + 1, "0123456789") : 0;
    text += *behind ? *behind + 1 : 0;
    return *before > 0 && *text == 0;
}

/* Whether some cell of a column has something behind its number. */
static bool has_tails(const cc_listing *listing, size_t column) {
    for (size_t r = 0; r < listing->rows; r++)
        if (get_cell(listing, r, column)->tail) return true;
    return false;
}

/* "S[table-format=+2.1]" as wide as the column's widest numbers; "r" where it has none. */
static void add_column(cc_text *out, const cc_listing *listing, size_t column) {
    size_t most_before = 0, most_behind = 0;
    bool any_sign = false;
    for (size_t r = 0; r < listing->rows; r++) {
        const char *text = get_cell(listing, r, column)->text;
        size_t before, behind;
        bool sign;
        if (!text || !read_digits(&before, &behind, &sign, text)) continue;
        if (before > most_before) most_before = before;
        if (behind > most_behind) most_behind = behind;
        any_sign = any_sign || sign;
    }
    if (most_before == 0)
        cc_text_add(out, "r");
    else
        cc_text_add(out, "S[table-format=%s%zu.%zu]", any_sign ? "+" : "", most_before, most_behind);
    if (has_tails(listing, column)) cc_text_add(out, "@{\\ }l");
}

/* Heads stand in braces, as an S column would read them as numbers. detect-weight lets \bfseries reach the
 * digits. */
static void body_begin(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "%% needs \\usepackage{booktabs,siunitx,threeparttable}; \\input it inside of a table\n"
                     "\\begin{threeparttable}\n\\sisetup{detect-weight=true}%%\n\\begin{tabular}{");
    for (size_t c = 0; c < listing->columns; c++)
        if (c < listing->text_columns)
            cc_text_add(out, "l");
        else
            add_column(out, listing, c);
    cc_text_add(out, "}\n\\toprule\n");
    for (size_t c = 0; c < listing->columns; c++) {
        const bool number = c >= listing->text_columns;
        cc_text_add(out, "%s%s{", c ? " & " : "",
                    number && has_tails(listing, c) ? "\\multicolumn{2}{c}" : "");
        cc_text_add_latex(out, listing->heads[c]);
        cc_text_add(out, "}");
    }
    cc_text_add(out, " \\\\\n\\midrule\n");
}

static void body_row_begin(cc_text *out, bool rule) {
    cc_text_add(out, rule ? "\\midrule\n" : "");
}

/* A cell of text, a number for siunitx, or what is no number. */
static void body_cell(cc_text *out, const cc_listing *listing, size_t row, size_t column) {
    const cc_listing_cell *cell = get_cell(listing, row, column);
    const bool strong = cell->strong && cell->text;
    size_t before, behind;
    bool sign;
    cc_text_add(out, column ? " & " : "");
    if (column < listing->text_columns) {
        cc_text_add(out, strong ? "\\textbf{" : "");
        if (cell->text) cc_text_add_latex(out, cell->text);
        cc_text_add(out, cell->text ? "%s" : "--%s", strong ? "}" : "");
        if (cell->tail) cc_text_add(out, " ");
        if (cell->tail) cc_text_add_latex(out, cell->tail);
        return;
    }
    if (!cell->text)
        cc_text_add(out, "{--}");
    else if (read_digits(&before, &behind, &sign, cell->text))
        cc_text_add(out, "%s%s", strong ? "\\bfseries " : "", cell->text);
    else {
        cc_text_add(out, "{%s", strong ? "\\bfseries " : "");
        cc_text_add_latex(out, cell->text);
        cc_text_add(out, "}");
    }
    if (!has_tails(listing, column)) return;
    cc_text_add(out, " & ");
    /* "[" behind "\\" would be read as that command's argument: braces keep it a text. */
    if (cell->tail) cc_text_add(out, "{");
    if (cell->tail) cc_text_add_latex(out, cell->tail);
    if (cell->tail) cc_text_add(out, "}");
}

static void body_row_end(cc_text *out) {
    cc_text_add(out, " \\\\\n");
}

static void body_end(cc_text *out, const cc_listing *listing) {
    cc_text_add(out, "\\bottomrule\n\\end{tabular}\n\\begin{tablenotes}[flushleft]\\footnotesize\n\\item ");
    cc_text_add_latex(out, listing->caption);
    cc_text_add(out, "\n");
    for (size_t n = 0; n < listing->notes.count; n++) {
        cc_text_add(out, "\\item ");
        cc_text_add_latex(out, listing->notes.items[n]);
        cc_text_add(out, "\n");
    }
    cc_text_add(out, "\\end{tablenotes}\n\\end{threeparttable}\n");
}

const cc_format cc_format_latex_body = {.ending = "body.tex",
                                        .escape = cc_text_add_latex,
                                        .begin = body_begin,
                                        .row_begin = body_row_begin,
                                        .cell = body_cell,
                                        .row_end = body_row_end,
                                        .end = body_end};
