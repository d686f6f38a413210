/* tests/soak/fuzz/fuzz.c -- one input: written, read, and measured.
 *
 * Readers of libraries that may crash run in children (core/guard.h), whose memory is not this process's, and
 * whose sanitizers print nowhere. So the counts lie in shared memory, where a child adds to them, and a child
 * that a sanitizer ends says so there: to the reader it would only be a damaged file. */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "core/file.h"
#include "core/log.h"

/* Of sanitizer/allocator_interface.h, which comes with clang alone; gcc's sanitizers have them, too. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
                                              void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *memory);

static const double most_seconds = 2;
enum { MOST_TIMES = 4, MOST_BESIDE = 64 << 20 };

static const cc_fuzz_target *const targets[] = {
#define X(name) &cc_fuzz_##name,
    CC_FUZZ_TARGET_LIST(X)
#undef X
};
enum { TARGETS = sizeof targets / sizeof *targets };

static struct shared {
    _Atomic int64_t live, largest; /* bytes */
    _Atomic int died;              /* a sanitizer ended a process */
} * shared;
static pid_t parent;
static char folder[CC_PATH_MAX];
static cc_fuzz_tally tally;

/* A child of core/guard.h has a bound on its memory, but not with sanitizers, which map terabytes: a
 * single request of more than a small file may take fails instead. One of calcade's own is told by its
 * status. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

const cc_fuzz_target *cc_fuzz_find(const char *name, size_t index) {
    if (!name) return index < TARGETS ? targets[index] : NULL;
    for (size_t i = 0; i < TARGETS; i++)
        if (strcmp(targets[i]->name, name) == 0) return targets[i];
    return NULL;
}

const cc_fuzz_tally *cc_fuzz_tally_get(void) {
    return &tally;
}

static void count_malloc(const volatile void *at, size_t bytes) {
    (void)at;
    const int64_t now = atomic_fetch_add(&shared->live, (int64_t)bytes) + (int64_t)bytes;
    if (now > shared->largest) shared->largest = now;
}

static void count_free(const volatile void *at) {
    if (at) atomic_fetch_sub(&shared->live, (int64_t)__sanitizer_get_allocated_size(at));
}

static void note_death(void) {
    shared->died = 1;
}

/* In a child: libFuzzer's own callback would take the parent's place. */
static void watch_child(void) {
    __sanitizer_set_death_callback(note_death);
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *place) {
    (void)entry, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(void) {
    if (getpid() == parent) nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void fail(const cc_fuzz_target *target, const char *what, double is, double most) {
    fprintf(stderr, "fuzz: %s: %s: %.3f, where %.3f is the most\n", target->name, what, is, most);
    abort();
}

void cc_fuzz_start(void) {
    const char *memory = "/dev/shm/calcade-fuzz-XXXXXX", *disk = "/tmp/calcade-fuzz-XXXXXX";
    snprintf(folder, sizeof folder, "%s", access("/dev/shm", W_OK) == 0 ? memory : disk);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    parent = getpid();
    if (shared == MAP_FAILED || !mkdtemp(folder)) {
        perror("fuzz");
        exit(1);
    }
    atexit(remove_folder);
    /* A header of voxels in another file finds one. */
    char data[CC_PATH_MAX], zeros[4096] = {0};
    if (cc_path_join(data, folder, "data.raw") == CC_OK) cc_file_write(data, zeros, sizeof zeros);
    cc_log_set_level(CC_LOG_ERROR + 1);
    pthread_atfork(NULL, NULL, watch_child);
    __sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
}

static double processor_seconds(void) {
    struct timespec own;
    struct rusage children;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)own.tv_sec + 1e-9 * (double)own.tv_nsec +
           (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
           1e-6 * (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
}

/* Not by cc_file_write, which flushes to the disk. */
static void write_input(const cc_fuzz_target *target, const char *path, const uint8_t *bytes, size_t count) {
    uint8_t *copy = malloc(count + 1); /* the input itself must not be changed */
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (count) memcpy(copy, bytes, count);
    if (target->prepare) target->prepare(copy, count);
    if (file < 0 || write(file, copy, count) != (ssize_t)count || close(file) != 0) {
        perror(path);
        exit(1);
    }
    free(copy);
}

void cc_fuzz_try(const cc_fuzz_target *target, const uint8_t *bytes, size_t count) {
    char path[CC_PATH_MAX];
    if (cc_path_join(path, folder, target->file) != CC_OK) abort();
    write_input(target, path, bytes, count);
    cc_error_clear();
    shared->live = shared->largest = 0;
    const double start = processor_seconds();
    const cc_status status = target->read(path);
    const double seconds = processor_seconds() - start;
    const cc_error *error = cc_error_get();

    tally.inputs++;
    tally.taken += status == CC_OK;
    if (seconds > tally.slowest_seconds) tally.slowest_seconds = seconds;
    if ((size_t)shared->largest > tally.largest_bytes) tally.largest_bytes = (size_t)shared->largest;
    const double memory_most = MOST_TIMES * (double)count + MOST_BESIDE;
    if (status == CC_ENOMEM) fail(target, "a request for more memory than there is; status", status, 0);
    if (shared->died) fail(target, "a sanitizer ended a child; processes", 1, 0);
    if (seconds > most_seconds) fail(target, "seconds of processor time", seconds, most_seconds);
    if ((double)shared->largest > memory_most)
        fail(target, "bytes of memory at one time", (double)shared->largest, memory_most);
    if (status != CC_OK && (!error->what[0] || strpbrk(error->what, "\r\n") || strpbrk(error->where, "\r\n")))
        fail(target, "a failure without a message of one line; status", status, 0);
}
