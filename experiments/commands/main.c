/* experiments/commands/main.c -- the program: finds the command, runs it, prints its error, chooses the exit
 * status.
 *
 * A command returns a status and never exits; here alone the error line is printed, and a write to standard
 * output that failed anywhere becomes the program's failure. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/status.h"
#include "core/version.h"
#include "experiments/commands/command.h"
#include "nets/backends/cpu/blas.h"

/* The commands, in the order of the help. */
static const cc_command commands[] = {
    {"run",
     "CONFIG... [--set KEY=VALUE]... [--out DIR] [--device auto|cpu|cuda|reference] [--jobs N]\n"
     "      [--fast] [--tf32] [--dry-run]",
     "trains and evaluates; what is done is skipped, what was stopped goes on; --dry-run prints the plan;\n"
     "      --fast and --tf32: train.plan and train.precision of whatever trains",
     cc_command_run},
    {"predict",
     "MODEL.h5 SCAN -o MASK [--runs DIR] [--spacing X,Y,Z] [--series S] [--device auto|cpu|cuda|reference]\n"
     "      [--threads T] [--json]",
     "a finished run, with the runs that it stands on, on one scan; the mask, 0 and 1, keeps the scan's\n"
     "      geometry. MASK is a .mhd (and .raw), .mha, .nii or .nii.gz",
     cc_command_predict},
    {"config", "CONFIG [--set k=v]... | --reference | --schema",
     "prints what a config resolves to, or the reference of all options, or their JSON Schema for editors",
     cc_command_config},
    {"check", "CONFIG [--set k=v]... [--json]",
     "opens every image and mask of a config's dataset: a table of the scans, the parts of the split, and "
     "all\n"
     "      that is wrong (exit status 1 where something is)",
     cc_command_check},
    {"split", "CONFIG -o FILE.csv [--set k=v]...",
     "writes the split that a config makes, patient,set or patient,fold, as data.split.file reads it",
     cc_command_split},
    {"nets",
     "[NAME[:DECODER]] [--size S] [--batch B] [--channels N] [--classes N]\n"
     "      [--device auto|cpu|cuda|reference] [--precision f32|tf32|bf16] [--memory GB]",
     "lists the nets with their parameters and GFLOP, or one net's layers and the memory that it takes, of "
     "a\n"
     "      GPU also where there is none; --memory: the largest batch that fits",
     cc_command_nets},
    {"phantom",
     "DIR [--layout ctheart|orcascore] [--patients N] [--size S] [--slices Z] [--seed K] [--sheet FILE.png]",
     "makes a dataset of phantom chests in DIR", cc_command_phantom},
    {"parity",
     "FILE.h5... [--device auto|cpu|cuda|reference] [--precision f32|tf32|bf16] [--tf32]\n"
     "      [--plan exact|fixed|timed|fast] [--fast]",
     "compares fixtures of expected values with this build", cc_command_parity},
    {"bench",
     "train|infer --net NAME[:DECODER] --size S --batch B [--steps N] [--threads T]\n"
     "      [--precision f32|tf32|bf16] [--tf32] [--plan fixed|timed|exact|fast] [--fast]\n"
     "      [--device auto|cpu|cuda|reference] [--profile] [--json]",
     "times training steps, or inference, of a net on made-up images of S x S", cc_command_bench},
    {"score",
     "SCAN [--mask MASK] [--spacing X,Y,Z] [--series S] [--threshold HU] [--minimum-area MM2]\n"
     "      [--connectivity 4|8|6|26] [--per-slice] [--reference-spacing MM] [--json]",
     "Agatston score, volume, lesions and risk category of the calcium that a mask marks", cc_command_score},
    {"info", "PATH [--spacing X,Y,Z] [--series S] [--json]",
     "any image file or DICOM folder: dims, spacing, type, min, max, mean, sha256", cc_command_info},
    {"export", "RESULT.h5 -o FILE.safetensors | --light RESULTS -o DIR [--kind KIND]",
     "writes the weights of a result as a file that PyTorch, timm and segmentation_models.pytorch read;\n"
     "      --light: copies a folder of results, without weights and pictures: what tables are made from",
     cc_command_export},
    {"report", "[CONFIG...] [--results DIR] [--out DIR] [--kind KIND] [--strict]",
     "makes tables (md, csv, tex, html), figures (png, svg) and index.html from results/runs into report/out",
     cc_command_report},
    {"audit", "[TABLES.yaml] [--json]",
     "what the numbers of published tables contradict; without a file, the paper's own. Findings are "
     "results:\n"
     "      the exit status is 0 with them too",
     cc_command_audit},
    {NULL, NULL, NULL, NULL},
};

