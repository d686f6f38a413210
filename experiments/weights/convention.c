/* experiments/weights/convention.c -- which library's weights a file holds, and so which padding and epsilon
 * they want.
 *
 * What tells, in this order: a config of ours that is stored with the weights; names of tensors that only one
 * library has; and for timm's two families, whose names are the same, the model's name in the metadata, in a
 * config.json beside the file, or in the file's path. */
#include "experiments/weights/convention.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "core/yaml.h"
#include "experiments/weights/names.h"
#include "experiments/weights/source.h"

static const char SYMMETRIC[] = "symmetric", SAME[] = "same", SAME_NOMINAL[] = "same-nominal";
static const double PYTORCH_EPSILON = 1e-5, TENSORFLOW_EPSILON = 1e-3;
enum { CONFIG_BYTES_MAX = 1 << 20 };

/* What was found. */
typedef struct convention {
    const char *of; /* whose weights they are; NULL: nothing tells */
    const char *padding;
    double epsilon;
    bool ambiguous; /* timm's names, of either family */
} convention;

/* Only EfficientNets come in several conventions. */
static bool is_efficientnet(const cc_net_spec *spec) {
    return spec->encoder && strncmp(spec->encoder, "efficientnet-", 13) == 0;
}

/* --- timm's two families --- */

/* What a text says of the model: 1 "tf_efficientnet", 0 "efficientnet", -1 nothing. Of several the last
 * counts: of a path the file's own name. */
static int family_in(const char *text) {
    int family = -1;
    for (const char *at = text; at && (at = strcasestr(at, "efficientnet")); at++) {
        const size_t before = (size_t)(at - text);
        family = before >= 3 && strncasecmp(at - 3, "tf", 2) == 0 && strchr("_-", at[-1]) != NULL;
    }
    return family;
}

/* Of a config.json beside the file: "architecture" as timm writes it, "encoder_name" as SMP does. */
static int family_in_config(const char *weights) {
    char folder[CC_PATH_MAX], path[CC_PATH_MAX];
    uint64_t size;
    if (cc_path_folder(folder, weights) != CC_OK || cc_path_join(path, folder, "config.json") != CC_OK ||
        !cc_file_exists(path) || cc_file_size(&size, path) != CC_OK || size > CONFIG_BYTES_MAX)
        return -1;
    json_t *config = json_load_file(path, 0, NULL);
    const char *name = json_string_value(json_object_get(config, "architecture"));
    if (!name) name = json_string_value(json_object_get(config, "encoder_name"));
    const int family = name ? family_in(name) : -1;
    json_decref(config);
    return family;
}

/* The same of the metadata's texts, under the keys that programs use. */
static int family_in_metadata(const cc_weight_source *source) {
    static const char *const keys[] = {"architecture", "model",        "model_name", "arch",
                                       "name",         "encoder_name", "timm_model", "source"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = cc_weight_source_metadata(source, keys[i]);
        if (text && family_in(text) >= 0) return family_in(text);
    }
    return -1;
}

/* --- whose weights --- */

/* Whether a tensor's name has this part, at its beginning or after a point. */
static bool holds(const cc_weight_source *source, const char *part) {
    for (size_t i = 0; i < source->count; i++) {
        const char *at = strstr(source->tensors[i].name, part);
        if (at && (at == source->tensors[i].name || at[-1] == '.')) return true;
    }
    return false;
}

/* Of a config that was stored with the weights. Options that are not printed have PyTorch's values. */
static cc_status read_stored(convention *out, const char *config, const char *path) {
    cc_arena *arena = cc_arena_create();
    cc_yaml *root;
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_yaml_parse(&root, config, strlen(config), path, arena);
    if (status == CC_OK) {
        const cc_yaml *padding = cc_yaml_get(root, "net.padding"),
                      *epsilon = cc_yaml_get(root, "net.norm_epsilon");
        const char *word = padding && padding->kind == CC_YAML_SCALAR ? padding->text : SYMMETRIC;
        *out = (convention){.of = "calcade", .padding = SYMMETRIC, .epsilon = PYTORCH_EPSILON};
        if (strcmp(word, SAME) == 0) out->padding = SAME;
        if (strcmp(word, SAME_NOMINAL) == 0) out->padding = SAME_NOMINAL;
        if (epsilon) cc_yaml_as_real(&out->epsilon, epsilon);
    }
    cc_arena_destroy(arena);
    return status;
}

