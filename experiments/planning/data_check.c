/* experiments/planning/data_check.c -- the looks of a dataset's files, and where these differ their digest. */
#include "experiments/planning/data_check.h"

#include "experiments/planning/data.h"

cc_status cc_data_check_kept(const cc_planned_run *run) {
    bool unchanged;
    char name[256];
    if (!run->data_stamp.hex[0]) return CC_OK;
    CC_TRY(cc_data_is_unchanged(&unchanged, run->config, run->data_stamp.hex, run->data_digest.hex));
    if (unchanged) return CC_OK;
    cc_planned_run_name(name, sizeof name, run);
    return cc_fail(CC_EIO, run->config->data.root, "the same command makes it anew, of what is there then",
                   "the dataset was changed while %s was being made; what was made of it is not kept", name);
}
