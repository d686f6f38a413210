/* results/request.h -- the requests of many run files, in a fraction of the time that reading them takes: for
 * who only wants to know which of a thousand files are those that were asked for.
 *
 * A file with its name is whole (results/store.h), so that its digest, for which every byte is read, is left
 * to who uses its numbers. What may yet be wrong with a file breaks a child process and not this one. */
#ifndef CC_RESULTS_REQUEST_H
#define CC_RESULTS_REQUEST_H

#include "core/status.h"

typedef struct cc_request_reader cc_request_reader;

cc_status cc_request_reader_create(cc_request_reader **out);
void cc_request_reader_destroy(cc_request_reader *reader); /* takes NULL */

/* cc_run_provenance.request, "" where the file states none.
 *   CC_EFORMAT           it is no run file, or damaged
 *   CC_ENOTFOUND, CC_EIO */
cc_status cc_request_read(char out[65], cc_request_reader *reader, const char *path);

#endif
