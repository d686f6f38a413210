/* core/peak_memory.c -- peak resident memory, as Linux counts it for a process (proc(5)).
 *
 * VmHWM of /proc/self/status is the peak ("high water mark"); a 5 written to /proc/self/clear_refs sets
 * it back to what is resident now. getrusage's ru_maxrss cannot be set back, and outlives an exec, so
 * that it may be of the program that started this one. */
#include "core/peak_memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Whether a span was begun before in this process, and whether the last could be begun anew. */
static bool began, anew;

void cc_peak_memory_start(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    anew = file >= 0 && write(file, "5", 1) == 1;
    if (file >= 0) close(file);
    /* The first span of a process may as well begin with the process. */
    anew = anew || !began;
    began = true;
}

int64_t cc_peak_memory_get(void) {
    char line[128];
    long long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (!file || !anew) {
        if (file) fclose(file);
        return 0;
    }
    while (kib == 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lld kB", &kib) != 1) kib = 0;
    fclose(file);
    return kib * 1024;
}
