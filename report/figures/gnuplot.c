/* report/figures/gnuplot.c -- gnuplot as a child process, between files in memory.
 *
 * The script names all files by variables, which are set in front of it to their paths under /proc/self/fd:
 * no name from a run file is part of a command. The child's output is read back from memory and must be whole
 * before it is saved. */
#include "report/figures/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/file.h"

const char *const cc_figure_palette[CC_FIGURE_COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                          "#56B4E9", "#E69F00", "#000000", "#999999"};

/* The first files of every plot. */
enum { PNG, SVG, SCRIPT, LOG };

void cc_gnuplot_begin(cc_gnuplot *plot, const char *folder) {
    plot->folder = folder;
    plot->file_count = 0;
}

/* Makes an empty file in memory, known to the script by a name. */
static cc_status add_file(cc_gnuplot *plot, const char *name) {
    if (plot->file_count == CC_GNUPLOT_FILES)
        return cc_fail(CC_EINVAL, "gnuplot", NULL, "a figure of more than %d parts", CC_GNUPLOT_FILES);
    CC_TRY(cc_memory_file_init(&plot->files[plot->file_count].file, name));
    snprintf(plot->files[plot->file_count++].name, CC_GNUPLOT_NAME_BYTES, "%s", name);
    return CC_OK;
}

/* The two pictures, the script and the log stand before any data. */
static cc_status add_own_files(cc_gnuplot *plot) {
    static const char *const names[] = {"figure_png", "figure_svg", "script", "log"};
    while (plot->file_count <= LOG) CC_TRY(add_file(plot, names[plot->file_count]));
    return CC_OK;
}

cc_status cc_gnuplot_data(cc_gnuplot *plot, const char *name, const cc_text *data) {
    CC_TRY(cc_text_check(data));
    CC_TRY(add_own_files(plot));
    CC_TRY(add_file(plot, name));
    const int descriptor = plot->files[plot->file_count - 1].file.descriptor;
    return cc_file_put(descriptor, "gnuplot's data", data->bytes, data->length);
}

/* The script behind what its variables are. */
static cc_status write_script(const cc_gnuplot *plot, const cc_text *script) {
    char line[128];
    const int descriptor = plot->files[SCRIPT].file.descriptor;
    for (int i = 0; i < plot->file_count; i++) {
        int length =
            snprintf(line, sizeof line, "%s = '%s'\n", plot->files[i].name, plot->files[i].file.path);
        CC_TRY(cc_file_put(descriptor, "gnuplot's script", line, (size_t)length));
    }
    CC_TRY(cc_text_check(script));
    return cc_file_put(descriptor, "gnuplot's script", script->bytes, script->length);
}

/* What the child does before it is gnuplot: nothing to read, output to the log; the plot's files stay
 * open, as a descriptor that is duplicated onto itself is not closed there (POSIX.1-2024). */
static int plan_child(posix_spawn_file_actions_t *actions, const cc_gnuplot *plot) {
    const int log = plot->files[LOG].file.descriptor;
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed) failed = posix_spawn_file_actions_adddup2(actions, log, 1);
    if (!failed) failed = posix_spawn_file_actions_adddup2(actions, log, 2);
    for (int i = 0; i < plot->file_count && !failed; i++) {
        const int own = plot->files[i].file.descriptor;
        failed = posix_spawn_file_actions_adddup2(actions, own, own);
    }
    return failed;
}

/* Starts gnuplot without a copy of this process, whose memory may be large: fork would copy its page
 * tables for every figure. An errno. */
static int start_gnuplot(pid_t *child, const cc_gnuplot *plot) {
    posix_spawn_file_actions_t actions;
    char name[] = "gnuplot", script[sizeof plot->files[SCRIPT].file.path];
    char *const arguments[] = {name, script, NULL};
    snprintf(script, sizeof script, "%s", plot->files[SCRIPT].file.path);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) return failed;
    failed = plan_child(&actions, plot);
    if (!failed) failed = posix_spawnp(child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* The last line of gnuplot's own that says something. */
static void read_log(char *out, size_t capacity, cc_gnuplot *plot) {
    cc_memory_file *log = &plot->files[LOG].file;
    out[0] = 0;
    if (cc_memory_file_map(log) != CC_OK) return;
    for (const char *line = log->bytes, *end = line + log->count, *next; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next) next = end;
        int length = (int)(next - line), said = 0;
        while (said < length && (line[said] == ' ' || line[said] == '^')) said++;
        if (said < length) snprintf(out, capacity, "%.*s", length, line);
    }
}

