/* tests/report/test_latex.c -- numbers.tex and the tables for \input go through LaTeX, and a name that is
 * none does not. Skips where there is no pdflatex with siunitx and threeparttable (texlive-latex-extra,
 * texlive-science). */
#include "reports.h"

enum { OUTPUT = 1 << 17 };
static char output[OUTPUT];

/* A report of the stored results; every character that TeX gives a meaning stands in some label. */
static const char *make_report(void) {
    static const char block[] =
        "variants: [a, b]\n"
        "report: {columns: [f1], labels: {a: \"50 % of #1 & a_b\", b: \"{x}~^\\\\ \xc3\xa9 \xc2\xb1\"}}\n";
    const char *results = cc_test_folder(), *out = cc_test_folder();
    reports_write_scores(results, "real/odd", "a", 0, 'a', (int[]){50, 60, 70}, 3);
    reports_write_scores(results, "real/odd", "b", 0, 'a', (int[]){55, 65, 70}, 3);
    reports_write_scores(results, "twin/table1-roi", "original", 0, 'a', (int[]){60, 70}, 2);
    reports_write_scores(results, "twin/table1-roi", "modified", 0, 'a', (int[]){80, 91}, 2);
    assert_ok(cc_file_write(cc_test_path(results, "real/odd/report.yaml"), block, strlen(block)));
    if (reports_make(output, OUTPUT, results, out, "") != 0) fail_msg("%s", output);
    return out;
}

/* pdfLaTeX's exit status for a document whose body is given; its log goes to `output`. */
static int compile(const char *folder, const char *body) {
    char text[4096];
    snprintf(text, sizeof text,
             "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n"
             "\\usepackage{booktabs,siunitx,threeparttable}\n\\input{numbers}\n"
             "\\begin{document}\n%s\n\\end{document}\n",
             body);
    assert_ok(cc_file_write(cc_test_path(folder, "paper.tex"), text, strlen(text)));
    return cc_test_run(output, OUTPUT, "cd %s && pdflatex -halt-on-error -interaction=nonstopmode paper.tex",
                       folder);
}

static void skip_without_latex(void) {
    if (cc_test_run(NULL, 0,
                    "command -v pdflatex && kpsewhich siunitx.sty threeparttable.sty booktabs.sty") == 0)
        return;
    print_message("skipped: no pdflatex with siunitx, threeparttable and booktabs here\n");
    skip();
}

static void the_names_of_numbers_are_those_of_the_tables(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *numbers = reports_read(make_report(), "numbers.tex", arena);
    /* The means of 60 and 70, and of 80 and 91. */
    assert_has(numbers, "\\calcade@define{table1-twin}{Original U-Net}{f1}{65.0}%\n");
    assert_has(numbers, "\\calcade@define{table1}{Modified U-Net}{f1}{85.5}%\n");
    assert_has(numbers, "\\calcade@define{study-odd-real}{50 - of -1 & a_b}{f1}{60.0}%\n");
    /* What was not measured has no name. */
    assert_lacks(numbers, "focal loss}{f1}");
    assert_lacks(numbers, "nan");
    cc_arena_destroy(arena);
}

static void a_paper_with_the_numbers_and_tables_compiles(void **state) {
    (void)state;
    skip_without_latex();
    const char *out = make_report();
    const int status =
        compile(out, "The F1-score rises from \\calcadeNumber{table1}{Original U-Net}{f1} to "
                     "\\calcadeNumber{table1-twin}{Modified\n"
                     "U-Net}{f1} points; \\calcadeNumber{study-odd}{50 - of -1 & a_b}{f1-interval}.\n"
                     "\\begin{table}\\caption{\\calcadeNumber{table1}{Modified "
                     "U-Net}{f1}}\\input{tables/table1-twin.body}\\end{table}\n"
                     "\\begin{table}\\input{tables/study-odd-real.body}\\end{table}");
    if (status != 0) fail_msg("%s", output);
}

static void an_unknown_number_is_an_error(void **state) {
    (void)state;
    skip_without_latex();
    assert_int_not_equal(compile(make_report(), "\\calcadeNumber{table1}{Modified U-Net}{f2}"), 0);
    assert_has(output, "Package calcade Error: No number 'f2' of 'Modified U-Net' in 'table1'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_of_numbers_are_those_of_the_tables),
        cmocka_unit_test(a_paper_with_the_numbers_and_tables_compiles),
        cmocka_unit_test(an_unknown_number_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
