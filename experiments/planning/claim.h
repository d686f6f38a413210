/* experiments/planning/claim.h -- one process at a time makes a run, on whatever machines share the disk.
 *
 * A claim is a file beside the result, RESULT.N.claim, that says who is at work and carries a heartbeat: its
 * holder writes it anew, in place, ten times a lease. N counts: who takes over from a holder that has ended
 * makes N + 1, and the highest N holds. Files are made by link(2), which fails where the name exists on every
 * file system that machines share, NFS of all versions included; flock(2) is missing or local on some of
 * them. (Where a file system has no links, by O_EXCL.)
 *
 * Whether a holder has ended:
 *   - of the same machine, the kernel says at once whether its process is there;
 *   - of another, the heartbeat must stand still for a whole lease by the observer's own clock. Times of two
 *     machines are never compared, so that their clocks may differ by anything.
 * A holder that was halted for longer than a lease, and goes on, finds that it has lost its claim before it
 * writes anything: it must itself make N + 1 first (cc_claim_renew), which only one can.
 *
 * CALCADE_LEASE in the environment is the lease in seconds, the same for all processes of a folder of
 * results; 60 where it is not set. */
#ifndef CC_EXPERIMENTS_PLANNING_CLAIM_H
#define CC_EXPERIMENTS_PLANNING_CLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/file.h"

typedef struct cc_claim cc_claim;

/* What a holder says of its work. */
typedef struct cc_claim_progress {
    int64_t epoch, epochs; /* whole ones so far; 0, 0: not yet known */
    int64_t step, steps;   /* of the epoch at hand */
    double score;          /* the monitored one of the best epoch; NaN: none yet */
    double seconds_left;   /* NaN: not known */
} cc_claim_progress;

/* What a claim says. */
typedef struct cc_claim_note {
    char token[33]; /* of this claim alone */
    char host[64], job[64];
    char machine[80]; /* of a boot and a process namespace: where process numbers mean the same */
    int64_t process, process_start; /* its number; the kernel's time of its start */
    int64_t beat;
    cc_claim_progress progress;
} cc_claim_note;

/* What tests put in place of the machine's own; members that are zero are taken from there. */
typedef struct cc_claim_terms {
    const char *machine; /* another one than ours: processes there cannot be asked for */
    double lease_s;
    double (*now_s)(void *context); /* a clock that only goes forward */
    void (*wait)(void *context, double seconds);
    void *context;
    bool beats_by_hand; /* no thread: cc_claim_beat is called */
    bool hurries;       /* a claim whose holder is not known to have ended is taken for held, at once */
} cc_claim_terms;

/* Makes the result's folder and the claim, and removes what a killed process left half written of the result.
 * `terms` may be NULL.
 *   CC_EBUSY         another process has it: which, and where
 *   CC_EINTERRUPTED  a signal came while its heartbeat was watched
 *   CC_EIO */
cc_status cc_claim_take(cc_claim **out, const char *result_path, const cc_claim_terms *terms);

/* For the next heartbeat. Takes NULL. */
void cc_claim_note_progress(cc_claim *claim, const cc_claim_progress *progress);

/* CC_EBUSY where the claim was lost to another, CC_EIO where it was removed with the results. cc_claim_check
 * costs nothing, takes NULL, and may on a network be late by what its file system remembers; cc_claim_renew
 * asks the server, and gives the holder a whole lease from then on: to be called before a result is
 * written. */
cc_status cc_claim_check(const cc_claim *claim);
cc_status cc_claim_renew(cc_claim *claim);

/* One heartbeat. */
void cc_claim_beat(cc_claim *claim);

/* Gives it back, unless it was lost; takes NULL. */
void cc_claim_release(cc_claim *claim);

/* What the claim on a result says; false where there is none. `path` is that of its file. */
bool cc_claim_find(cc_claim_note *out, char path[CC_PATH_MAX], const char *result_path);
/* Whether the kernel knows that its process has ended; false of another machine's. */
bool cc_claim_has_ended(const cc_claim_note *note);
/* The lease in seconds. */
double cc_claim_lease_s(void);

/* Removes what a process that was killed left beside a result that is there: its checkpoint, its claim,
 * temporary files, the line of an error. Nothing where another process may be at work on it, or where they
 * cannot be removed. */
void cc_claim_tidy(const char *result_path);

#endif
