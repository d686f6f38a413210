/* tests/support.c -- temporary folders, real files, and the start of a test program. */
#include "support.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test multiplies with the kernels that the program takes (nets/backends/cpu/blas.h), so that both give the
 * same bytes: it starts itself anew with them likewise. Tests without nets have no such function. */
bool cc_blas_choose_kernels(void) __attribute__((weak));
__attribute__((constructor)) static void settle_libraries(int argc, char **argv) {
    (void)argc;
    if (cc_blas_choose_kernels && cc_blas_choose_kernels()) execv("/proc/self/exe", argv);
}

enum { BUFFERS = 8, PATH_BYTES = 4096, FOLDERS = 64 };

static char folders[FOLDERS][64];
static int folder_count;

static char *next_buffer(void) {
    static char buffers[BUFFERS][PATH_BYTES];
    static int next;
    return buffers[next++ % BUFFERS];
}

const char *cc_test_shared(const char *relative) {
    const char *root = getenv("CALCADE_SHARED");
    char *out = next_buffer();
    if (root && root[0])
        snprintf(out, PATH_BYTES, "%s/%s", root, relative);
    else
        snprintf(out, PATH_BYTES, "%s/../shared/%s", CC_SOURCE_DIR, relative);
    if (access(out, R_OK) != 0) {
        printf("skipped: %s is not here (set CALCADE_SHARED)\n", relative);
        skip();
    }
    return out;
}

const char *cc_test_source(const char *relative) {
    char *out = next_buffer();
    snprintf(out, PATH_BYTES, "%s/%s", CC_SOURCE_DIR, relative);
    return out;
}

static int remove_entry(const char *path, const struct stat *s, int flag, struct FTW *walk) {
    (void)s, (void)flag, (void)walk;
    return remove(path);
}

static void remove_folders(void) {
    for (int i = 0; i < folder_count; i++) nftw(folders[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *cc_test_folder(void) {
    assert_true(folder_count < FOLDERS);
    if (folder_count == 0) atexit(remove_folders);
    char *name = folders[folder_count++];
    strcpy(name, "/tmp/calcade-test-XXXXXX");
    assert_non_null(mkdtemp(name));
    char *out = next_buffer();
    strcpy(out, name);
    return out;
}

const char *cc_test_path(const char *dir, const char *name) {
    char *out = next_buffer();
    snprintf(out, PATH_BYTES, "%s/%s", dir, name);
    return out;
}

void cc_test_ok_at(cc_status status, const char *file, int line) {
    if (status == CC_OK) return;
    char text[2048];
    cc_error_line(text, sizeof text);
    print_error("%s: %s\n", cc_status_name(status), text);
    _fail(file, line);
}

void cc_test_error_at(cc_status status, cc_status want, const char *part, const char *file, int line) {
    char text[2048];
    cc_error_line(text, sizeof text);
    if (status == want && (want == CC_OK || strstr(text, part))) return;
    print_error("got %s \"%s\", want %s with \"%s\"\n", cc_status_name(status), text, cc_status_name(want),
                part);
    _fail(file, line);
}

void cc_test_draw_quickly(void) {
    char path[PATH_BYTES];
    const char *others = getenv("PATH");
    snprintf(path, sizeof path, "%s/tests/quick:%s", CC_SOURCE_DIR, others ? others : "/usr/bin:/bin");
    setenv("PATH", path, 1);
}

int cc_test_is_short(void) {
    return cc_test_sanitized() && !getenv("CALCADE_ALL_CASES");
}

int cc_test_run(char *output, size_t capacity, const char *format, ...) {
    char command[8192], buffer[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command - 8, format, args);
    va_end(args);
    strcat(command, " 2>&1");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t used = 0, got;
    while ((got = fread(buffer, 1, sizeof buffer, pipe)) > 0) {
        if (!output) continue;
        size_t room = capacity - 1 - used, part = got < room ? got : room;
        memcpy(output + used, buffer, part);
        used += part;
    }
    if (output) output[used] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
