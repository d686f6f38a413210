#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/file.h"
#include "report/figure.h"

const char *const cc_figure_palette[CC_FIGURE_COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                          "#56B4E9", "#E69F00", "#000000", "#999999"};

cc_status cc_gnuplot_begin(cc_gnuplot *plot, const char *folder) {
    snprintf(plot->folder, sizeof plot->folder, "%s", folder);
    CC_TRY(cc_path_join(plot->work, folder, ".gnuplot-XXXXXX"));
    return mkdtemp(plot->work) ? CC_OK : cc_fail_errno(folder, "write");
}

/* These files live for one plot only, so they are not flushed to disk. */
cc_status cc_gnuplot_data(const cc_gnuplot *plot, const char *name, const cc_text *data) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_text_check(data));
    CC_TRY(cc_path_join(path, plot->work, name));
    FILE *file = fopen(path, "wb");
    if (!file) return cc_fail_errno(path, "write");
    bool ok = fwrite(data->bytes ? data->bytes : "", 1, data->length, file) == data->length;
    ok = fclose(file) == 0 && ok;
    return ok ? CC_OK : cc_fail_errno(path, "write");
}

static void run_gnuplot(const char *work) {
    int log = -1, null = open("/dev/null", O_RDONLY);
    if (chdir(work) == 0) log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (log < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) _exit(126);
    execlp("gnuplot", "gnuplot", "script", (char *)NULL);
    _exit(errno == ENOENT ? 127 : 126);
}

/* The last line of gnuplot's own that says something. */
static void read_log(char *out, size_t capacity, const cc_gnuplot *plot) {
    char path[CC_PATH_MAX], line[512];
    out[0] = 0;
    FILE *file = cc_path_join(path, plot->work, "log") == CC_OK ? fopen(path, "r") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (line[strspn(line, " ^")]) snprintf(out, capacity, "%s", line);
    }
    if (file) fclose(file);
}

cc_status cc_gnuplot_run(const cc_gnuplot *plot, const cc_text *script) {
    int ended;
    char line[512];
    CC_TRY(cc_gnuplot_data(plot, "script", script));
    pid_t child = fork();
    if (child < 0) return cc_fail_errno("gnuplot", "start");
    if (child == 0) run_gnuplot(plot->work);
    while (waitpid(child, &ended, 0) < 0)
        if (errno != EINTR) return cc_fail_errno("gnuplot", "wait for");
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return CC_OK;
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 127)
        return cc_fail(CC_EIO, "gnuplot", "install it, e.g. the Debian package gnuplot-nox",
                       "figures need it, and it is not here");
    read_log(line, sizeof line, plot);
    return cc_fail(CC_EIO, "gnuplot", NULL, "could not draw a figure: %s", line);
}

cc_status cc_gnuplot_keep(const cc_gnuplot *plot, const char *file, const char *name) {
    char from[CC_PATH_MAX], to[CC_PATH_MAX];
    uint64_t bytes;
    CC_TRY(cc_path_join(from, plot->work, file));
    CC_TRY(cc_path_join(to, plot->folder, name));
    CC_TRY(cc_file_size(&bytes, from));
    if (bytes == 0) return cc_fail(CC_EIO, "gnuplot", NULL, "drew nothing for %s", name);
    return rename(from, to) == 0 ? CC_OK : cc_fail_errno(to, "write");
}

void cc_gnuplot_end(cc_gnuplot *plot) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    cc_error error = *cc_error_get();
    cc_arena *arena = cc_arena_create();
    if (arena && cc_folder_list(&names, &count, plot->work, arena) == CC_OK)
        for (size_t i = 0; i < count; i++)
            if (cc_path_join(path, plot->work, names[i]) == CC_OK) unlink(path);
    rmdir(plot->work);
    cc_arena_destroy(arena);
    /* Tidying up keeps the message of what went wrong before. */
    if (error.status != CC_OK) cc_fail(error.status, error.where, error.hint, "%s", error.what);
}