/* Whether a picture ends as its format does, apart from spaces: PNG with its IEND chunk, SVG with its
 * element. */
static bool is_whole(const cc_memory_file *picture, int which) {
    static const char iend[] = "\0\0\0\0IEND\xae\x42\x60\x82", svg[] = "</svg>";
    const char *bytes = picture->bytes, *ending = which == PNG ? iend : svg;
    size_t count = picture->count, length = which == PNG ? sizeof iend - 1 : sizeof svg - 1;
    while (which == SVG && count > 0 && (bytes[count - 1] == '\n' || bytes[count - 1] == ' ')) count--;
    return count >= length && memcmp(bytes + count - length, ending, length) == 0;
}

/* Writes one picture to disk, where it was drawn to its end. */
static cc_status save(cc_gnuplot *plot, int which, const char *figure) {
    char name[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_memory_file *picture = &plot->files[which].file;
    snprintf(name, sizeof name, "%s%s", figure, which == PNG ? ".png" : ".svg");
    CC_TRY(cc_path_join(path, plot->folder, name));
    CC_TRY(cc_memory_file_map(picture));
    if (!is_whole(picture, which))
        return cc_fail(CC_EIO, path, "is memory out, or a limit on the size of files (ulimit -f) too low?",
                       "gnuplot did not draw it to its end");
    return cc_file_write(path, picture->bytes, picture->count);
}

cc_status cc_gnuplot_run(cc_gnuplot *plot, const char *figure, const cc_text *script) {
    int ended;
    char line[512];
    CC_TRY(add_own_files(plot));
    CC_TRY(write_script(plot, script));
    pid_t child;
    const int failed = start_gnuplot(&child, plot);
    if (failed == ENOENT)
        return cc_fail(CC_EIO, "gnuplot", "install it, e.g. the Debian package gnuplot-nox",
                       "figures need it, and it is not here");
    errno = failed;
    if (failed) return cc_fail_errno("gnuplot", "start");
    while (waitpid(child, &ended, 0) < 0)
        if (errno != EINTR) return cc_fail_errno("gnuplot", "wait for");
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
        read_log(line, sizeof line, plot);
        return cc_fail(CC_EIO, "gnuplot", NULL, "could not draw the figure %s: %s", figure, line);
    }
    CC_TRY(save(plot, PNG, figure));
    return save(plot, SVG, figure);
}

cc_status cc_gnuplot_draw(cc_gnuplot *plot, const char *figure, int width, int height, const char *setup,
                          const cc_text *body) {
    cc_text script = {0};
    cc_status status = cc_text_check(body);
    if (status == CC_OK) {
        cc_text_add(&script,
                    "set datafile missing '?'\nset encoding utf8\nset border 3 lw 1 lc rgb '#444444'\n"
                    "set tics nomirror out textcolor rgb '#222222'\n%s"
                    "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,20' linewidth 2 "
                    "pointscale 2 rounded\nset output figure_png\n%s\nset output\n",
                    setup, 2 * width, 2 * height, body->bytes);
        cc_text_add(&script,
                    "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,13' linewidth 1\n"
                    "set output figure_svg\n%s\nset output\n",
                    width, height, body->bytes);
        status = cc_gnuplot_run(plot, figure, &script);
    }
    cc_text_deinit(&script);
    return status;
}

void cc_gnuplot_add_number(cc_text *out, double value) {
    if (isfinite(value))
        cc_text_add(out, " %.9g", value);
    else
        cc_text_add(out, " ?");
}

void cc_gnuplot_end(cc_gnuplot *plot) {
    while (plot->file_count > 0) cc_memory_file_deinit(&plot->files[--plot->file_count].file);
}
