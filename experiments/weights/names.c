/* experiments/weights/names.c -- what other libraries call a layer of ours: tables of the same layers in
 * their words, which our names (those of timm) are rewritten by.
 *
 * A block's name is "blocks.STAGE.BLOCK.LAYER.rest": torchvision counts stages from 1 and nests its layers,
 * efficientnet_pytorch counts blocks through all stages. The first stage's blocks do not expand and have a
 * table of their own. */
#include "experiments/weights/names.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One layer in timm's words, torchvision's and efficientnet_pytorch's. */
typedef struct layer {
    const char *timm, *torchvision, *efficientnet_pytorch;
} layer;

static const layer stem[] = {
    {"conv_stem", "features.0.0", "_conv_stem"},
    {"bn1", "features.0.1", "_bn0"},
};

/* In the blocks of stage 0, which do not expand. */
static const layer plain_block[] = {
    {"conv_dw", "0.0", "_depthwise_conv"},     {"bn1", "0.1", "_bn1"},
    {"se.conv_reduce", "1.fc1", "_se_reduce"}, {"se.conv_expand", "1.fc2", "_se_expand"},
    {"conv_pw", "2.0", "_project_conv"},       {"bn2", "2.1", "_bn2"},
};

static const layer expanding_block[] = {
    {"conv_pw", "0.0", "_expand_conv"},        {"bn1", "0.1", "_bn0"},
    {"conv_dw", "1.0", "_depthwise_conv"},     {"bn2", "1.1", "_bn1"},
    {"se.conv_reduce", "2.fc1", "_se_reduce"}, {"se.conv_expand", "2.fc2", "_se_expand"},
    {"conv_pwl", "3.0", "_project_conv"},      {"bn3", "3.1", "_bn2"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The layer that a name begins with; *rest is what follows: ".weight". */
static const layer *find_layer(const char **rest, const layer *layers, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(layers[i].timm);
        if (strncmp(name, layers[i].timm, length) != 0 || name[length] != '.') continue;
        *rest = name + length;
        return &layers[i];
    }
    return NULL;
}

static void add(cc_weight_names *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name that is too long for any file is left out. */
static void add(cc_weight_names *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(out->names[out->count], CC_WEIGHT_NAME_BYTES, format, args);
    va_end(args);
    out->count += length < CC_WEIGHT_NAME_BYTES;
}

/* A name that encoders alone and encoders in a net have. */
static void add_in_encoder(cc_weight_names *out, const char *name) {
    add(out, "encoder.%s", name);
    add(out, "%s", name);
    add(out, "encoder.model.%s", name);
}

/* The other libraries' names of a layer within a block. */
static void add_block(cc_weight_names *out, cc_weight_block *at, const char *name) {
    char other[CC_WEIGHT_NAME_BYTES];
    const char *rest;
    int stage, block, length = 0;
    if (sscanf(name, "blocks.%d.%d.%n", &stage, &block, &length) != 2 || length == 0) return;
    /* A new block: counted once, by its first parameter. */
    if (at->seen == 0 || stage != at->stage || block != at->block)
        *at = (cc_weight_block){at->seen + 1, stage, block};
    const layer *found = stage == 0
                             ? find_layer(&rest, plain_block, COUNT(plain_block), name + length)
                             : find_layer(&rest, expanding_block, COUNT(expanding_block), name + length);
    if (!found) return;
    snprintf(other, sizeof other, "features.%d.%d.block.%s%s", stage + 1, block, found->torchvision, rest);
    add_in_encoder(out, other);
    snprintf(other, sizeof other, "_blocks.%d.%s%s", at->seen - 1, found->efficientnet_pytorch, rest);
    add_in_encoder(out, other);
}

/* The other libraries' names of a layer of the stem. */
static void add_stem(cc_weight_names *out, const char *name) {
    char other[CC_WEIGHT_NAME_BYTES];
    const char *rest, *words[2];
    const layer *found = find_layer(&rest, stem, COUNT(stem), name);
    if (!found) return;
    words[0] = found->torchvision;
    words[1] = found->efficientnet_pytorch;
    for (int i = 0; i < 2; i++) {
        snprintf(other, sizeof other, "%s%s", words[i], rest);
        add_in_encoder(out, other);
    }
}

/* torchvision's own files of DenseNets have a point more within a layer: "denselayer1.norm.1.weight". */
static void add_dense(cc_weight_names *out, const char *name) {
    char other[CC_WEIGHT_NAME_BYTES];
    int block, index, length = 0;
    if (sscanf(name, "features.denseblock%d.denselayer%d.%n", &block, &index, &length) != 2 || length == 0)
        return;
    const char *rest = name + length; /* "norm1.weight" */
    const int word = (int)strcspn(rest, "123456789");
    snprintf(other, sizeof other, "%.*s%.*s.%s", length, name, word, rest, rest + word);
    add_in_encoder(out, other);
}

void cc_weight_names_of(cc_weight_names *out, cc_weight_block *at, const char *name) {
    static const char encoder[] = "encoder.";
    out->count = 0;
    if (strncmp(name, encoder, sizeof encoder - 1) != 0) {
        add(out, "%s", name);
        return;
    }
    name += sizeof encoder - 1;
    add_in_encoder(out, name);
    add_stem(out, name);
    add_block(out, at, name);
    add_dense(out, name);
}

bool cc_weight_name_is_unused(const char *name) {
    static const char *const unused[] = {"conv_head.", "bn2.", "encoder.conv_head.", "encoder.bn2.",
                                         "decoder.blocks.4.attention1."};
    for (size_t i = 0; i < COUNT(unused); i++)
        if (strncmp(name, unused[i], strlen(unused[i])) == 0) return true;
    return false;
}

const char *cc_weight_name_bare(const char *name) {
    static const char *const before[] = {"module.",  "model.",    "state_dict.", "_orig_mod.", "net.",
                                         "network.", "backbone.", "unet.",       "_module.",   "_model."};
    for (size_t i = 0; i < COUNT(before); i++) {
        size_t length = strlen(before[i]);
        if (strncmp(name, before[i], length) != 0) continue;
        name += length;
        i = (size_t)-1; /* and again, from the first */
    }
    return name;
}
