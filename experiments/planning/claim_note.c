/* experiments/planning/claim_note.c -- who holds a claim, as text.
 *
 * A process number alone names no process: another machine, another container or a later process may have the
 * same. So the machine is that of a boot (/proc/sys/kernel/random/boot_id) and of a namespace of process
 * numbers, and the number goes with the time at which the process began (proc(5), /proc/PID/stat, field 22).
 */
#include "experiments/planning/claim_note.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* State letter and start of a process; false where there is none. */
static bool read_process(char *state, int64_t *start, int64_t process) {
    char path[64], text[1024];
    long long began;
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)process);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    /* The name, field 2, stands in brackets and may itself hold some; field 22 is the 20th behind it. */
    const char *behind = strrchr(text, ')');
    if (!behind || sscanf(behind + 1, " %c", state) != 1) return false;
    const char *at = behind + 2;
    for (int field = 3; at && field < 22; field++) at = strchr(at + 1, ' ');
    if (!at || sscanf(at, "%lld", &began) != 1) return false;
    *start = began;
    return true;
}

/* "BOOT pid:[N]"; "" where /proc says nothing, which equals no machine. */
static void find_machine(char *out, size_t capacity) {
    char boot[40] = "", space[40] = "";
    out[0] = 0;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file) {
        if (fscanf(file, "%39s", boot) != 1) boot[0] = 0;
        fclose(file);
    }
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    if (boot[0] && length > 0) snprintf(out, capacity, "%s %s", boot, space);
}

/* The job's number as its scheduler prints it. */
static void find_job(char *out, size_t capacity) {
    static const char *const names[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"};
    const char *array = getenv("SLURM_ARRAY_JOB_ID"), *task = getenv("SLURM_ARRAY_TASK_ID");
    out[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !out[0]; i++)
        if (getenv(names[i])) snprintf(out, capacity, "%s", getenv(names[i]));
    if (array && task) snprintf(out, capacity, "%s_%s", array, task);
}

void cc_claim_note_init(cc_claim_note *out) {
    unsigned char bytes[16] = {0};
    char state;
    *out = (cc_claim_note){.process = getpid(), .progress = {.score = NAN, .seconds_left = NAN}};
    (void)!getrandom(bytes, sizeof bytes, 0); /* of 16 bytes it does not fail once the machine is up */
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(out->token + 2 * i, 3, "%02x", bytes[i]);
    if (gethostname(out->host, sizeof out->host - 1) != 0) strcpy(out->host, "?");
    find_machine(out->machine, sizeof out->machine);
    find_job(out->job, sizeof out->job);
    (void)read_process(&state, &out->process_start, out->process);
}

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

void cc_claim_note_print(char out[CC_CLAIM_BYTES], const cc_claim_note *n) {
    const cc_claim_progress *p = &n->progress;
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "token", n->token, "host",
        n->host, "job", n->job, "machine", n->machine, "process", (json_int_t)n->process, "process_start",
        (json_int_t)n->process_start, "beat", (json_int_t)n->beat, "epoch", (json_int_t)p->epoch, "epochs",
        (json_int_t)p->epochs, "step", (json_int_t)p->step, "steps", (json_int_t)p->steps, "score",
        number_or_null(p->score), "seconds_left", number_or_null(p->seconds_left));
    memset(out, ' ', CC_CLAIM_BYTES);
    size_t length = object ? json_dumpb(object, out, CC_CLAIM_BYTES - 1, JSON_COMPACT) : 0;
    if (length > CC_CLAIM_BYTES - 1)
        memset(out, ' ', CC_CLAIM_BYTES); /* longer than any name here makes it */
    out[CC_CLAIM_BYTES - 1] = '\n';
    json_decref(object);
}

/* A string, cut to its place; false where it is none. */
static bool take_text(char *out, size_t capacity, const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    if (text) snprintf(out, capacity, "%s", text);
    return text != NULL;
}

static double take_real(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int64_t take_integer(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}

bool cc_claim_note_parse(cc_claim_note *out, const char *text, size_t bytes) {
    cc_claim_note n = {0};
    json_t *o = json_loadb(text, bytes, JSON_DISABLE_EOF_CHECK, NULL);
    bool whole = o && take_text(n.token, sizeof n.token, o, "token") &&
                 take_text(n.host, sizeof n.host, o, "host") && take_text(n.job, sizeof n.job, o, "job") &&
                 take_text(n.machine, sizeof n.machine, o, "machine");
    n.process = take_integer(o, "process");
    n.process_start = take_integer(o, "process_start");
    n.beat = take_integer(o, "beat");
    n.progress = (cc_claim_progress){.epoch = take_integer(o, "epoch"),
                                     .epochs = take_integer(o, "epochs"),
                                     .step = take_integer(o, "step"),
                                     .steps = take_integer(o, "steps"),
                                     .score = take_real(o, "score"),
                                     .seconds_left = take_real(o, "seconds_left")};
    json_decref(o);
    if (whole) *out = n;
    return whole;
}

cc_process_state cc_claim_note_look(const cc_claim_note *note) {
    char here[sizeof note->machine], state;
    int64_t start;
    find_machine(here, sizeof here);
    if (!here[0] || strcmp(here, note->machine) != 0) return CC_PROCESS_ELSEWHERE;
    if (!read_process(&state, &start, note->process) || start != note->process_start) return CC_PROCESS_ENDED;
    if (state == 'Z' || state == 'X') return CC_PROCESS_ENDED; /* only its parent has not noticed yet */
    return state == 'T' || state == 't' ? CC_PROCESS_HALTED : CC_PROCESS_LIVES;
}
