/* experiments/planning/interrupt.c -- the handler only sets a flag, which steps look at: a run ends
 * between two steps, never within one. The second signal finds the default action, so that a hanging
 * program can be ended. */
#include "experiments/planning/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/file.h"

static volatile sig_atomic_t noted;

static void note(int number) {
    noted = 1;
    if (number != SIGUSR1) signal(number, SIG_DFL);
}

/* A signal that the parent has turned off (nohup, a job in a script's background) stays off. */
static void watch(int number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) return;
    signal(number, note);
}

void cc_interrupt_watch(void) {
    watch(SIGINT);
    watch(SIGTERM);
    watch(SIGHUP);
    watch(SIGUSR1);
}

/* What asks from other machines; "": nothing does. */
static char watched[CC_PATH_MAX];
static double looked_s;
enum { LOOK_S = 2 };

void cc_interrupt_watch_file(const char *path) {
    snprintf(watched, sizeof watched, "%s", path);
}

cc_status cc_interrupt_check(void) {
    if (!noted && watched[0] && cc_clock_s() - looked_s >= LOOK_S) {
        looked_s = cc_clock_s();
        if (access(watched, F_OK) == 0) noted = 1;
    }
    if (!noted) return CC_OK;
    return cc_fail(CC_EINTERRUPTED, "run", "the same command goes on", "stopped on request");
}
