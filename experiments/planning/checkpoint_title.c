/* experiments/planning/checkpoint_title.c -- the first bytes of a checkpoint, which say whose it is. A
 * plan asks for them to learn with how many threads a stopped run began. */
#include "experiments/planning/checkpoint_title.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

cc_status cc_checkpoint_path(char out[CC_PATH_MAX], const char *result_path) {
    return cc_path_append(out, result_path, ".checkpoint");
}

const char cc_checkpoint_magic[16] = "calcade-check-5";

cc_status cc_checkpoint_title_read(cc_checkpoint_title *out, const char *path) {
    cc_checkpoint_title t;
    *out = (cc_checkpoint_title){0};
    FILE *file = fopen(path, "rb");
    if (!file) return errno == ENOENT ? CC_OK : cc_fail_errno(path, "open");
    if (fread(&t, sizeof t, 1, file) == 1 && memcmp(t.magic, cc_checkpoint_magic, sizeof t.magic) == 0 &&
        memchr(t.machine, 0, sizeof t.machine) && memchr(t.identity.hex, 0, sizeof t.identity.hex))
        *out = t;
    fclose(file);
    return CC_OK;
}
