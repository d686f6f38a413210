/* experiments/planning/run_lock.c -- flock(2) on a file beside the result: the kernel drops it with the
 * process, whatever ends that, so that a lock is never left behind by a crash. Works on NFS from Linux
 * 2.6.12 on. */
#include "experiments/planning/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "experiments/planning/checkpoint_title.h"

/* Whether the locked file is still the one of that name: its last owner may have removed it between our open
 * and our lock, and a third process then locks a new one. */
static bool is_current(const cc_run_lock *lock) {
    struct stat mine, named;
    return fstat(lock->descriptor, &mine) == 0 && stat(lock->path, &named) == 0 &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

static cc_status try_to_lock(cc_run_lock *lock, const char *result_path) {
    lock->descriptor = open(lock->path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (lock->descriptor < 0) return cc_fail_errno(lock->path, "write");
    if (flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0) return CC_OK;
    cc_status status = errno == EWOULDBLOCK
                           ? cc_fail(CC_EIO, result_path, "wait for it, or give another --out",
                                     "another calcade is at work on this run")
                           : cc_fail_errno(lock->path, "lock");
    close(lock->descriptor);
    return status;
}

cc_status cc_run_lock_take(cc_run_lock *lock, const char *result_path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, result_path));
    CC_TRY(cc_folder_make(folder));
    CC_TRY(cc_path_append(lock->path, result_path, ".lock"));
    for (;;) {
        CC_TRY(try_to_lock(lock, result_path));
        if (is_current(lock)) return cc_file_sweep(result_path);
        close(lock->descriptor);
    }
}

void cc_run_lock_release(cc_run_lock *lock) {
    unlink(lock->path);
    close(lock->descriptor);
}

/* A process removes its lock last: one that was killed, whenever that was, has left the lock's file. */
void cc_run_lock_tidy(const char *result_path) {
    char checkpoint[CC_PATH_MAX];
    cc_run_lock lock;
    bool left = cc_checkpoint_path(checkpoint, result_path) == CC_OK &&
                cc_path_append(lock.path, result_path, ".lock") == CC_OK &&
                (cc_file_exists(checkpoint) || cc_file_exists(lock.path));
    if (left && cc_run_lock_take(&lock, result_path) == CC_OK) {
        unlink(checkpoint);
        (void)cc_file_sweep(checkpoint);
        cc_run_lock_release(&lock);
    }
    cc_error_clear();
}
