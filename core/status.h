/* core/status.h -- what functions return, and the message that goes with it.
 *
 * Faults of data, I/O and device are statuses; programmer mistakes are asserts. A function that fails sets
 * this thread's message and returns the status; its caller passes both on. Only the command line prints and
 * exits. */
#ifndef CC_CORE_STATUS_H
#define CC_CORE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, exit status of the program, short description) */
#define CC_STATUS_LIST(X)                                                                                    \
    X(OK, 0, "done")                                                                                         \
    X(EINVAL, 1, "a value that makes no sense here")                                                         \
    X(EUSAGE, 2, "the command line cannot be understood")                                                    \
    X(ECONFIG, 2, "the configuration is wrong")                                                              \
    X(ENOMEM, 1, "out of memory")                                                                            \
    X(EIO, 1, "reading or writing failed")                                                                   \
    X(ENOTFOUND, 1, "it is not there")                                                                       \
    X(EFORMAT, 1, "malformed data")                                                                          \
    X(EUNSUPPORTED, 1, "well formed, but not supported")                                                     \
    X(EDEVICE, 1, "the device failed")                                                                       \
    X(EGATE, 3, "a gate did not hold")                                                                       \
    X(EUPSTREAM, 4, "a run that it needs is not there yet")                                                  \
    X(EBUSY, 75, "another process has it")                                                                   \
    X(EINTERRUPTED, 75, "stopped on request")

typedef enum cc_status {
#define X(name, exit_status, text) CC_##name,
    CC_STATUS_LIST(X)
#undef X
} cc_status;

/* "CC_EIO" and the like. */
const char *cc_status_name(cc_status status);
/* The exit status of a program that ends with `status`: 0, 1, 2; 3 where nothing failed, but a number is
 * missing or has left its bounds (CC_EGATE); 4 where a run that this one needs is not there yet; 75 where it
 * was stopped and can go on, or another process is at it (EX_TEMPFAIL of sysexits.h, on which schedulers put
 * a job back). */
int cc_status_exit(cc_status status);

/* The last error of this thread. Every string is "" where it was not given. */
typedef struct cc_error {
    cc_status status;
    char where[512]; /* file, file:line, field or function */
    char what[768];  /* what is wrong */
    char hint[384];  /* what to do */
} cc_error;

/* Sets this thread's error and returns `status`. `where` and `hint` may be NULL; line breaks become spaces.
 */
cc_status cc_fail(cc_status status, const char *where, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Out of memory while getting `bytes` for `purpose`. */
cc_status cc_fail_memory(const char *purpose, unsigned long long bytes);

/* A system call on `path` failed with errno; `verb` reads like "open" or "write". ENOENT gives CC_ENOTFOUND.
 */
cc_status cc_fail_errno(const char *path, const char *verb);

/* Puts "where: " before the error's place, for a caller who knows the file; returns `status` unchanged. */
cc_status cc_fail_within(cc_status status, const char *where);

/* Borrowed; valid until this thread's next failure. */
const cc_error *cc_error_get(void);
void cc_error_clear(void);

/* Writes "WHERE: WHAT (HINT)", without an end of line, cut to capacity. */
void cc_error_line(char *out, unsigned long capacity);

/* Leaves the calling function with the status of a failed expression. */
#define CC_TRY(expression)                                                                                   \
    do {                                                                                                     \
        cc_status cc_try_status = (expression);                                                              \
        if (cc_try_status != CC_OK) return cc_try_status;                                                    \
    } while (0)

/* Jumps to the label `done`, with `status` set, where an expression fails: for functions with one exit that
 * frees. */
#define CC_CHECK(expression)                                                                                 \
    do {                                                                                                     \
        status = (expression);                                                                               \
        if (status != CC_OK) goto done;                                                                      \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