/* Every command with its usage. */
static void print_help(FILE *out) {
    fprintf(out, "calcade %s: train and evaluate cascades that segment coronary calcium in cardiac CT\n\n",
            CC_VERSION);
    for (const cc_command *c = commands; c->name; c++)
        fprintf(out, "  calcade %s %s\n      %s\n", c->name, c->usage, c->what);
    fprintf(out, "\nExit status: 0 done; 1 it failed at run time; 2 usage or config.\n");
}

/* The command of a name, or NULL. */
static const cc_command *find_command(const char *name) {
    for (const cc_command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0) return c;
    return NULL;
}

/* Some failed write may lie far back, and its errno with it; the last one's is that of the same disk.
 * Closing counts too: some file systems report a failed write only then. */
static cc_status close_output(void) {
    errno = 0;
    bool failed = fflush(stdout) != 0;
    int code = errno;
    failed = ferror(stdout) || failed;
    if (fclose(stdout) != 0 && !failed) {
        failed = true;
        code = errno;
    }
    if (!failed) return CC_OK;
    errno = code ? code : EIO;
    return cc_fail_errno("standard output", "write");
}

/* Ends the program: its output is flushed, its error printed, its exit status given. */
static int finish(cc_status status) {
    if (status == CC_OK) status = close_output();
    if (status != CC_OK) {
        char line[2048];
        cc_error_line(line, sizeof line);
        fprintf(stderr, "calcade: error: %s\n", line);
    }
    return cc_status_exit(status);
}

/* Whether the environment has any of these variables. */
static bool is_any_set(const char *const *names) {
    for (; *names; names++)
        if (getenv(*names)) return true;
    return false;
}

/* Libraries read their settings before main: with other ones the program starts itself anew, and goes on as
 * it is where that fails. A pinned thread would pass its one core on to the new start.
 *
 * OpenMP's threads spin while they wait, by default for milliseconds: alone that is fastest, but with any
 * other job on the same cores the spinning takes the time of those that work, and a step slows twentyfold.
 * A short spin costs little alone. The variables are libgomp's and that of clang's libomp.
 *
 * OpenBLAS may not know the processor: nets/backends/cpu/blas.h. */
static void settle_libraries(char **argv) {
    static const char *const spinning[] = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", NULL},
                             *const pinning[] = {"OMP_PROC_BIND", "GOMP_CPU_AFFINITY", "KMP_AFFINITY", NULL};
    if (is_any_set(pinning)) return;
    bool anew = cc_blas_choose_kernels();
    if (!is_any_set(spinning))
        anew |= setenv("GOMP_SPINCOUNT", "1000", 1) == 0 && setenv("KMP_BLOCKTIME", "0", 1) == 0;
    if (anew) execv("/proc/self/exe", argv);
}

/* Where a standard stream is closed, the next file that is opened would take its place, and messages would
 * go into a result. It is opened the wrong way round instead: what is written to it fails, as it should. */
static void occupy_standard_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            (void)!open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv) {
    occupy_standard_streams();
    settle_libraries(argv);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a failed write, with its line and clean-up */
    if (argc < 2) return print_help(stderr), 2;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return print_help(stdout), finish(CC_OK);
    if (strcmp(argv[1], "--version") == 0)
        return finish(printf("calcade %s\n", CC_VERSION) < 0 ? CC_EIO : CC_OK);
    const cc_command *command = find_command(argv[1]);
    if (!command) return finish(cc_fail(CC_EUSAGE, argv[1], "see calcade --help", "no such command"));
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return finish(printf("calcade %s %s\n%s\n", command->name, command->usage, command->what) < 0
                              ? CC_EIO
                              : CC_OK);
    return finish(command->run(argc - 1, argv + 1));
}
