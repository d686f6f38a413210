/* report/page/page_run.c -- the section of one run in index.html: provenance as a list of terms, history as
 * two small lines and a table, the resolved config. A term that is not known is left out. */
#include "report/page/page_run.h"

#include <math.h>
#include <stdio.h>

enum { SPARK_WIDTH = 320, SPARK_HEIGHT = 60, EPOCHS_MAX = 1000 /* in the table of a run's history */ };

/* A term and its text, escaped. */
static void add_term(cc_text *out, const char *term, const char *text) {
    if (!text || !text[0]) return;
    cc_text_add(out, "<dt>%s</dt><dd>", term);
    cc_text_add_html(out, text);
    cc_text_add(out, "</dd>\n");
}

/* The same of a number above 0. */
static void add_number(cc_text *out, const char *term, long long number) {
    char text[32];
    if (number <= 0) return;
    snprintf(text, sizeof text, "%lld", number);
    add_term(out, term, text);
}

/* The libraries that computed the run, with their versions. */
static void add_libraries(cc_text *out, const cc_run_provenance *p) {
    /* Files written by scripts name none. */
    if (p->library_count == 0) return;
    cc_text_add(out, "<dt>libraries</dt><dd>");
    for (size_t i = 0; i < p->library_count; i++) {
        cc_text_add(out, i ? ", " : "");
        cc_text_add_html(out, p->libraries[i].name);
        cc_text_add(out, " ");
        cc_text_add_html(out, p->libraries[i].version);
    }
    cc_text_add(out, "</dd>\n");
}

/* All that is known of how the run was made. */
static void add_provenance(cc_text *out, const cc_report_run *run) {
    const cc_run_provenance *p = &run->provenance;
    char seconds[32] = "", gflop[32] = "", memory[32] = "";
    if (p->seconds > 0) snprintf(seconds, sizeof seconds, "%.1f", p->seconds);
    cc_text_add(out, "<dl>\n");
    add_term(out, "file", run->path);
    add_term(out, "in no table", run->fault);
    add_term(out, "stage", run->stage);
    add_term(out, "split", run->leaking_split ? "LEAKING: slices of one patient lie on both sides" : NULL);
    add_term(out, "identity", p->identity);
    add_term(out, "request", p->request);
    add_term(out, "data digest", p->data_digest);
    add_term(out, "weights digest", p->weights_digest);
    add_number(out, "trainable parameters", run->parameter_count);
    if (run->multiply_adds > 0) snprintf(gflop, sizeof gflop, "%.3f", 2e-9 * (double)run->multiply_adds);
    add_term(out, "GFLOP of one picture", gflop);
    add_term(out, "commit", p->commit);
    add_term(out, "version", p->version);
    add_number(out, "numerics version", p->numerics_version);
    add_term(out, "build", p->build);
    add_term(out, "compiler", p->compiler);
    add_term(out, "device", p->device);
    add_term(out, "precision", p->precision);
    add_term(out, "algorithms", p->algorithms);
    add_number(out, "threads", p->threads);
    add_term(out, "machine", p->machine);
    add_libraries(out, p);
    add_term(out, "started", p->started);
    add_term(out, "finished", p->finished);
    add_term(out, "seconds", seconds);
    if (p->peak_memory_bytes > 0)
        snprintf(memory, sizeof memory, "%.0f MiB", (double)p->peak_memory_bytes / (1 << 20));
    add_term(out, "peak memory", memory);
    cc_text_add(out, "</dl>\n");
}

/* A number of an epoch, by column. */
static double get_value(const cc_run_epoch *e, int column) {
    const double values[] = {e->train_loss,           e->validation_loss,   e->validation_f1,
                             e->validation_precision, e->validation_recall, e->learning_rate};
    return values[column];
}

/* One line over the epochs, from 0 (or the least) to the most. */
static void add_spark(cc_text *out, const cc_report_run *run, int column, const char *style,
                      const char *what) {
    /* Losses and scores begin at 0, so that lines of several runs compare; a loss may lie below it. */
    double low = 0, high = 0;
    for (size_t i = 0; i < run->epoch_count; i++) {
        double value = get_value(&run->epochs[i], column);
        if (!isfinite(value)) continue;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    /* One epoch is no line, and a constant 0 has no height. */
    if (run->epoch_count < 2 || !(high > low)) return;
    cc_text_add(out,
                "<figure class=\"spark\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by epoch\">"
                "<polyline class=\"%s\" points=\"",
                SPARK_WIDTH, SPARK_HEIGHT, what, style);
    for (size_t i = 0; i < run->epoch_count; i++) {
        double value = get_value(&run->epochs[i], column);
        if (!isfinite(value)) continue;
        /* x over the whole width; y downwards, with a margin of 2 for the width of the line. */
        cc_text_add(out, "%.1f,%.1f ", (double)SPARK_WIDTH * (double)i / (double)(run->epoch_count - 1),
                    2 + (SPARK_HEIGHT - 4) * (high - value) / (high - low));
    }
    cc_text_add(out, "\"/></svg><figcaption>%s, %zu epochs, up to %.4g</figcaption></figure>\n", what,
                run->epoch_count, high);
}

/* A row of the history. */
static void add_epoch(cc_text *out, const cc_run_epoch *e, bool best) {
    cc_text_add(out, "<tr%s><th scope=\"row\">%lld</th>", best ? " class=\"best\"" : "", (long long)e->epoch);
    for (int c = 0; c < 6; c++)
        if (isfinite(get_value(e, c)))
            cc_text_add(out, "<td>%.4g</td>", get_value(e, c));
        else
            cc_text_add(out, "<td>–</td>");
    cc_text_add(out, "</tr>\n");
}

/* The run's epochs; none where it did not train. */
static void add_history(cc_text *out, const cc_report_run *run) {
    if (run->epoch_count == 0) return;
    add_spark(out, run, 0, "loss", "Training loss");
    add_spark(out, run, 2, "score", "Validation F1-score");
    cc_text_add(out, "<details>\n<summary>History</summary>\n<div class=\"box\" tabindex=\"0\"><table>\n"
                     "<thead><tr><th>epoch</th><th>training loss</th><th>validation loss</th><th>F1</th>"
                     "<th>precision</th><th>recall</th><th>learning rate</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < run->epoch_count && i < EPOCHS_MAX; i++)
        add_epoch(out, &run->epochs[i], run->epochs[i].epoch == run->best_epoch);
    cc_text_add(out, "</tbody>\n</table></div>\n%s</details>\n",
                run->epoch_count > EPOCHS_MAX ? "<p>Later epochs are in the run file.</p>\n" : "");
}

void cc_page_begin_run(cc_text *out, const cc_report_run *run) {
    char anchor[1024];
    cc_report_run_anchor(anchor, sizeof anchor, run);
    /* The end of links lies inside of the folded part: a browser opens what a link leads into. */
    cc_text_add(out, "<details class=\"run\">\n<summary>");
    cc_text_add_html(out, run->variant);
    cc_text_add(out, ", fold %lld, seed %lld</summary>\n<div id=\"run-", (long long)run->fold,
                (long long)run->seed);
    cc_text_add_html(out, anchor);
    cc_text_add(out, "\">\n");
    add_provenance(out, run);
    add_history(out, run);
    /* Text as it was written: what looks like a tag in it is escaped. */
    if (!run->config[0]) return;
    cc_text_add(out, "<details>\n<summary>Config</summary>\n<pre>");
    cc_text_add_html(out, run->config);
    cc_text_add(out, "</pre>\n</details>\n");
}

void cc_page_end_run(cc_text *out) {
    cc_text_add(out, "</div>\n</details>\n");
}
