#include "results/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/file.h"

enum { SECONDS = 60 };

typedef struct request {
    unsigned parts;
    char path[2 * CC_PATH_MAX];
} request;

/* The child at work, if any; `owner` is the process that it works for, since a fork may share this. */
static struct {
    pid_t child, owner;
    int socket;
} guard = {.child = 0};

/* Seconds count from now on, for one file. */
static void allow_seconds(void) {
    struct rusage used;
    struct rlimit limit;
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_CPU, &limit);
    limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + SECONDS;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CPU, &limit);
}

/* What the child does until the other end of the socket closes. It keeps no other file open: a lock that this
 * process holds would live on with it. */
static void serve(cc_guard_read *read, int socket) {
    struct rlimit core = {0, 0};
    request r;
    char good;
    setrlimit(RLIMIT_CORE, &core);
    for (int s = 1; s < 32; s++) signal(s, SIG_DFL);
    dup2(socket, STDIN_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    closefrom(STDERR_FILENO + 1);
    do {
        if (recv(STDIN_FILENO, &r, sizeof r, 0) <= 0) _exit(0);
        allow_seconds();
        good = read(r.path, r.parts);
    } while (send(STDIN_FILENO, &good, 1, MSG_NOSIGNAL) == 1 && good);
    _exit(0);
}

static void end_child(void) {
    if (guard.child == 0) return;
    close(guard.socket);
    if (guard.owner == getpid())
        while (waitpid(guard.child, NULL, 0) < 0 && errno == EINTR) continue;
    guard.child = 0;
}

static cc_status begin_child(cc_guard_read *read, const char *path) {
    int sockets[2];
    if (guard.child && guard.owner != getpid()) end_child();
    if (guard.child) return CC_OK;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return cc_fail_errno(path, "start a process to read");
    pid_t child = fork();
    if (child == 0) serve(read, sockets[1]);
    close(sockets[1]);
    if (child < 0) {
        cc_status status = cc_fail_errno(path, "start a process to read");
        close(sockets[0]);
        return status;
    }
    guard.child = child;
    guard.owner = getpid();
    guard.socket = sockets[0];
    return CC_OK;
}

/* Whether the child lived through one request. */
static bool ask(const request *r) {
    ssize_t got;
    char good = 0;
    size_t bytes = offsetof(request, path) + strlen(r->path) + 1;
    if (send(guard.socket, r, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) return false;
    while ((got = recv(guard.socket, &good, 1, 0)) < 0 && errno == EINTR) continue;
    if (got == 1 && !good) end_child();
    return got == 1;
}

cc_status cc_guard_try(cc_guard_read *read, const char *path, unsigned parts) {
    request r = {.parts = parts};
    char folder[CC_PATH_MAX] = "";
    /* The child's current folder is that of its start. */
    if (path[0] != '/' && !getcwd(folder, sizeof folder)) return cc_fail_errno(path, "find");
    snprintf(r.path, sizeof r.path, "%s%s%s", folder, folder[0] ? "/" : "", path);
    /* One that dies may have been wounded by an earlier file: a second, fresh one decides. */
    for (int attempt = 0; attempt < 2; attempt++) {
        CC_TRY(begin_child(read, path));
        if (ask(&r)) return CC_OK;
        end_child();
    }
    return cc_fail(CC_EFORMAT, "", "restore it, or run the experiment again",
                   "is damaged: HDF5 breaks down on it");
}
