/* experiments/planning/claim.c -- claims as numbered files.
 *
 * Taking, with G the highest number there (0: none):
 *
 *     1. G > 0: has the holder of G ended? else it is held
 *     2. link a file of our own as G + 1; the name is there already: begin again
 *     3. is G still what was seen in step 1, and nothing above G + 1? else take G + 1 away and begin again
 *     4. G > 0: remove G: its holder, should it go on, finds it gone
 *
 * Of any number of processes in step 2 one makes the link. Step 3 is for who was slow: another may have taken
 * G + 1 meanwhile, finished and removed everything, so that the name was free again; then G is gone too. (To
 * rename a stale claim away has no such answer: who is slow renames the new holder's.) A holder renews its
 * claim by steps 2 to 4 on itself. Whoever ends in between leaves a claim of a process that has ended, which
 * step 1 is for. */
#include "experiments/planning/claim.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/log.h"
#include "experiments/planning/checkpoint_title.h"
#include "experiments/planning/claim_note.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/last_error.h"

enum { BEATS_A_LEASE = 10, LOOKS_A_LEASE = 40, TRIES = 50, LEASE_S = 60 };

struct cc_claim {
    char result[CC_PATH_MAX], path[CC_PATH_MAX]; /* path: of its file */
    int number, descriptor;
    cc_claim_note note;
    cc_claim_terms terms;
    atomic_bool lost;
    bool has_thread, ends;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards note, path, number and descriptor; `ends` */
    pthread_cond_t wakes;
};

/* --- the files --- */

static cc_status path_of(char out[CC_PATH_MAX], const char *result_path, int number) {
    char ending[32];
    snprintf(ending, sizeof ending, ".%d.claim", number);
    return cc_path_append(out, result_path, ending);
}

/* N of an entry NAME.N.claim, else 0. */
static int number_of(const char *entry, const char *name) {
    const size_t length = strlen(name);
    char *end;
    if (strncmp(entry, name, length) != 0 || entry[length] != '.' ||
        !isdigit((unsigned char)entry[length + 1]))
        return 0;
    const long number = strtol(entry + length + 1, &end, 10);
    return strcmp(end, ".claim") == 0 && number > 0 && number < INT32_MAX ? (int)number : 0;
}

/* Whether an entry is NAME.claim.TOKEN.tmp, a claim that has no number yet. */
static bool is_unnumbered(const char *entry, const char *name) {
    const size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && strncmp(entry + length, ".claim.", 7) == 0 &&
           cc_path_ends_with(entry, ".tmp");
}

/* The highest number of a claim on the result; 0: none, or no folder. With `below` > 0 claims below it are
 * removed, and what others left that never came to a number: who is about to make the link with such a file
 * finds it gone, and begins again. */
static int highest(const char *result_path, int below) {
    char folder[CC_PATH_MAX];
    int found = 0;
    if (cc_path_folder(folder, result_path) != CC_OK) return 0;
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const int number = number_of(entry->d_name, cc_path_name(result_path));
        if (number > found) found = number;
        if (below > 0 &&
            ((number > 0 && number < below) || is_unnumbered(entry->d_name, cc_path_name(result_path))))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    return found;
}

/* What lies there, read by opening it anew: only so does a network's file system ask its server. False where
 * there is none. */
static bool read_bytes(char out[CC_CLAIM_BYTES], const char *path) {
    memset(out, 0, CC_CLAIM_BYTES);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return false;
    ssize_t got = pread(descriptor, out, CC_CLAIM_BYTES, 0);
    close(descriptor);
    return got >= 0;
}

/* Whether the claim with that token is the one at that path. */
static bool is_there(const char *path, const char *token) {
    char text[CC_CLAIM_BYTES];
    cc_claim_note note;
    return read_bytes(text, path) && cc_claim_note_parse(&note, text, sizeof text) &&
           strcmp(note.token, token) == 0;
}

/* Makes `path` of `temporary`, which only one process can. On a network the answer may be lost and the call
 * repeated: then it says that the name exists, and the count of links says whose it is. A file system without
 * links makes an empty file, which its maker fills. False with errno: EEXIST where another one has the
 * name. */
static bool make_name(int *descriptor, const char *temporary, const char *path) {
    struct stat entry;
    if (link(temporary, path) == 0) return true;
    const int code = errno;
    if (code == EEXIST) {
        const bool ours = fstat(*descriptor, &entry) == 0 && entry.st_nlink == 2;
        errno = code;
        return ours;
    }
    if (code != EPERM && code != ENOTSUP && code != ENOSYS && code != EMLINK) {
        errno = code;
        return false;
    }
    int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (made < 0) return false;
    close(*descriptor);
    *descriptor = made;
    return true;
}

