/* core/log.h -- what the program says while it works, on standard error.
 *
 * On a terminal: lines, and at most one progress bar that stays below them. Elsewhere (a file, a pipe,
 * TERM=dumb): plain lines, and a progress line only where nothing else was said for ten seconds, so that a
 * log file reads well. */
#ifndef CC_CORE_LOG_H
#define CC_CORE_LOG_H

#include <stdint.h>

typedef enum cc_log_level { CC_LOG_DEBUG, CC_LOG_INFO, CC_LOG_WARNING, CC_LOG_ERROR } cc_log_level;

/* Lines below `level` are not printed; CC_LOG_INFO at the start. */
void cc_log_set_level(cc_log_level level);

/* One line: "calcade: TEXT", with "warning: " or "error: " before the text where it is one. Any thread may
 * call. */
void cc_log(cc_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A piece of work of `total` steps, shown as a bar on a terminal (rate and time left) and as lines elsewhere.
 */
typedef struct cc_progress cc_progress;

/* `title` is copied. NULL where memory is out, which every function here takes: progress is never worth
 * failing for. */
cc_progress *cc_progress_create(const char *title, uint64_t total);
/* The first `done` steps were done by an earlier process: they count for the bar, not for the rate. */
void cc_progress_skip(cc_progress *progress, uint64_t done);
/* `done` steps are done; `detail` ("loss 0.123  F1 0.81"; may be NULL) stands at the end of the bar. */
void cc_progress_update(cc_progress *progress, uint64_t done, const char *detail);
/* Removes the bar; where there is no terminal, prints a last line unless one of any kind followed the last
 * update. */
void cc_progress_destroy(cc_progress *progress);

#endif
