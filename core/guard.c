/* core/guard.c -- a child process that decodes files for its parent.
 *
 * Parent and child share one mapping of memory, into which the child writes its result, and a pair
 * of sockets, on which one byte each way says "a file waits" and "it is done". A child that dies closes
 * its socket, and the parent's recv returns 0: that is how a crash is noticed, without a signal handler.
 * The bounds are the kernel's (setrlimit, setitimer), so that no library can step over them.
 *
 * Source: setrlimit(2), socketpair(2), unix(7); the same idea as OpenSSH's privilege separation, Provos,
 * Friedl & Honeyman, USENIX Security 2003. */
#include "core/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/file.h"

enum { SECONDS = 60 }; /* of processor time for one file */
/* Bounds by a file's size. */
enum { BYTES_BESIDE = 48 << 20, TIMES = 32, BYTES_A_SECOND = 1 << 20 };

/* What parent and child share. */
typedef struct shared {
    char folder[CC_PATH_MAX], path[CC_PATH_MAX]; /* a relative path counts from the folder */
    cc_status status;
    cc_error error;
    max_align_t context[];
} shared;

struct cc_guard {
    cc_guard_job job;
    shared *shared;
    pid_t child, owner;
    int socket; /* a byte to the child: a file waits; a byte back: it is done */
};

static size_t shared_bytes(const cc_guard_job *job) {
    return sizeof(shared) + job->bytes;
}

/* Lowers a soft limit, never above the hard one. */
static void limit(int what, rlim_t most) {
    struct rlimit now;
    if (getrlimit(what, &now) != 0) return;
    now.rlim_cur = now.rlim_max != RLIM_INFINITY && most > now.rlim_max ? now.rlim_max : most;
    setrlimit(what, &now);
}

/* The timer ends the process when it has used so much more, to some milliseconds. Behind it stands the
 * kernel's limit, which counts whole seconds from the start of the process, so that what was used for earlier
 * files is added. */
static void bound_time(double seconds) {
    struct rusage used;
    const struct itimerval timer = {
        .it_value = {(time_t)seconds, (suseconds_t)(1e6 * (seconds - (double)(time_t)seconds))}};
    setitimer(ITIMER_PROF, &timer, NULL);
    getrusage(RUSAGE_SELF, &used);
    limit(RLIMIT_CPU, (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (rlim_t)seconds + 2);
}

/* The sanitizers map terabytes, which no bound on memory allows. */
static void bound_memory(unsigned long long allowance) {
#ifdef CC_SANITIZED
    (void)allowance;
#else
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return;
    /* The first number of statm is the size of the address space in pages: what the child has already. */
    if (fscanf(file, "%llu", &pages) == 1)
        limit(RLIMIT_AS, (rlim_t)(pages * (unsigned long long)sysconf(_SC_PAGESIZE) + allowance));
    fclose(file);
#endif
}

/* The socket takes standard input's place. Signals that ask for an end do to the child what they do to its
 * parent. */
static void become_harmless(int socket) {
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGPROF};
    sigset_t timer;
    /* Crash handlers of the parent (sanitizers, signal handling of a run) must not run in the child. */
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    /* A thread that blocks all signals may have forked it. */
    sigemptyset(&timer);
    sigaddset(&timer, SIGPROF);
    sigprocmask(SIG_UNBLOCK, &timer, NULL);
    dup2(socket, STDIN_FILENO);
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    /* Locks of the parent live as long as any copy of their descriptor: the child keeps none. */
    closefrom(STDERR_FILENO + 1);
    limit(RLIMIT_CORE, 0);
}

static void work(const cc_guard_job *job, shared *d) {
    struct stat file = {0};
    unsigned long long allowance = job->allowance;
    double seconds = SECONDS;
    d->status = CC_OK;
    if (d->folder[0] && chdir(d->folder) != 0) d->status = cc_fail_errno(d->folder, "enter");
    if (job->by_size && stat(d->path, &file) == 0) {
        seconds = 1 + (double)file.st_size / BYTES_A_SECOND;
        allowance = BYTES_BESIDE + TIMES * (unsigned long long)file.st_size;
    }
    bound_time(seconds);
    if (allowance) bound_memory(allowance);
    if (d->status == CC_OK) d->status = job->work(d->context, job->bytes, d->path);
    setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
    /* The message lies in this process alone; the parent reads its copy. */
    d->error = *cc_error_get();
}

