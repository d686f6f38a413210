/* experiments/planning/machine.c -- the machine as text and back, and in what two of them differ.
 *
 *     BACKEND; [threads N; ]LIBRARIES AND COMPILER, parted by "; "[; plan 16 HEX DIGITS]
 *
 * The text is digested into identities: another word in it makes another run, so that its form is fixed. */
#include "experiments/planning/machine.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "build_info.h"
#include "core/digest.h"

/* Environment variables that change what libraries compute, but not the versions and instruction sets that
 * they report. */
static const char *const settings[] = {
    "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "ONEDNN_CPU_ISA_HINTS", "DNNL_CPU_ISA_HINTS",
    "OPENBLAS_NUM_THREADS",       "GOTO_NUM_THREADS",         "NVIDIA_TF32_OVERRIDE",
};

void cc_machine_find(cc_machine *out, const cc_backend *backend, int threads) {
    memset(out, 0, sizeof *out);
    snprintf(out->backend, sizeof out->backend, "%s", backend->name);
    out->threads = backend->by_threads ? threads : 0;
    size_t used = (size_t)snprintf(out->software, sizeof out->software, "%.300s; %s", backend->describe(),
                                   CC_BUILD_COMPILER);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *value = getenv(settings[i]);
        if (value && value[0] && used < sizeof out->software)
            used += (size_t)snprintf(out->software + used, sizeof out->software - used, "; %s=%.20s",
                                     settings[i], value);
    }
}

/* A line ends in the milliseconds that its pass took: "node pass algorithm implementation ms". */
void cc_machine_note_plan(cc_machine *machine, const char *choices) {
    cc_digest *digest = cc_digest_create();
    if (!digest) return;
    while (*choices) {
        size_t line = strcspn(choices, "\n"), kept = line;
        while (kept > 0 && choices[kept - 1] != ' ') kept--;
        if (kept > 0) cc_digest_add(digest, choices, kept);
        cc_digest_add(digest, "\n", 1);
        choices += line + (choices[line] == '\n');
    }
    snprintf(machine->plan, sizeof machine->plan, "%.16s", cc_digest_finish(digest).hex);
    cc_digest_destroy(digest);
}

void cc_machine_print(char out[CC_MACHINE_BYTES], const cc_machine *m) {
    char threads[32] = "", plan[32] = "";
    if (m->threads) snprintf(threads, sizeof threads, "threads %d; ", m->threads);
    if (m->plan[0]) snprintf(plan, sizeof plan, "; plan %s", m->plan);
    snprintf(out, CC_MACHINE_BYTES, "%s; %s%s%s", m->backend, threads, m->software, plan);
}

bool cc_machine_parse(cc_machine *out, const char *text) {
    static const char plan_word[] = "; plan ";
    const size_t backend = strcspn(text, ";"), length = strlen(text);
    int taken = 0; /* characters of "threads N; ", where they come next */
    memset(out, 0, sizeof *out);
    if (backend == 0 || backend >= sizeof out->backend || strncmp(text + backend, "; ", 2) != 0) return false;
    memcpy(out->backend, text, backend);
    const char *rest = text + backend + 2;
    if (sscanf(rest, "threads %d; %n", &out->threads, &taken) == 1 && taken > 0 && out->threads > 0)
        rest += taken;
    else
        out->threads = 0;
    /* The plan's digits are at the end; what is left between is the software. */
    const char *end = text + length, *plan = length > sizeof plan_word - 1 + 16 ? end - 16 : rest;
    if (plan - rest >= (ptrdiff_t)sizeof plan_word - 1 &&
        strncmp(plan - (sizeof plan_word - 1), plan_word, sizeof plan_word - 1) == 0) {
        memcpy(out->plan, plan, 16);
        end = plan - (sizeof plan_word - 1);
    }
    if (end <= rest || (size_t)(end - rest) >= sizeof out->software) return false;
    memcpy(out->software, rest, (size_t)(end - rest));
    return true;
}

bool cc_machine_is_same(const cc_machine *a, const cc_machine *b, bool any_threads) {
    const bool plans = !a->plan[0] || !b->plan[0] || strcmp(a->plan, b->plan) == 0;
    return strcmp(a->backend, b->backend) == 0 && (any_threads || a->threads == b->threads) &&
           strcmp(a->software, b->software) == 0 && plans;
}

/* The parts of a software's text, parted by "; ", that another does not have: "a; b". */
static void list_own(char *out, size_t capacity, const char *text, const char *other) {
    size_t used = 0;
    out[0] = 0;
    while (*text) {
        const size_t length = strcspn(text, ";");
        bool shared = false;
        for (const char *o = other; *o && !shared; o += o[strcspn(o, ";")] ? strcspn(o, ";") + 2 : strlen(o))
            shared = strcspn(o, ";") == length && strncmp(o, text, length) == 0;
        if (!shared && used < capacity)
            used +=
                (size_t)snprintf(out + used, capacity - used, "%s%.*s", used ? "; " : "", (int)length, text);
        text += length + (text[length] ? 2 : 0);
    }
    if (used == 0) snprintf(out, capacity, "nothing else");
}

void cc_machine_differences(char *out, size_t capacity, const cc_machine *made, const cc_machine *here) {
    size_t used = 0;
    char theirs[sizeof made->software], ours[sizeof here->software];
    out[0] = 0;
    if (strcmp(made->backend, here->backend) != 0)
        used += (size_t)snprintf(out, capacity, "%s, not %s", made->backend, here->backend);
    else if (made->threads != here->threads)
        used += (size_t)snprintf(out, capacity, "%d thread%s, not %d", made->threads,
                                 made->threads == 1 ? "" : "s", here->threads);
    if (strcmp(made->software, here->software) == 0 || used >= capacity) return;
    list_own(theirs, sizeof theirs, made->software, here->software);
    list_own(ours, sizeof ours, here->software, made->software);
    snprintf(out + used, capacity - used, "%s%s, not %s", used ? "; " : "", theirs, ours);
}

int cc_machine_threads(void) {
    int threads = omp_get_max_threads(), limit = omp_get_thread_limit();
    return threads < limit ? threads : limit;
}
