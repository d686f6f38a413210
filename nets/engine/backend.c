/* nets/engine/backend.c -- which backends this build has, and whether one can train with a loss and an
 * optimiser.
 *
 * That is asked while a run is planned: a backend that lacks one is an error with the three names (what,
 * which backend, what to use instead), never another's code, and never a surprise after an hour of work. */
#include "nets/engine/backend.h"

#include <stdio.h>
#include <string.h>
#include "nets/optimizers/optimizer.h"

const cc_backend *cc_backend_find(const char *name) {
    static const cc_backend *const backends[] = {&cc_backend_cpu, &cc_backend_reference,
#ifdef CC_HAVE_CUDA
                                                 &cc_backend_cuda
#endif
    };
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}

/* "use --device cpu, or one of a, b": the names that the backend has. */
static void list_others(char *out, size_t capacity, const char *(*name)(int index),
                        bool (*has)(const char *)) {
    size_t used = (size_t)snprintf(out, capacity, "use --device cpu, or one of ");
    const char *separator = "";
    for (int i = 0; name(i) && used < capacity; i++) {
        if (!has(name(i))) continue;
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", separator, name(i));
        separator = ", ";
    }
}

static cc_status check_loss(const cc_backend *backend, const cc_loss_spec *loss, const char *where) {
    char hint[256], place[200];
    if (!backend->arithmetic->has_loss(loss->type)) {
        snprintf(place, sizeof place, "%s.type", where);
        list_others(hint, sizeof hint, cc_loss_name, backend->arithmetic->has_loss);
        return cc_fail(CC_EUNSUPPORTED, place, hint, "the backend %s has no loss \"%s\"", backend->name,
                       loss->type);
    }
    for (int i = 0; i < loss->term_count; i++) {
        snprintf(place, sizeof place, "%.150s.terms[%d]", where, i);
        CC_TRY(check_loss(backend, &loss->terms[i], place));
    }
    return CC_OK;
}

cc_status cc_backend_check(const cc_backend *backend, const cc_loss_spec *loss,
                           const cc_optimizer_spec *optimizer) {
    char hint[256];
    if (loss) CC_TRY(check_loss(backend, loss, "loss"));
    if (!optimizer || backend->arithmetic->has_optimizer(optimizer->type)) return CC_OK;
    list_others(hint, sizeof hint, cc_optimizer_name, backend->arithmetic->has_optimizer);
    return cc_fail(CC_EUNSUPPORTED, "optimizer.type", hint, "the backend %s has no optimiser \"%s\"",
                   backend->name, optimizer->type);
}
