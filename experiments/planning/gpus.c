/* experiments/planning/gpus.c -- a list of names, cut at its commas.
 *
 * How many GPUs are installed, the kernel's driver says by a folder each; asking CUDA itself would open all
 * of them, and the variable is read only once, when it is first called. */
#include "experiments/planning/gpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entries of a list; "" has none. */
static int count_entries(const char *list) {
    int count = list[0] != 0;
    for (; *list; list++) count += *list == ',';
    return count;
}

bool cc_gpus_pick(char *out, size_t capacity, const char *visible, int installed, int worker) {
    const int count = visible ? count_entries(visible) : installed;
    if (count < 2) return false;
    const int number = worker % count;
    if (!visible) return snprintf(out, capacity, "%d", number) < (int)capacity;
    for (int i = 0; i < number; i++) visible = strchr(visible, ',') + 1;
    const size_t length = strcspn(visible, ",");
    return snprintf(out, capacity, "%.*s", (int)length, visible) < (int)capacity;
}

static int count_installed(void) {
    int count = 0;
    DIR *dir = opendir("/proc/driver/nvidia/gpus");
    if (!dir) return 0;
    for (struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

void cc_gpus_take(int worker) {
    char name[256];
    if (cc_gpus_pick(name, sizeof name, getenv("CUDA_VISIBLE_DEVICES"), count_installed(), worker))
        setenv("CUDA_VISIBLE_DEVICES", name, 1);
}
