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
#include "experiments/commands/program.h"
#include "nets/backends/cpu/blas.h"

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
 * it is where that fails; a command without nets is not worth it. A pinned thread would pass its one core on
 * to the new start.
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
    if (anew) execv(cc_program_path(), argv);
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
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a failed write, with its line and clean-up */
    if (argc < 2) return cc_command_print_all(stderr), 2;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return finish(cc_command_print_all(stdout));
    if (strcmp(argv[1], "--version") == 0)
        return finish(printf("calcade %s\n", CC_VERSION) < 0 ? CC_EIO : CC_OK);
    const cc_command *command = cc_command_find(argv[1]);
    if (!command) return finish(cc_fail(CC_EUSAGE, argv[1], "see calcade --help", "no such command"));
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) return finish(cc_command_print_one(stdout, command));
    if (!command->without_nets) settle_libraries(argv);
    return finish(command->run(argc - 1, argv + 1));
}
