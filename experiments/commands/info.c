/* experiments/commands/info.c -- `calcade info`: what a reader found in a file, so that a person can check it
 * before it is used: size, spacing, orientation, the range of values, and a digest that other programs can
 * reproduce. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"

/* The print for people. */
static void print_text(const char *path, const cc_volume *v, const cc_volume_summary *s) {
    const cc_grid *g = &v->grid;
    printf("%s\n", path);
    printf("  format     %s, %s\n", v->format, v->type);
    printf("  dims       %lld x %lld x %lld\n", (long long)g->dims[0], (long long)g->dims[1],
           (long long)g->dims[2]);
    printf("  spacing    %g x %g x %g mm\n", g->spacing_mm[0], g->spacing_mm[1], g->spacing_mm[2]);
    printf("  origin     %g, %g, %g mm (LPS)\n", g->origin_mm[0], g->origin_mm[1], g->origin_mm[2]);
    for (int k = 0; k < 3; k++)
        printf("  axis %c     %g, %g, %g\n", "xyz"[k], g -> direction[k], g -> direction[3 + k],
               g -> direction[6 + k]);
    printf("  min, max   %g, %g\n", s->min, s->max);
    printf("  mean       %.9g\n", s->mean);
    printf("  sha256     %s\n", s->sha256.hex);
}

/* The same as one JSON object; its keys name units and order of axes. */
static cc_status print_json(const char *path, const cc_volume *v, const cc_volume_summary *s) {
    const cc_grid *g = &v->grid;
    json_t *object = json_pack("{s:s, s:s, s:s, s:[I,I,I], s:[f,f,f], s:[f,f,f], s:f, s:f, s:f, s:s}", "path",
                               path, "format", v->format, "type", v->type, "dims_xyz", (json_int_t)g->dims[0],
                               (json_int_t)g->dims[1], (json_int_t)g->dims[2], "spacing_mm_xyz",
                               g->spacing_mm[0], g->spacing_mm[1], g->spacing_mm[2], "origin_mm_xyz",
                               g->origin_mm[0], g->origin_mm[1], g->origin_mm[2], "min", s->min, "max",
                               s->max, "mean", s->mean, "sha256_float32_zyx", s->sha256.hex);
    if (!object) return cc_fail(CC_EINVAL, path, "rename it", "the path is not UTF-8, which JSON must be");
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

/* What the command line says. */
typedef struct values {
    cc_read_options reading;
    const char *spacing;
    bool json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {CC_FLAG_SPACING(values, spacing),
                                CC_FLAG_SERIES(values, reading.series),
                                CC_FLAG_JSON(values, json),
                                {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    cc_volume volume = {0};
    int count;
    const char **operands = calloc((size_t)argc, sizeof *operands);
    if (!operands) return cc_fail_memory("the arguments", (size_t)argc * sizeof *operands);
    cc_status status;
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, operands, &count, 1, 1));
    CC_CHECK(cc_flags_spacing(v.reading.spacing_mm, v.spacing));
    CC_CHECK(cc_volume_read_as(&volume, operands[0], &v.reading));
    cc_volume_summary summary = cc_volume_summarise(&volume);
    if (v.json)
        CC_CHECK(print_json(operands[0], &volume, &summary));
    else
        print_text(operands[0], &volume, &summary);
done:
    cc_volume_deinit(&volume);
    free(operands);
    return status;
}

const cc_command cc_command_info = {
    .name = "info",
    .operands = {{"PATH", CC_COMPLETES_PATH}},
    .flags = flags,
    .what = "any image file or DICOM folder: dims, spacing, type, min, max, mean, sha256",
    .without_nets = true,
    .run = command,
};
