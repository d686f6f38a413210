/* experiments/planning/last_error.c -- the error line of a failed run, kept in a file. */
#include "experiments/planning/last_error.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"

void cc_last_error_note(const char *result_path, cc_status status) {
    char path[CC_PATH_MAX], line[2048];
    const cc_error error = *cc_error_get();
    if (status == CC_EINTERRUPTED || status == CC_EBUSY || status == CC_EUPSTREAM) return;
    cc_error_line(line, sizeof line - 1);
    strcat(line, "\n");
    if (cc_path_append(path, result_path, ".failed") == CC_OK) {
        if (status == CC_OK)
            unlink(path);
        else
            (void)cc_file_write(path, line, strlen(line));
    }
    if (status != CC_OK) (void)cc_fail(error.status, error.where, error.hint, "%s", error.what);
}

bool cc_last_error_read(char *out, size_t capacity, const char *result_path) {
    char path[CC_PATH_MAX];
    if (cc_path_append(path, result_path, ".failed") != CC_OK) return false;
    FILE *file = fopen(path, "r");
    if (!file) return false;
    const bool read = fgets(out, (int)capacity, file) != NULL;
    fclose(file);
    if (read) out[strcspn(out, "\n")] = 0;
    return read;
}
