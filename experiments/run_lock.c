#include "experiments/run_lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

cc_status cc_run_lock_take(cc_run_lock *lock, const char *result_path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, result_path));
    CC_TRY(cc_folder_make(folder));
    snprintf(lock->path, sizeof lock->path, "%.4080s.lock", result_path);
    lock->descriptor = open(lock->path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (lock->descriptor < 0) return cc_fail_errno(lock->path, "write");
    if (flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0) return CC_OK;
    close(lock->descriptor);
    return cc_fail(CC_EIO, result_path, "wait for it, or give another --out",
                   "another calcade is at work on this run");
}

void cc_run_lock_release(cc_run_lock *lock) {
    unlink(lock->path);
    close(lock->descriptor);
}
