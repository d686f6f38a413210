/* experiments/planning/sweep_status.c -- one look at each run's files.
 *
 * How old a heartbeat is follows from two times of the same disk: that of the claim, and that of a file which
 * is made for this look. The clock of this machine, which may be minutes off from that of a file server, is
 * asked only where no such file can be made. */
#include "experiments/planning/sweep_status.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "experiments/planning/checkpoint_title.h"
#include "experiments/planning/last_error.h"
#include "results/request.h"

static const char *const words[] = {
#define X(name, word) word,
    CC_TASK_STATE_LIST(X)
#undef X
};

const char *cc_task_state_word(cc_task_state state) {
    return words[state];
}

static double seconds_of(struct timespec t) {
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What the disk takes for now. */
static double disk_now_s(const char *results) {
    struct timespec now;
    struct stat entry;
    char path[CC_PATH_MAX], temporary[CC_PATH_MAX];
    clock_gettime(CLOCK_REALTIME, &now);
    if (cc_path_join(path, results, ".clock") != CC_OK || cc_path_temporary(temporary, path) != CC_OK)
        return seconds_of(now);
    if (cc_file_sweep_ended(path) != CC_OK) cc_error_clear(); /* no folder: no file can be made there */
    const int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) return seconds_of(now);
    /* Written to, it has the server's time; merely made, perhaps this machine's. */
    const bool known =
        write(descriptor, "\n", 1) == 1 && fsync(descriptor) == 0 && fstat(descriptor, &entry) == 0;
    close(descriptor);
    unlink(temporary);
    return known ? seconds_of(entry.st_mtim) : seconds_of(now);
}

/* The state of a run by what lies beside its result, which is not there or stale. */
static cc_task_state look_beside(cc_task_status *out, const char *path, double now_s) {
    char claim[CC_PATH_MAX], checkpoint[CC_PATH_MAX];
    struct stat entry;
    if (cc_claim_find(&out->claim, claim, path) && stat(claim, &entry) == 0) {
        out->silent_s = now_s - seconds_of(entry.st_mtim);
        const bool ended = cc_claim_has_ended(&out->claim) || out->silent_s > cc_claim_lease_s();
        return ended ? CC_TASK_SILENT : CC_TASK_RUNNING;
    }
    if (cc_last_error_read(out->error, sizeof out->error, path)) return CC_TASK_FAILED;
    if (cc_checkpoint_path(checkpoint, path) == CC_OK && cc_file_exists(checkpoint)) return CC_TASK_STOPPED;
    return CC_TASK_READY;
}

cc_status cc_sweep_look(cc_task_status *out, const cc_sweep *sweep, const char *results) {
    cc_request_reader *reader;
    CC_TRY(cc_request_reader_create(&reader));
    cc_status status = CC_OK;
    const double now_s = disk_now_s(results);
    for (int i = 0; status == CC_OK && i < sweep->count; i++) {
        const cc_sweep_task *t = &sweep->tasks[i];
        char path[CC_PATH_MAX], request[65];
        out[i] = (cc_task_status){0};
        status = cc_path_join(path, results, t->file);
        if (status != CC_OK) break;
        const cc_status read = cc_request_read(request, reader, path);
        if (read == CC_OK && strcmp(request, t->request) == 0) continue; /* CC_TASK_DONE */
        out[i].state = look_beside(&out[i], path, now_s);
        if (out[i].state != CC_TASK_READY) continue;
        if (read != CC_ENOTFOUND) out[i].state = CC_TASK_STALE;
        for (int k = 0; k < t->upstream_count; k++)
            if (out[t->upstream[k]].state != CC_TASK_DONE) out[i].state = CC_TASK_WAITING;
    }
    cc_request_reader_destroy(reader);
    if (status == CC_OK) cc_error_clear(); /* of files that are not there */
    return status;
}
