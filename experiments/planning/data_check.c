/* experiments/planning/data_check.c -- how a dataset's files look, and where that differs their digest. */
#include "experiments/planning/data_check.h"

#include <string.h>
#include "core/log.h"
#include "experiments/planning/data.h"

cc_status cc_data_check_kept(const cc_planned_run *run) {
    /* Of the last dataset whose files were found to look different from when they were digested, and to have
     * the same digest: what they look like since. A copy tool that touches files costs one digest, not one a
     * checkpoint. */
    static _Thread_local cc_digest_text digest, planned, since;
    cc_digest_text stamp = run->data_stamp;
    bool unchanged;
    char name[256];
    if (!run->data_stamp.hex[0]) return CC_OK;
    if (strcmp(planned.hex, run->data_stamp.hex) == 0 && strcmp(digest.hex, run->data_digest.hex) == 0)
        stamp = since;
    const cc_digest_text before = stamp;
    CC_TRY(cc_data_is_unchanged(&unchanged, &stamp, run->config, run->data_digest.hex));
    if (unchanged && strcmp(stamp.hex, before.hex) != 0) {
        digest = run->data_digest;
        planned = run->data_stamp;
        since = stamp;
        cc_log(CC_LOG_INFO, "files of %s look different, but have the same digest", run->config->data.root);
    }
    if (unchanged) return CC_OK;
    cc_planned_run_name(name, sizeof name, run);
    return cc_fail(CC_EIO, run->config->data.root, "the same command makes it anew, of what is there then",
                   "the dataset was changed while %s was being made; what was made of it is not kept", name);
}