/* What the child does until the other end of the socket closes. */
static _Noreturn void serve(const cc_guard *g, int socket) {
    char byte;
    become_harmless(socket);
    while (recv(STDIN_FILENO, &byte, 1, 0) == 1) {
        work(&g->job, g->shared);
        if (send(STDIN_FILENO, &byte, 1, MSG_NOSIGNAL) != 1) break;
    }
    _exit(0);
}

static cc_status start_child(cc_guard *g) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return cc_fail_errno("a reader", "start");
    g->child = fork();
    if (g->child == 0) serve(g, sockets[1]);
    g->owner = getpid();
    g->socket = sockets[0];
    cc_status status = g->child < 0 ? cc_fail_errno("a reader", "start") : CC_OK;
    close(sockets[1]);
    if (status != CC_OK) close(sockets[0]);
    return status;
}

cc_status cc_guard_start(cc_guard **out, const cc_guard_job *job) {
    cc_guard *g = calloc(1, sizeof *g);
    size_t bytes = shared_bytes(job);
    if (!g) return cc_fail_memory("a reader", sizeof *g);
    g->job = *job;
    g->shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cc_status status = g->shared == MAP_FAILED ? cc_fail_memory("a reader's result", bytes) : start_child(g);
    if (status == CC_OK) {
        *out = g;
        return CC_OK;
    }
    if (g->shared != MAP_FAILED) munmap(g->shared, bytes);
    free(g);
    return status;
}

/* How the child came to its end. */
static int reap(cc_guard *g) {
    int how = 0;
    while (g->child && waitpid(g->child, &how, 0) < 0 && errno == EINTR) continue;
    g->child = 0;
    return how;
}

bool cc_guard_is_own(const cc_guard *g) {
    return g->owner == getpid();
}

void cc_guard_end(cc_guard *g) {
    if (!g) return;
    /* Processes that were forked meanwhile have copies of this end: closing ours alone would not reach the
     * child. */
    if (cc_guard_is_own(g)) shutdown(g->socket, SHUT_RDWR);
    close(g->socket);
    if (cc_guard_is_own(g)) reap(g);
    munmap(g->shared, shared_bytes(&g->job));
    free(g);
}

cc_status cc_guard_give(cc_guard *g, const void *context, const char *path) {
    shared *d = g->shared;
    char byte = 0;
    /* A child that lives on was started in the folder of that time; the parent may have changed its own
     * since. */
    if (path[0] == '/' || !getcwd(d->folder, sizeof d->folder)) d->folder[0] = 0;
    CC_TRY(cc_path_join(d->path, "", path));
    memcpy(d->context, context, g->job.bytes);
    /* One byte there, one back; none comes back from a child that died, before or after. */
    send(g->socket, &byte, 1, MSG_NOSIGNAL);
    return CC_OK;
}

cc_status cc_guard_take(cc_guard_fate *fate, cc_guard *g, void *context, const char *path) {
    shared *d = g->shared;
    ssize_t got = -1;
    char byte = 0;
    *fate = CC_GUARD_LIVES;
    while ((got = recv(g->socket, &byte, 1, 0)) < 0 && errno == EINTR) continue;
    if (got != 1) {
        const int how = reap(g);
        const int signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
        *fate = signal == SIGPROF || signal == SIGXCPU ? CC_GUARD_RAN_OUT : CC_GUARD_DIED;
        if (*fate == CC_GUARD_RAN_OUT)
            return cc_fail(CC_EFORMAT, path, "the file is damaged",
                           "reading it came to no end in the time that its size allows");
        return cc_fail(CC_EFORMAT, path, "the file is damaged", "the decoder gave up on it (%s)",
                       signal ? strsignal(signal) : "it ended early");
    }
    const cc_error *e = &d->error;
    if (d->status != CC_OK) return cc_fail(d->status, e->where, e->hint[0] ? e->hint : NULL, "%s", e->what);
    memcpy(context, d->context, g->job.bytes);
    return CC_OK;
}

cc_status cc_guard_ask(cc_guard_fate *fate, cc_guard *g, void *context, const char *path) {
    *fate = CC_GUARD_LIVES;
    CC_TRY(cc_guard_give(g, context, path));
    return cc_guard_take(fate, g, context, path);
}

cc_status cc_guard_run(void *context, const cc_guard_job *job, const char *path) {
    cc_guard *g;
    cc_guard_fate fate;
    cc_status status = cc_guard_start(&g, job);
    if (status != CC_OK) return cc_fail_within(status, path);
    status = cc_guard_ask(&fate, g, context, path);
    cc_guard_end(g);
    return status;
}