/* Writes a claim's text in its place. */
static bool write_note(int descriptor, const cc_claim_note *note) {
    char text[CC_CLAIM_BYTES];
    cc_claim_note_print(text, note);
    for (size_t done = 0; done < sizeof text;) {
        const ssize_t written = pwrite(descriptor, text + done, sizeof text - done, (off_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written == 0) errno = ENOSPC; /* no file system takes nothing and goes on */
        if (written <= 0) return false;
        done += (size_t)written;
    }
    int result;
    while ((result = fsync(descriptor)) != 0 && errno == EINTR) continue;
    return result == 0;
}

/* Steps 2 and 3: a file of this claim's own as `number`; *made is false where another was faster. Below it
 * must still lie what has `token` (NULL: nothing need). */
static cc_status make_number(bool *made, int *descriptor, char path[CC_PATH_MAX], const cc_claim *claim,
                             const cc_claim_note *note, int number, const char *token) {
    char temporary[CC_PATH_MAX], ending[64], below[CC_PATH_MAX];
    *made = false;
    snprintf(ending, sizeof ending, ".claim.%s.tmp", note->token);
    CC_TRY(cc_path_append(temporary, claim->result, ending));
    CC_TRY(path_of(path, claim->result, number));
    CC_TRY(path_of(below, claim->result, number - 1));
    *descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*descriptor < 0) return cc_fail_errno(temporary, "write");
    bool named = false;
    int code = write_note(*descriptor, note) ? 0 : errno;
    if (code == 0) {
        named = make_name(descriptor, temporary, path);
        /* Another one has the name, or has taken the temporary file away: it was faster. All else is an
         * error. */
        if (!named && errno != EEXIST && errno != ENOENT) code = errno;
    }
    unlink(temporary);
    if (named) {
        /* A file that was made empty, where there are no links, is filled only now. */
        if (!write_note(*descriptor, note)) code = errno;
        *made = code == 0 && highest(claim->result, 0) == number && (!token || is_there(below, token));
        if (!*made) unlink(path);
    }
    if (!*made) close(*descriptor);
    if (code == 0) return CC_OK;
    errno = code;
    return cc_fail_errno(path, "write");
}

/* --- is a holder at work? --- */

static double now_s(const cc_claim_terms *terms) {
    return terms->now_s ? terms->now_s(terms->context) : cc_clock_s();
}

static void wait_s(const cc_claim_terms *terms, double seconds) {
    const struct timespec span = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
    if (terms->wait)
        terms->wait(terms->context, seconds);
    else
        nanosleep(&span, NULL); /* ends early where a signal comes, which is looked for next */
}

typedef enum verdict { HELD, ENDED, CHANGED } verdict;

/* Watches the bytes of a claim for a lease. */
static cc_status watch(verdict *out, const char *path, const char seen[CC_CLAIM_BYTES],
                       const cc_claim_terms *terms) {
    const double start = now_s(terms);
    char text[CC_CLAIM_BYTES];
    for (;;) {
        CC_TRY(cc_interrupt_check());
        *out = CHANGED;
        if (!read_bytes(text, path)) return CC_OK;
        *out = HELD;
        if (memcmp(text, seen, sizeof text) != 0) return CC_OK;
        *out = ENDED;
        if (now_s(terms) - start >= terms->lease_s) return CC_OK;
        wait_s(terms, terms->lease_s / LOOKS_A_LEASE);
    }
}

/* Step 1. *seen is what the claim said; an empty token where it said nothing that can be read. */
static cc_status look(verdict *out, cc_claim_note *seen, const char *path, const cc_claim *claim) {
    char text[CC_CLAIM_BYTES];
    const cc_claim_terms *terms = &claim->terms;
    *seen = (cc_claim_note){0};
    *out = CHANGED;
    if (!read_bytes(text, path)) return CC_OK;
    const bool said = cc_claim_note_parse(seen, text, sizeof text);
    const cc_process_state process = said ? cc_claim_note_look(seen) : CC_PROCESS_ELSEWHERE;
    *out = process == CC_PROCESS_ENDED ? ENDED : HELD;
    if (process == CC_PROCESS_ENDED || process == CC_PROCESS_LIVES || terms->hurries) return CC_OK;
    if (!terms->wait)
        cc_log(CC_LOG_INFO, "%s is held by process %lld on %s: waiting for its heartbeat, for %.0f s at most",
               path, (long long)seen->process, said ? seen->host : "another host", terms->lease_s);
    return watch(out, path, text, terms);
}

/* --- the life of a claim --- */

