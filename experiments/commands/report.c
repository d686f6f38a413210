#include <stdio.h>
#include "experiments/command.h"
#include "report/report.h"

cc_status cc_command_report(int argc, char **argv) {
    cc_report_options options = {.results = "results/runs", .out = "report/out", .print = stdout};
    const cc_flag flags[] = {
        {"--results", CC_FLAG_TEXT, &options.results, 0, 0},
        {"--out", CC_FLAG_TEXT, &options.out, 0, 0},
        {"--kind", CC_FLAG_TEXT, &options.kind, 0, 0},
        {"--strict", CC_FLAG_SWITCH, &options.strict, 0, 0},
        {NULL, CC_FLAG_SWITCH, NULL, 0, 0},
    };
    int operand_count;
    const char *operands[argc];
    CC_TRY(cc_flags_read(argc, argv, flags, operands, &operand_count, 0, 0));
    return cc_report_make(&options);
}
