#include "experiments/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t noted;

static void note(int number) {
    noted = 1;
    signal(number, SIG_DFL);
}

void cc_interrupt_watch(void) {
    signal(SIGINT, note);
    signal(SIGTERM, note);
}

cc_status cc_interrupt_check(void) {
    if (!noted) return CC_OK;
    return cc_fail(CC_EINTERRUPTED, "run", "the same command goes on from the last whole epoch",
                   "stopped on request");
}