double cc_claim_lease_s(void) {
    const char *text = getenv("CALCADE_LEASE");
    const double stated = text ? strtod(text, NULL) : 0;
    return stated > 0 && stated < 1e6 ? stated : LEASE_S;
}

void cc_claim_beat(cc_claim *claim) {
    struct stat entry;
    pthread_mutex_lock(&claim->mutex);
    claim->note.beat++;
    /* Who takes over removes our file: then it has no name any more. On a network it may be gone altogether.
     */
    if (!write_note(claim->descriptor, &claim->note) && (errno == ESTALE || errno == ENOENT))
        claim->lost = true;
    if (fstat(claim->descriptor, &entry) != 0 || entry.st_nlink == 0) claim->lost = true;
    pthread_mutex_unlock(&claim->mutex);
}

static void *beat_on(void *argument) {
    cc_claim *claim = argument;
    pthread_mutex_lock(&claim->mutex);
    while (!claim->ends) {
        struct timespec until;
        const double pause = claim->terms.lease_s / BEATS_A_LEASE;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += (time_t)pause;
        until.tv_nsec += (long)(1e9 * (pause - (double)(time_t)pause));
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        if (pthread_cond_timedwait(&claim->wakes, &claim->mutex, &until) != ETIMEDOUT) continue;
        pthread_mutex_unlock(&claim->mutex);
        cc_claim_beat(claim);
        pthread_mutex_lock(&claim->mutex);
    }
    pthread_mutex_unlock(&claim->mutex);
    return NULL;
}

/* The thread that beats, with all signals blocked: they are for the program's own threads. */
static cc_status start_thread(cc_claim *claim) {
    sigset_t all, before;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&claim->mutex, NULL);
    pthread_cond_init(&claim->wakes, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (claim->terms.beats_by_hand) return CC_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int code = pthread_create(&claim->thread, NULL, beat_on, claim);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    claim->has_thread = code == 0;
    return code == 0 ? CC_OK
                     : cc_fail(CC_EIO, claim->path, NULL, "cannot start a thread: %s", strerror(code));
}

static cc_status fail_held(const char *result_path, const cc_claim_note *holder) {
    return cc_fail(CC_EBUSY, result_path, "wait for it, or give another --out",
                   "another calcade is at work on this run: process %lld on %s%s%s",
                   (long long)holder->process, holder->host[0] ? holder->host : "another host",
                   holder->job[0] ? ", job " : "", holder->job);
}

/* Steps 1 to 4, again and again where others are at it too. */
static cc_status take(cc_claim *claim) {
    for (int i = 0; i < TRIES; i++) {
        char path[CC_PATH_MAX];
        bool made = false;
        verdict found = ENDED;
        cc_claim_note before = {0};
        const int number = highest(claim->result, 0);
        CC_TRY(path_of(path, claim->result, number));
        if (number > 0) CC_TRY(look(&found, &before, path, claim));
        if (found == HELD) return fail_held(claim->result, &before);
        /* Of one that says nothing, the file's being there must do. */
        if (found == ENDED) {
            claim->number = number + 1;
            CC_TRY(make_number(&made, &claim->descriptor, claim->path, claim, &claim->note, claim->number,
                               before.token[0] ? before.token : NULL));
        }
        if (made) {
            (void)highest(claim->result, claim->number);
            return CC_OK;
        }
        /* Two that begin again at the same moment would meet again: each waits for a time of its own. */
        wait_s(&claim->terms, 1e-3 * (1 + (unsigned char)claim->note.token[i % 32] % 16));
    }
    return cc_fail(CC_EBUSY, claim->result, "try again", "others are at this run at the same moment");
}

cc_status cc_claim_take(cc_claim **out, const char *result_path, const cc_claim_terms *terms) {
    cc_status status = CC_OK;
    char folder[CC_PATH_MAX];
    cc_claim *claim = calloc(1, sizeof *claim);
    if (!claim) return cc_fail_memory("a claim", sizeof *claim);
    if (terms) claim->terms = *terms;
    if (!(claim->terms.lease_s > 0)) claim->terms.lease_s = cc_claim_lease_s();
    cc_claim_note_init(&claim->note);
    if (claim->terms.machine)
        snprintf(claim->note.machine, sizeof claim->note.machine, "%s", claim->terms.machine);
    CC_CHECK(cc_path_folder(folder, result_path));
    CC_CHECK(cc_folder_make(folder));
    CC_CHECK(cc_path_append(claim->result, result_path, ""));
    CC_CHECK(take(claim));
    *out = claim;
    status = start_thread(claim);
    if (status == CC_OK) status = cc_file_sweep(result_path);
    if (status != CC_OK) cc_claim_release(claim);
    claim = NULL;
done:
    free(claim);
    return status;
}

