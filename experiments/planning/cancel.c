/* experiments/planning/cancel.c -- a file that stops a plan's runs. One for all of them: none is missed that
 * begins just now, and it stays until it is taken back, so that a scheduler which begins the next run in vain
 * does no harm. */
#include "experiments/planning/cancel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

cc_status cc_cancel_path(char out[CC_PATH_MAX], const char *plan_path) {
    return cc_path_append(out, plan_path, ".cancelled");
}

cc_status cc_cancel_set(const char *plan_path, bool cancelled) {
    static const char text[] = "calcade cancel; calcade cancel --undo takes it back\n";
    char path[CC_PATH_MAX];
    CC_TRY(cc_cancel_path(path, plan_path));
    if (cancelled) return cc_file_write(path, text, strlen(text));
    return unlink(path) == 0 || errno == ENOENT ? CC_OK : cc_fail_errno(path, "remove");
}

cc_status cc_cancel_check(const char *plan_path) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_cancel_path(path, plan_path));
    if (access(path, F_OK) != 0) return CC_OK;
    return cc_fail(CC_EINTERRUPTED, plan_path, "calcade cancel --undo --plan FILE takes it back",
                   "its runs were cancelled");
}
