/* experiments/planning/jobs.c -- worker processes, each behind a socket pair: a task's number goes one
 * way, its result the other. SOCK_SEQPACKET keeps messages whole, and a socket closes with its process, so
 * that a worker that dies is noticed and workers end with their parent. */
#include "experiments/planning/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "experiments/planning/interrupt.h"

enum { NO_TASK = -1, CHECK_MS = 200 };

typedef struct worker {
    pid_t pid; /* 0: it has ended */
    int socket;
    int task;
} worker;

struct cc_jobs {
    worker workers[CC_JOBS_MAX];
    int count;
};

/* What a worker does: task by task, until the parent closes its end of the socket, or has ended. */
static _Noreturn void serve(int socket, cc_job_work work, void *context, int number, pid_t parent) {
    int task, result;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* and below, where the parent died before this line */
    if (getppid() != parent) _exit(1);
    while (recv(socket, &task, sizeof task, 0) == sizeof task) {
        result = work(context, number, task);
        if (send(socket, &result, sizeof result, MSG_NOSIGNAL) != sizeof result) break;
    }
    _exit(0);
}

/* Forks one worker behind a socket pair. */
static cc_status start_worker(cc_jobs *jobs, cc_job_work work, void *context) {
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return cc_fail_errno("a worker", "start");
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return cc_fail_errno("a worker", "start");
    }
    if (pid == 0) {
        /* Sockets of earlier workers were inherited: while they are open here those would not see the
         * parent end. */
        for (int i = 0; i < jobs->count; i++) close(jobs->workers[i].socket);
        close(ends[0]);
        serve(ends[1], work, context, jobs->count, parent);
    }
    close(ends[1]);
    jobs->workers[jobs->count++] = (worker){.pid = pid, .socket = ends[0], .task = NO_TASK};
    return CC_OK;
}

cc_status cc_jobs_start(cc_jobs **out, int count, cc_job_work work, void *context) {
    cc_status status = CC_OK;
    cc_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) return cc_fail_memory("workers", sizeof *jobs);
    for (int i = 0; status == CC_OK && i < count; i++) status = start_worker(jobs, work, context);
    if (status == CC_OK)
        *out = jobs;
    else
        cc_jobs_end(jobs);
    return status;
}

/* Waits for a worker's process, which has ended or will. */
static void reap(worker *w) {
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    close(w->socket);
    w->pid = 0;
}

void cc_jobs_end(cc_jobs *jobs) {
    if (!jobs) return;
    /* All are stopped first, then waited for: they end at the same time. */
    for (int i = 0; i < jobs->count; i++) {
        worker *w = &jobs->workers[i];
        if (!w->pid) continue;
        shutdown(w->socket, SHUT_RDWR);
        if (w->task != NO_TASK) kill(w->pid, SIGTERM);
    }
    for (int i = 0; i < jobs->count; i++)
        if (jobs->workers[i].pid) reap(&jobs->workers[i]);
    free(jobs);
}

int cc_jobs_idle(const cc_jobs *jobs) {
    int count = 0;
    for (int i = 0; i < jobs->count; i++) count += jobs->workers[i].pid && jobs->workers[i].task == NO_TASK;
    return count;
}

int cc_jobs_busy(const cc_jobs *jobs) {
    int count = 0;
    for (int i = 0; i < jobs->count; i++) count += jobs->workers[i].pid && jobs->workers[i].task != NO_TASK;
    return count;
}

cc_status cc_jobs_give(cc_jobs *jobs, int task) {
    for (int i = 0; i < jobs->count; i++) {
        worker *w = &jobs->workers[i];
        if (!w->pid || w->task != NO_TASK) continue;
        if (send(w->socket, &task, sizeof task, MSG_NOSIGNAL) != sizeof task) {
            reap(w); /* it has died while idle: the next one gets the task */
            continue;
        }
        w->task = task;
        return CC_OK;
    }
    return cc_fail(CC_EIO, "run", "the same command tries again", "every worker process has ended");
}

/* What a worker has to say: its result, or that its process ended. */
static void receive(int *task, int *result, worker *w) {
    *task = w->task;
    w->task = NO_TASK;
    if (recv(w->socket, result, sizeof *result, 0) == sizeof *result) return;
    *result = CC_JOB_DIED;
    reap(w);
}

cc_status cc_jobs_wait(int *task, int *result, cc_jobs *jobs) {
    for (;;) {
        struct pollfd polled[CC_JOBS_MAX];
        for (int i = 0; i < jobs->count; i++) {
            const worker *w = &jobs->workers[i];
            polled[i] =
                (struct pollfd){.fd = w->pid && w->task != NO_TASK ? w->socket : -1, .events = POLLIN};
        }
        CC_TRY(cc_interrupt_check());
        if (poll(polled, (nfds_t)jobs->count, CHECK_MS) <= 0) continue;
        for (int i = 0; i < jobs->count; i++)
            if (polled[i].fd >= 0 && polled[i].revents) {
                receive(task, result, &jobs->workers[i]);
                return CC_OK;
            }
    }
}
