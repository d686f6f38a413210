#include "datasets/readers/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 60 };

/* What parent and child share; the result stands behind it. */
typedef struct reply {
    cc_status status;
    cc_error error;
    max_align_t result[];
} reply;

static void limit(int what, rlim_t most) {
    struct rlimit now;
    if (getrlimit(what, &now) != 0) return;
    if (now.rlim_max != RLIM_INFINITY && most > now.rlim_max) most = now.rlim_max;
    now.rlim_cur = now.rlim_max = most;
    setrlimit(what, &now);
}

/* The sanitizers map terabytes, which no bound on memory allows. */
static void bound_memory(unsigned long long allowance) {
#ifdef CC_SANITIZED
    (void)allowance;
#else
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return;
    if (fscanf(file, "%llu", &pages) == 1)
        limit(RLIMIT_AS, (rlim_t)(pages * (unsigned long long)sysconf(_SC_PAGESIZE) + allowance));
    fclose(file);
#endif
}

static void become_harmless(unsigned long long allowance) {
    int nowhere = open("/dev/null", O_RDWR);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, SECONDS_MAX);
    bound_memory(allowance);
}

static cc_status collect(pid_t child, const reply *from, const char *path) {
    int how;
    while (waitpid(child, &how, 0) < 0)
        if (errno != EINTR) return cc_fail_errno(path, "wait for the reader of");
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return cc_fail(CC_EFORMAT, path, "the file is damaged", "the decoder gave up on it (%s)",
                       WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "it ended early");
    if (from->status == CC_OK) return CC_OK;
    const cc_error *e = &from->error;
    return cc_fail(from->status, e->where, e->hint[0] ? e->hint : NULL, "%s", e->what);
}

cc_status cc_guard_run(void *result, size_t bytes, cc_guard_work work, const char *path,
                       unsigned long long allowance) {
    size_t total = sizeof(reply) + bytes;
    reply *shared = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return cc_fail_memory("a decoder's result", total);
    cc_status status;
    pid_t child = fork();
    if (child == 0) {
        become_harmless(allowance);
        shared->status = work(shared->result, bytes, path);
        shared->error = *cc_error_get();
        _exit(0);
    }
    status = child < 0 ? cc_fail_errno(path, "start a reader of") : collect(child, shared, path);
    if (status == CC_OK) memcpy(result, shared->result, bytes);
    munmap(shared, total);
    return status;
}
