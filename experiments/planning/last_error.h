/* experiments/planning/last_error.h -- why a run is not there: RESULT.failed, a file of one line beside the
 * place of the result, for whoever looks at a sweep whose processes are gone (calcade status). */
#ifndef CC_EXPERIMENTS_PLANNING_LAST_ERROR_H
#define CC_EXPERIMENTS_PLANNING_LAST_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

/* Notes this thread's error, which stays as it is, where `status` is a failure of the run; removes the note
 * where it is CC_OK. A run that was stopped, that another process has or that waits for others keeps what
 * there is. A disk that does not take the note is not worth another error. */
void cc_last_error_note(const char *result_path, cc_status status);

/* The line, cut to capacity; false where there is none. */
bool cc_last_error_read(char *out, size_t capacity, const char *result_path);

#endif