/* Finds the convention of a file; out->of is NULL where nothing tells or none is needed. */
static cc_status find_convention(convention *out, const cc_net_spec *spec, const cc_weight_source *source) {
    const char *config = cc_weight_source_config(source);
    *out = (convention){0};
    if (config) return read_stored(out, config, source->path);
    if (!is_efficientnet(spec)) return CC_OK;
    if (holds(source, "_conv_stem.")) {
        *out = (convention){"efficientnet_pytorch", SAME_NOMINAL, TENSORFLOW_EPSILON, false};
    } else if (holds(source, "features.1.0.block.")) {
        /* torchvision's b5 to b7 were trained with TensorFlow's epsilon. */
        const bool b5 = strcmp(spec->encoder, "efficientnet-b5") == 0;
        *out = (convention){"torchvision", SYMMETRIC, b5 ? TENSORFLOW_EPSILON : PYTORCH_EPSILON, false};
    } else if (holds(source, "conv_stem.") || holds(source, "conv_dw.")) {
        int family = family_in_metadata(source);
        if (family < 0) family = family_in_config(source->path);
        if (family < 0) family = family_in(source->path);
        out->ambiguous = family < 0;
        if (family == 0) *out = (convention){"timm's efficientnet", SYMMETRIC, PYTORCH_EPSILON, false};
        if (family == 1) *out = (convention){"timm's tf_efficientnet", SAME, TENSORFLOW_EPSILON, false};
    }
    return CC_OK;
}

/* --- the net --- */

/* Takes what the file wants where the config states nothing; warns where it states something else. */
static cc_status settle(cc_net_spec *spec, const convention *c) {
    const char *path = spec->weights;
    const bool padded = is_efficientnet(spec);
    if (c->ambiguous && (!spec->padding || spec->norm_epsilon <= 0))
        return cc_fail(
            CC_ECONFIG, path,
            "state net.padding and net.norm_epsilon: symmetric and 1.0e-5 for efficientnet_*, same and "
            "1.0e-3 "
            "for tf_efficientnet_*",
            "its tensors have timm's names, which efficientnet_* and tf_efficientnet_* share, but not their "
            "padding and batch-norm epsilon; neither metadata, config.json nor its path tells which it is");
    if (!c->of) return CC_OK;
    if (padded && spec->padding && strcmp(spec->padding, c->padding) != 0)
        cc_log(CC_LOG_WARNING, "%s: net.padding is %s, but the weights (%s) were trained with %s", path,
               spec->padding, c->of, c->padding);
    if (spec->norm_epsilon > 0 && spec->norm_epsilon != c->epsilon)
        cc_log(CC_LOG_WARNING, "%s: net.norm_epsilon is %g, but the weights (%s) were trained with %g", path,
               spec->norm_epsilon, c->of, c->epsilon);
    if (padded && !spec->padding && c->padding != SYMMETRIC) {
        spec->padding = c->padding;
        cc_log(CC_LOG_INFO, "%s: weights of %s: net.padding is %s", path, c->of, c->padding);
    }
    if (spec->norm_epsilon <= 0 && c->epsilon != PYTORCH_EPSILON) {
        spec->norm_epsilon = c->epsilon;
        cc_log(CC_LOG_INFO, "%s: weights of %s: net.norm_epsilon is %g", path, c->of, c->epsilon);
    }
    return CC_OK;
}

cc_status cc_weight_convention_settle(cc_net_spec *spec) {
    cc_weight_source source;
    convention found;
    if (!spec->weights || !spec->arch || strcmp(spec->arch, "unet") == 0) return CC_OK;
    CC_TRY(cc_weight_source_open(&source, spec->weights));
    cc_status status = find_convention(&found, spec, &source);
    cc_weight_source_close(&source);
    return status == CC_OK ? settle(spec, &found) : status;
}