/* Who takes over has a claim there, or leaves a result. */
static cc_status fail_lost(const cc_claim *claim) {
    if (highest(claim->result, 0) == 0 && !cc_file_exists(claim->result))
        return cc_fail(CC_EIO, claim->result, "the same command makes it anew",
                       "the claim beside it is gone: somebody has removed files of results during the run");
    return cc_fail(CC_EBUSY, claim->result, "that process makes it; nothing was written",
                   "this process was halted for so long that another one took the run over");
}

cc_status cc_claim_check(const cc_claim *claim) {
    struct stat entry;
    if (!claim) return CC_OK;
    /* Who takes over removes our file, which then has no name any more. */
    const bool there = fstat(claim->descriptor, &entry) == 0 && entry.st_nlink > 0;
    return there && !claim->lost ? CC_OK : fail_lost(claim);
}

cc_status cc_claim_renew(cc_claim *claim) {
    cc_status status = CC_OK;
    bool made = false;
    char path[CC_PATH_MAX];
    int descriptor;
    pthread_mutex_lock(&claim->mutex);
    cc_claim_note own;
    cc_claim_note_init(&own);
    cc_claim_note next = claim->note;
    memcpy(next.token, own.token, sizeof next.token);
    if (!claim->lost && is_there(claim->path, claim->note.token))
        status = make_number(&made, &descriptor, path, claim, &next, claim->number + 1, claim->note.token);
    if (made) {
        close(claim->descriptor);
        unlink(claim->path);
        claim->descriptor = descriptor;
        claim->number++;
        claim->note = next;
        memcpy(claim->path, path, sizeof path);
    }
    claim->lost = !made && status == CC_OK;
    pthread_mutex_unlock(&claim->mutex);
    return claim->lost ? fail_lost(claim) : status;
}

void cc_claim_note_progress(cc_claim *claim, const cc_claim_progress *progress) {
    if (!claim) return;
    pthread_mutex_lock(&claim->mutex);
    claim->note.progress = *progress;
    pthread_mutex_unlock(&claim->mutex);
}

void cc_claim_release(cc_claim *claim) {
    if (!claim) return;
    if (claim->has_thread) {
        pthread_mutex_lock(&claim->mutex);
        claim->ends = true;
        pthread_cond_signal(&claim->wakes);
        pthread_mutex_unlock(&claim->mutex);
        pthread_join(claim->thread, NULL);
    }
    /* A later holder's may have our name. */
    if (is_there(claim->path, claim->note.token)) unlink(claim->path);
    close(claim->descriptor);
    pthread_cond_destroy(&claim->wakes);
    pthread_mutex_destroy(&claim->mutex);
    free(claim);
}

/* --- for others --- */

bool cc_claim_find(cc_claim_note *out, char path[CC_PATH_MAX], const char *result_path) {
    char text[CC_CLAIM_BYTES];
    const int number = highest(result_path, 0);
    *out = (cc_claim_note){0};
    if (number == 0 || path_of(path, result_path, number) != CC_OK || !read_bytes(text, path)) return false;
    (void)cc_claim_note_parse(out, text, sizeof text);
    return true;
}

bool cc_claim_has_ended(const cc_claim_note *note) {
    return note->token[0] && cc_claim_note_look(note) == CC_PROCESS_ENDED;
}

/* Whether there is a claim on the result, or what never came to be one. */
static bool has_claims(const char *result_path) {
    char folder[CC_PATH_MAX];
    bool found = false;
    if (cc_path_folder(folder, result_path) != CC_OK) return false;
    DIR *dir = opendir(folder);
    if (!dir) return false;
    for (struct dirent *entry; !found && (entry = readdir(dir));)
        found = number_of(entry->d_name, cc_path_name(result_path)) > 0 ||
                is_unnumbered(entry->d_name, cc_path_name(result_path));
    closedir(dir);
    return found;
}

void cc_claim_tidy(const char *result_path) {
    char checkpoint[CC_PATH_MAX];
    cc_claim *claim;
    const cc_claim_terms at_once = {.hurries = true};
    const bool left = cc_checkpoint_path(checkpoint, result_path) == CC_OK &&
                      (cc_file_exists(checkpoint) || has_claims(result_path));
    if (left && cc_claim_take(&claim, result_path, &at_once) == CC_OK) {
        unlink(checkpoint);
        (void)cc_file_sweep(checkpoint);
        cc_claim_release(claim);
    }
    cc_last_error_note(result_path, CC_OK); /* of one that failed when its result was there already */
    cc_error_clear();
}
