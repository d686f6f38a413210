/* tests/experiments/config/test_config.c -- the configuration: files, extends, matrix, overrides, every kind
 * of value, and the message for each fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/digest.h"
#include "core/file.h"
#include "core/rng.h"
#include "experiments/config/config.h"
#include "support.h"

/* DESIGN.md's own example, cut to the stage that is there. */
static const char example[] =
    "stage: roi\n"
    "seed: 1\n"
    "data:   {source: ctheart, root: ${CALCADE_TEST_ROOT}, split: {train: 20, validation: 4, test: 8, by: "
    "patient}, fold: "
    "null}\n"
    "preprocess: {window_hu: [-200, 800]}\n"
    "augment: [hflip, vflip, rotate45]\n"
    "net:    {arch: unet-encoder, encoder: efficientnet-b0, decoder: {upsample: transpose, channels: "
    "[256,128,64,32]}, "
    "in_channels: 1, classes: 1}\n"
    "loss:   {type: focal, alpha: 0.25, gamma: 2.0}\n"
    "optimizer: {type: adam, lr: 1.0e-4}\n"
    "train:  {epochs: 70, batch: 4, early_stopping: {monitor: validation.f1, mode: max, patience: 5}}\n";

static cc_config *config;
static cc_arena *arena;
static char folder[256];

static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    arena = cc_arena_create();
    return setenv("CALCADE_TEST_ROOT", "/data/heart set", 1);
}

static int end(void **state) {
    (void)state;
    cc_config_destroy(config);
    config = NULL;
    cc_arena_destroy(arena);
    return 0;
}

static const char *file(const char *name, const char *text) {
    char parent[CC_PATH_MAX];
    const char *path = cc_test_path(folder, name);
    assert_ok(cc_path_folder(parent, path));
    assert_ok(cc_folder_make(parent));
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

static cc_status load_flags(const char *path, unsigned flags, const char *set, const char *set2) {
    const char *sets[] = {set, set2};
    cc_config_destroy(config);
    config = NULL;
    return cc_config_load(&config, path, sets, set2 ? 2 : set ? 1 : 0, flags);
}

static cc_status load(const char *path, const char *set, const char *set2) {
    return load_flags(path, 0, set, set2);
}

static cc_status parse(const char *text, const char *section) {
    cc_config_destroy(config);
    config = NULL;
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", section, 0);
}

static const cc_experiment_config *first(void) {
    return cc_config_get(config, 0);
}

static void assert_refused(const char *text, const char *part) {
    assert_error(parse(text, NULL), CC_ECONFIG, part);
    assert_null(config);
}

static void the_example_of_the_design_is_read(void **state) {
    (void)state;
    assert_ok(load_flags(file("configs/twin/table1.yaml", example), CC_CONFIG_RUNNABLE, NULL, NULL));
    const cc_experiment_config *c = first();
    assert_int_equal(cc_config_count(config), 1);
    assert_string_equal(c->name, "twin/table1");
    assert_string_equal(c->variant, "default");
    assert_string_equal(c->data.root, "/data/heart set");
    assert_true(c->data.split.train == 20 && c->data.split.test == 8);
    assert_int_equal(c->data.fold, CC_FOLD_NONE);
    assert_true(c->preprocess.window_hu[0] == -200 && c->preprocess.window_hu[1] == 800);
    assert_int_equal(c->augment.count, 3);
    assert_string_equal(c->augment.items[2], "rotate45");
    assert_string_equal(c->net.encoder, "efficientnet-b0");
    assert_int_equal(c->net.channel_count, 4);
    assert_int_equal(c->net.channels[3], 32);
    assert_true(c->loss.gamma == 2 && c->optimizer.lr == 1e-4 && c->optimizer.betas[1] == 0.999);
    assert_int_equal(c->train.early_stopping.patience, 5);
}

static void defaults_follow_what_they_depend_on(void **state) {
    (void)state;
    assert_ok(parse("{}", NULL));
    assert_string_equal(first()->net.arch, "unet-bn");
    assert_int_equal(first()->net.width, 64);
    assert_null(first()->net.encoder);
    assert_null(first()->net.upsample);
    assert_null(first()->data.root);
    assert_int_equal(first()->preprocess.size, CC_SIZE_LARGEST);
    assert_int_equal(first()->train.early_stopping.patience, CC_PATIENCE_OFF);
    assert_string_equal(first()->train.early_stopping.mode, "max");
    assert_true(first()->optimizer.weight_decay == 0);
    assert_ok(parse("{optimizer: {type: adamw}, net: {arch: unet-encoder, encoder: resnet-34}, "
                    "train: {early_stopping: {monitor: validation.loss}}}",
                    NULL));
    assert_true(first()->optimizer.weight_decay == 0.01);
    assert_int_equal(first()->net.channel_count, 5);
    assert_string_equal(first()->train.early_stopping.mode, "min");
    assert_ok(parse("{train: null, seed: ~, optimizer: {type: sgd, lr: 1, momentum: null}}", NULL));
    assert_int_equal(first()->seed, 1);
}

static void a_parity_fixture_needs_no_data_and_may_be_one_section(void **state) {
    (void)state;
    assert_ok(parse("seed: 100\nnet:\n  arch: unet-encoder\n  encoder: efficientnet-b3\n  decoder:\n    "
                    "upsample: nearest\n"
                    "    channels: &id001\n    - 256\n    - 128\n    - 64\n    - 32\n    - 16\nloss:\n  "
                    "type: sum\n  terms:\n"
                    "  - type: bce\n    weight: 0.5\n  - type: dice\n    smooth: 1.0e-05\noptimizer:\n  "
                    "type: sgd\n  lr: 0.01\n"
                    "  momentum: 0.9\n",
                    NULL));
    assert_int_equal(first()->seed, 100);
    assert_int_equal(first()->loss.term_count, 2);
    assert_true(first()->loss.terms[0].weight == 0.5 && first()->loss.terms[1].weight == 1);
    assert_true(first()->loss.terms[1].smooth == 1e-5 && first()->optimizer.momentum == 0.9);
    assert_ok(parse("type: bootstrap-bce\nfraction: 0.1\n", "loss"));
    assert_true(first()->loss.fraction == 0.1);
    assert_error(parse("type: bce\nfraction: 0.1\n", "loss"), CC_ECONFIG,
                 "t.yaml:2: loss.fraction means nothing");
}

static void nets_on_an_encoder_have_decoders_of_their_own(void **state) {
    (void)state;
    assert_ok(parse(
        "{net: {arch: deeplabv3plus, encoder: efficientnet-b3, decoder: {channels: 64, rates: [2, 4, 6], "
        "output_stride: 8}, dropout: 0.1}}",
        NULL));
    const cc_net_spec *net = &first()->net;
    assert_int_equal(net->channels[0], 64);
    assert_int_equal(net->rates[2], 6);
    assert_int_equal(net->rate_count, 3);
    assert_int_equal(net->output_stride, 8);
    assert_true(net->dropout == 0.1);
    assert_ok(parse("{net: {arch: deeplabv3plus, encoder: resnet-34}}", NULL));
    net = &first()->net;
    assert_int_equal(net->channels[0], 256);
    assert_int_equal(net->rates[0], 12);
    assert_int_equal(net->output_stride, 16);
    assert_true(net->dropout == 0.5);
    assert_ok(parse("{net: {arch: dense-ra-unet, encoder: densenet-169, decoder: {rates: [1, 3]}}}", NULL));
    net = &first()->net;
    assert_int_equal(net->rate_count, 2);
    assert_int_equal(net->channel_count, 5);
    assert_ok(parse("{net: {arch: unet-encoder, encoder: resnet-34, decoder: {attention: scse}}}", NULL));
    assert_string_equal(first()->net.attention, "scse");
}

static void what_a_run_cannot_do_without_is_asked_for_only_then(void **state) {
    (void)state;
    const char *path = file("a.yaml", "data: {source: volume}\n");
    assert_ok(load(path, NULL, NULL));
    assert_error(load_flags(path, CC_CONFIG_RUNNABLE, NULL, NULL), CC_ECONFIG, "data.root is missing");
    assert_error(load_flags(path, CC_CONFIG_RUNNABLE, "data.root=.", NULL), CC_ECONFIG,
                 "a.yaml:1: data.image is missing");
    assert_ok(load_flags(path, CC_CONFIG_RUNNABLE, "data={source: ctheart, root: .}", NULL));
    assert_error(load_flags(path, CC_CONFIG_RUNNABLE, "data={root: .}", "net.classes=2"), CC_ECONFIG,
                 "net.classes is 2, but the classes of data.targets make 1");
}

static void an_unknown_key_is_named_with_the_nearest(void **state) {
    (void)state;
    assert_refused("seed: 1\nnet:\n  widht: 8\n",
                   "t.yaml:3: net.widht is no option (did you mean net.width?)");
    assert_refused("seed: 1\nnett:\n\n  width: 8\n", "t.yaml:2: nett is no option (did you mean net?)");
    assert_refused("encoder: resnet-34\n", "did you mean net.encoder?");
    assert_refused("optimizer: {learning_rate: 1}\n", "the keys of optimizer are type, lr, momentum");
    assert_refused("matrx: {}\n", "did you mean matrix?");
    assert_refused("net.width: 8\n", "t.yaml:1: the key \"net.width\" has a point in it");
    assert_refused("loss: {type: sum, terms: [{type: bce},\n  {type: dice, smoth: 1}]}\n",
                   "t.yaml:2: loss.terms[1].smoth is no option (did you mean loss.smooth?)");
}

static void a_wrong_value_says_what_is_wanted_and_what_was_there(void **state) {
    (void)state;
    assert_refused("train:\n  epochs: many\n",
                   "t.yaml:2: train.epochs wants a whole number from 1 to 100000, not \"many\"");
    assert_refused("train: {epochs: 0}", "not \"0\"");
    assert_refused("train: {epochs: 1.5}", "whole number");
    assert_refused("train: {epochs: \"5\"}", "not the text \"5\"");
    assert_refused("train: [1]", "train wants a map of epochs, batch, ema, precision, plan, early_stopping, "
                                 "empty_slices, workers, threads, not a list of 1");
    assert_refused("seed: -1", "seed wants");
    assert_refused("seed: 9223372036854775808", "seed wants");
    assert_refused("optimizer: {lr: 0}", "a number above 0 and up to 1000, not \"0\"");
    assert_refused("optimizer: {betas: [0.9, 1]}", "from 0 to below 1; its item 2 is \"1\"");
    assert_refused("optimizer: {betas: [0.9]}", "a list of 2 numbers from 0 to below 1, not a list of 1");
    assert_refused("net: {arch: unet-nb}", "not \"unet-nb\" (did you mean unet-bn?)");
    assert_refused("augment: [rotate360]", "item 1 is \"rotate360\"");
    assert_refused("augment: [hflip, hflip]", "augment has hflip twice");
    assert_refused("name: ../x", "name wants");
    char longest[256];
    snprintf(longest, sizeof longest, "name: %0150d", 7);
    assert_refused(longest, "128 characters at most");
    assert_refused("variant: a/b", "variant wants");
    assert_refused("[1, 2]", "a configuration is a map of options, not a list of 2");
    assert_refused("loss: {type: sum, terms: []}", "loss.terms wants a list of 1 to 8 losses");
}

static void options_that_do_not_go_together_are_refused(void **state) {
    (void)state;
    assert_refused("net:\n  arch: unet-encoder\n", "t.yaml:2: net.encoder is missing");
    assert_refused("net:\n  arch: deeplabv3plus\n", "t.yaml:2: net.encoder is missing");
    assert_refused("net: {arch: deeplabv3plus, encoder: densenet-121}",
                   "net.encoder wants one of resnet-34, ");
    assert_refused("net: {arch: dense-ra-unet, encoder: resnet-34}",
                   "net.encoder wants one of densenet-121, ");
    assert_refused("net: {arch: deeplabv3plus, encoder: resnet-34, decoder: {channels: [64]}}",
                   "net.decoder.channels wants a whole number");
    assert_refused("net: {arch: deeplabv3plus, encoder: resnet-34, decoder: {rates: [6, 12]}}",
                   "net.decoder.rates wants a list of 3 whole numbers");
    assert_refused("net: {arch: dense-ra-unet, encoder: densenet-121, decoder: {rates: []}}",
                   "net.decoder.rates wants a list of 1 to 8 whole numbers");
    assert_refused("net: {arch: deeplabv3plus, encoder: resnet-34, decoder: {attention: scse}}",
                   "net.decoder.attention means nothing where net.arch is deeplabv3plus");
    assert_refused("net: {arch: unet,\n encoder: resnet-34}",
                   "t.yaml:2: net.encoder means nothing where net.arch is unet");
    assert_refused("net: {arch: unet, decoder: {channels: [1]}}",
                   "net.decoder.channels means nothing where net.arch is unet");
    assert_refused("net: {arch: unet-bn, drop_path: 0.2}",
                   "net.drop_path means nothing where net.arch is unet-bn");
    assert_refused("optimizer: {schedule: {min_lr: 0.1}}",
                   "optimizer.schedule.min_lr means nothing where optimizer.schedule.type is constant");
    assert_refused("optimizer: {schedule: {type: cosine, patience: 3}}",
                   "optimizer.schedule.patience means nothing where optimizer.schedule.type is cosine");
    assert_refused("optimizer: {lr: 0.1, schedule: {type: cosine,\n min_lr: 0.2}}",
                   "t.yaml:2: optimizer.schedule.min_lr is above optimizer.lr");
    assert_refused("loss: {type: sum}", "loss.terms is missing");
    assert_refused("loss: {type: bce, weight: 2}", "only in a term of a loss");
    assert_refused("train: {early_stopping: {mode: min}}", "mode wants max, not \"min\"");
    assert_refused("preprocess: {window_hu: [5, 5]}", "low end at or above");
    assert_refused("data: {fold: 4}", "data.fold is 4, but data.folds is 4");
    assert_refused("data: {split: {test: 0}}", "nothing to score");
    assert_refused("seed: 1\nseed: 2\n", "t.yaml:2: \"seed\" stands here for the second time");
    char deep[512] = "{type: bce}";
    for (int i = 0; i < 4; i++) {
        char next[512];
        snprintf(next, sizeof next, "{type: sum, terms: [%.400s]}", deep);
        strcpy(deep, next);
    }
    assert_error(parse(deep, "loss"), CC_ECONFIG, "3 levels deep at most");
}

static void a_file_extends_another(void **state) {
    (void)state;
    file("base/root.yaml",
         "seed: 3\nnet: {arch: unet, width: 8}\naugment: [hflip]\nmatrix: {seed: [1, 2]}\n");
    file("base/mid.yaml", "extends: root.yaml\nnet: {depth: 3}\n");
    const char *top =
        file("a.yaml", "extends: base/mid.yaml\nmatrix: null\naugment: [vflip]\nnet: {width: 16}\n");
    assert_ok(load(top, NULL, NULL));
    assert_int_equal(first()->seed, 3);
    assert_int_equal(first()->net.width, 16);
    assert_int_equal(first()->net.depth, 3);
    assert_string_equal(first()->net.arch, "unet");
    assert_int_equal(first()->augment.count, 1);
    assert_string_equal(first()->name, "a");
    assert_ok(load(cc_test_path(folder, "base/mid.yaml"), NULL, NULL));
    assert_int_equal(cc_config_count(config), 2);
    assert_ok(load(file("b.yaml", "extends: base/mid.yaml\nmatrix: {net.width: [1, 2, 3]}\n"), NULL, NULL));
    assert_int_equal(cc_config_count(config), 3); /* the nearest matrix alone */
}

static void a_file_extends_a_list_later_ones_over_earlier(void **state) {
    (void)state;
    file("paper.yaml",
         "seed: 3\nnet: {arch: unet, width: 64}\naugment: [hflip, vflip]\nmatrix: {seed: [1, 2]}\n");
    file("small.yaml", "net: {width: 8, depth: 2}\naugment: [vflip]\n");
    assert_ok(load(file("a.yaml", "extends: [paper.yaml, small.yaml]\nnet: {depth: 4}\n"), NULL, NULL));
    assert_int_equal(cc_config_count(config),
                     2); /* the paper's matrix, which small.yaml has none to replace */
    assert_string_equal(first()->net.arch, "unet");
    assert_int_equal(first()->net.width, 8);
    assert_int_equal(first()->net.depth, 4);
    assert_int_equal(first()->augment.count, 1);
    assert_ok(load(file("b.yaml", "extends: [small.yaml, paper.yaml]\n"), NULL, NULL));
    assert_int_equal(first()->net.width, 64);
    assert_int_equal(first()->net.depth, 2);
    assert_int_equal(first()->augment.count, 2);
    file("other.yaml", "matrix: {seed: [4, 5, 6]}\n");
    assert_ok(load(file("c.yaml", "extends: [paper.yaml, other.yaml]\n"), NULL, NULL));
    assert_int_equal(cc_config_count(config), 3);
    assert_error(load(file("d.yaml", "extends: []\n"), NULL, NULL), CC_ECONFIG, "a list of 1 to 16 files");
    assert_error(load(file("e.yaml", "extends: [paper.yaml, {seed: 1}]\n"), NULL, NULL), CC_ECONFIG,
                 "e.yaml:1: extends wants the path of a file");
    assert_error(load(file("f.yaml", "extends: [paper.yaml, f.yaml]\n"), NULL, NULL), CC_ECONFIG,
                 "f.yaml:1: extends leads back to");
}

static void a_fault_in_an_extended_file_is_found_there(void **state) {
    (void)state;
    file("base.yaml", "seed: 1\nnet:\n  widht: 8\n");
    assert_error(load(file("a.yaml", "extends: base.yaml\n"), NULL, NULL), CC_ECONFIG,
                 "/base.yaml:3: net.widht");
    assert_error(load(file("b.yaml", "\nextends: none.yaml\n"), NULL, NULL), CC_ECONFIG,
                 "b.yaml:2: extends names");
    assert_error(load(file("c.yaml", "extends: c.yaml\n"), NULL, NULL), CC_ECONFIG,
                 "c.yaml:1: extends leads back to");
    file("d.yaml", "extends: ./e.yaml\n");
    assert_error(load(file("e.yaml", "extends: d.yaml\n"), NULL, NULL), CC_ECONFIG,
                 "d.yaml:1: extends leads back to");
    assert_error(load(cc_test_path(folder, "none.yaml"), NULL, NULL), CC_ENOTFOUND, "none.yaml");
}

static void the_environment_stands_in_paths(void **state) {
    (void)state;
    unsetenv("CALCADE_NOT_SET");
    assert_ok(parse("data: {root: '${CALCADE_TEST_ROOT}/x${CALCADE_NOT_SET:-y}'}", NULL));
    assert_string_equal(first()->data.root, "/data/heart set/xy");
    assert_refused("data:\n  root: ${CALCADE_NOT_SET}\n",
                   "t.yaml:2: data.root needs the environment variable CALCADE_NOT_SET");
    assert_refused("data: {root: '${A'}", "data.root has an open ${");
    assert_refused("data: {root: '${A B}'}", "cannot read ${A B}");
    assert_refused("data: {root: ''}", "empty path");
    setenv("CALCADE_TEST_ROOT", "/\xff", 1);
    assert_refused("data: {root: '${CALCADE_TEST_ROOT}'}", "cannot hold");
}

static void an_override_stands_over_the_file_and_is_named(void **state) {
    (void)state;
    const char *path = file("a.yaml", "net: {arch: unet, width: 8}\nmatrix: {net.arch: [unet, unet-bn]}\n");
    assert_ok(load(path, "net.width=16", "augment=[hflip, vflip]"));
    assert_int_equal(cc_config_get(config, 1)->net.width, 16);
    assert_int_equal(cc_config_get(config, 1)->augment.count, 2);
    assert_ok(load(path, "net.width=", NULL));
    assert_int_equal(first()->net.width, 64);
    assert_error(load(path, "net.widht=16", NULL), CC_ECONFIG, "--set net.widht=16: net.widht is no option");
    assert_error(load(path, "net.width=x", NULL), CC_ECONFIG, "--set net.width=x: net.width wants");
    assert_error(load(path, "net.width=[", NULL), CC_ECONFIG, "--set net.width=[: not valid YAML");
    assert_error(load(path, "net..width=1", NULL), CC_ECONFIG, "--set net..width=1");
    assert_error(load(path, "net.width", NULL), CC_EUSAGE, "write --set KEY=VALUE");
    assert_error(load(path, "extends=b.yaml", NULL), CC_ECONFIG, "only stand in a file");
    assert_error(load(path, "net.arch=unet", NULL), CC_ECONFIG, "add --set matrix=null");
    assert_ok(load(path, "net.arch=unet-bn", "matrix=null"));
    assert_int_equal(cc_config_count(config), 1);
}

static void a_matrix_is_a_product_whose_variants_are_named(void **state) {
    (void)state;
    assert_ok(parse(
        "matrix: {net.arch: [unet, unet-bn], loss: [{type: focal, gamma: 1}, {type: dice}], seed: [1, 2]}",
        NULL));
    static const char *const names[] = {"arch=unet,loss=focal-1", "arch=unet,loss=dice",
                                        "arch=unet-bn,loss=focal-1", "arch=unet-bn,loss=dice"};
    assert_int_equal(cc_config_count(config), 8);
    for (int i = 0; i < 8; i++) {
        const cc_experiment_config *c = cc_config_get(config, i);
        assert_string_equal(c->variant, names[i / 2]);
        assert_string_equal(c->net.arch, i < 4 ? "unet" : "unet-bn");
        assert_int_equal(c->seed, i % 2 + 1);
    }
    assert_ok(parse("variant: mine\nmatrix: {seed: [1, 2], data.fold: [0, 1]}", NULL));
    assert_string_equal(cc_config_get(config, 3)->variant, "mine");
    assert_ok(parse("matrix: {optimizer.type: [sgd, adam], augment: [[], [hflip, vflip]]}", NULL));
    assert_string_equal(first()->variant, "optimizer.type=sgd,augment=none");
    assert_string_equal(cc_config_get(config, 3)->variant, "optimizer.type=adam,augment=hflip-vflip");
}

static void a_matrix_may_list_its_variants(void **state) {
    (void)state;
    assert_ok(parse("matrix:\n- {variant: original, net.arch: unet}\n- {variant: modified, net.arch: "
                    "unet-bn, net.width: 8}\n",
                    NULL));
    assert_int_equal(cc_config_count(config), 2);
    assert_string_equal(first()->variant, "original");
    assert_int_equal(first()->net.width, 64);
    assert_int_equal(cc_config_get(config, 1)->net.width, 8);
}

static void a_matrix_that_makes_no_sense_is_refused(void **state) {
    (void)state;
    assert_refused("matrix:\n  net.arhc: [unet]\n",
                   "t.yaml:2: matrix: net.arhc is no option (did you mean net.arch?)");
    assert_refused("matrix: {net.arch: unet}", "matrix: net.arch wants a list");
    assert_refused("matrix: {net.arch: []}", "matrix: net.arch wants a list");
    assert_refused("matrix: 3", "matrix wants a map of lists");
    assert_refused("matrix: [1]", "each variant wants a map");
    assert_refused("matrix: {net.arch: [unet, unte]}", "net.arch wants");
    assert_refused("matrix: {net.arch: [unet, unet]}", "the variants 1 and 2 are both called \"arch=unet\"");
    assert_refused("matrix: [{variant: a}, {variant: a, net.arch: unet}]", "both called \"a\"");
    assert_refused("variant: x\nmatrix: {net.arch: [unet, unet-bn]}", "t.yaml:1: variant is one name");
    char text[1024] = "matrix: {";
    static const char *const keys[] = {"seed", "net.width", "train.batch", "train.epochs"};
    for (int i = 0; i < 4; i++) {
        strcat(strcat(text, keys[i]), ": [1, 2, 3, 4, 5, 6]");
        strcat(text, i < 3 ? ", " : "}");
    }
    assert_refused(text, "more than 1024 variants");
}

static void the_print_reads_back_to_itself(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{net: {arch: unet-encoder, encoder: resnet-34}, data: {root: '/a "
        "\"b\"\\c: #é', fold: 2, split: {by: slab}}, augment: "
        "[hflip]}",
        "{loss: {type: sum, terms: [{type: focal, weight: 0.1}, {type: sum, "
        "terms: [{type: iou, smooth: 1e-7}]}]}, optimizer: "
        "{type: sgd, lr: 0.30000000000000004}}",
        "{name: '2024/07', variant: '1', seed: 9223372036854775807, data: "
        "{root: .inf, source: volume, image: 'null', mask: "
        "yes}, optimizer: {eps: 1e-300}}",
        "{net: {arch: dynunet, dims: 3, channels: [8, 16, 24], kernels: "
        "[[1, 3, 3], 3, [3, 3, 3]], strides: [1, [1, 2, 2], 2], slope: 0.02}}",
        "{net: {arch: attention-unet, channels: [8, 16], strides: [2]}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *once, *twice;
        assert_ok(parse(texts[i], NULL));
        assert_ok(cc_config_print(&once, first(), arena));
        assert_ok(parse(once, NULL));
        assert_ok(cc_config_print(&twice, first(), arena));
        assert_string_equal(once, twice);
    }
}

/* Equal extents of all axes are one number, however they are written: an identity does not depend on it. */
static void extents_are_a_number_or_one_an_axis(void **state) {
    (void)state;
    char *numbers, *lists;
    assert_ok(parse(
        "{net: {arch: dynunet, channels: [8, 16, 24], kernels: [3, 3, 3], strides: [1, [2, 1], 2]}}", NULL));
    assert_int_equal(first()->net.stride_count, 3);
    assert_int_equal(first()->net.strides[1].count, 2);
    assert_int_equal(first()->net.strides[1].values[1], 1);
    assert_int_equal(first()->net.strides[2].count, 1);
    assert_ok(cc_config_print(&numbers, first(), arena));
    assert_ok(parse("{net: {arch: dynunet, channels: [8, 16, 24], kernels: [3, [3, 3], 3], strides: "
                    "[[1, 1], [2, 1], [2, 2]]}}",
                    NULL));
    assert_ok(cc_config_print(&lists, first(), arena));
    assert_string_equal(numbers, lists);
    assert_refused("net: {arch: dynunet, kernels: [3, [3, 3, 3, 3], 3]}\n", "its item 2 is a list of 4");
    assert_refused("net: {arch: dynunet, kernels: [3, [3, 16], 3]}\n", "whole numbers from 1 to 15");
    assert_refused("net: {arch: dynunet, strides: [1, [2], 2]}\n", "lists of one number an axis");
    assert_refused("net: {arch: dynunet, strides: [1, 2]}\n", "a list of 3 to 8");
    assert_refused("net: {arch: attention-unet, kernels: [3, 3]}\n", "net.kernels means nothing");
    assert_refused("net: {arch: dynunet, activation: relu, slope: 0.1}\n", "net.slope means nothing");
}

static void the_print_is_yaml_that_a_person_reads(void **state) {
    (void)state;
    char *text;
    assert_ok(parse(
        "{loss: {type: sum, terms: [{type: bce, weight: 0.5}, {type: dice}]}, optimizer: {lr: 0.00002}}",
        NULL));
    assert_ok(cc_config_print(&text, first(), arena));
    assert_non_null(strstr(text, "  split:\n    train: 0.6\n    validation: 0.2\n"));
    assert_non_null(strstr(
        text, "\nloss:\n  type: sum\n  terms:\n    - {type: bce, weight: 0.5}\n    - {type: dice, smooth: "
              "1, weight: 1}\noptimizer:\n  type: adam\n  lr: 2.0e-05\n"));
    assert_non_null(strstr(text, "  window_hu: [-200, 800]\n"));
    assert_null(strstr(text, "encoder"));
    assert_ok(parse("{name: 12e3, variant: 'on', data: {root: ./a_b-c.d}}", NULL));
    assert_ok(cc_config_print(&text, first(), arena));
    assert_non_null(strstr(text, "name: \"12e3\"\nvariant: \"on\"\n")); /* texts to every reader of YAML */
    assert_non_null(strstr(text, "root: ./a_b-c.d\n"));
}

static void what_training_varies_is_refused_with_its_line(void **state) {
    (void)state;
    assert_refused("augment_random: {types: [nose]}", "augment_random.types wants a list of at most 8");
    assert_refused(
        "augment_random:\n  types: [blur]\n  noise: {sigma: 3}\n",
        "t.yaml:3: augment_random.noise.sigma means nothing where augment_random.types does not name noise");
    assert_refused("augment_random:\n  types: [affine]\n  affine:\n    scale: [2, 1]\n",
                   "t.yaml:4: augment_random.affine.scale: its low end 2 lies above its high end 1");
    assert_refused("augment_random: {types: [noise], noise: {probability: 1.1}}", "from 0 to 1, not \"1.1\"");
    assert_refused("optimizer:\n  type: sgd\n  nesterov: true\n",
                   "t.yaml:3: optimizer.nesterov: there is no momentum");
    assert_refused("optimizer: {schedule: {type: step, power: 2}}",
                   "optimizer.schedule.power means nothing where optimizer.schedule.type is step");
    assert_refused("data: {train_share: 0}", "data.train_share wants a number above 0 and up to 1");
    assert_refused("data: {split: {by: slice}, train_share: 0.5}",
                   "data.train_share means nothing where data.split.by is slice");
}

static void an_experiment_is_named_after_its_file(void **state) {
    (void)state;
    static const char *const names[][2] = {{"configs/paper/table 2.yaml", "paper/table-2"},
                                           {"configs/old/configs/x.yml", "x"},
                                           {"plain.yaml", "plain"},
                                           {"configs/.hidden.yaml", "_hidden"},
                                           {"configs/.yaml", "experiment"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_ok(load(file(names[i][0], "seed: 1\n"), NULL, NULL));
        assert_string_equal(first()->name, names[i][1]);
    }
}

static void flipped_bytes_never_crash(void **state) {
    (void)state;
    static const char letters[] = "[]{}:,\n &*#\"'-0e.$\xc3";
    cc_rng rng = cc_rng_init(2, CC_PURPOSE_TEST, 0, 0);
    char text[sizeof example + 64];
    int good = 0;
    for (int turn = 0; turn < 600; turn++) {
        int length =
            snprintf(text, sizeof text, "%smatrix: {net.encoder: [resnet-34, resnet-50]}\n", example);
        for (int flips = (int)cc_rng_below(&rng, 4); flips >= 0; flips--) {
            uint64_t at = cc_rng_below(&rng, (uint64_t)length);
            text[at] = cc_rng_below(&rng, 2) ? (char)(text[at] ^ (1 << cc_rng_below(&rng, 8)))
                                             : letters[cc_rng_below(&rng, sizeof letters - 1)];
        }
        cc_config_destroy(config);
        config = NULL;
        cc_status status =
            cc_config_parse_text(&config, text, (size_t)length, "t.yaml", NULL, CC_CONFIG_RUNNABLE);
        assert_true(status == CC_OK || status == CC_ECONFIG);
        assert_true(status == CC_OK || (!config && strncmp(cc_error_get()->where, "t.yaml", 6) == 0));
        good += status == CC_OK;
    }
    assert_true(good > 0 && good < 590);
}

static void the_program_prints_each_variant_and_exits_2_on_a_wrong_key(void **state) {
    (void)state;
    char out[65536];
    const char *path = file("a.yaml", "matrix: {net.arch: [unet, unet-bn]}\n");
    assert_int_equal(cc_test_run(out, sizeof out, "%s config %s --set seed=7", CC_PROGRAM, path), 0);
    assert_non_null(
        strstr(out, "--- # variant 2 of 2\nname: a\nvariant: arch=unet-bn\nstage: roi\nseed: 7\n"));
    assert_int_equal(cc_test_run(out, sizeof out, "%s config %s --set sed=7", CC_PROGRAM, path), 2);
    assert_string_equal(out, "calcade: error: --set sed=7: sed is no option (did you mean seed?)\n");
    assert_int_equal(cc_test_run(out, sizeof out, "%s config", CC_PROGRAM), 2);
    assert_int_equal(cc_test_run(out, sizeof out, "%s config %s --reference", CC_PROGRAM, path), 2);
}

static void the_reference_page_is_up_to_date(void **state) {
    (void)state;
    char *page, *reference;
    size_t bytes;
    assert_ok(cc_file_read(&page, &bytes, cc_test_source("configs/reference.md"), 1 << 20, arena));
    assert_ok(cc_config_reference(&reference, arena));
    if (strcmp(page, reference) != 0)
        fail_msg("configs/reference.md is stale: calcade config --reference > configs/reference.md");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(the_example_of_the_design_is_read),
        CASE(defaults_follow_what_they_depend_on),
        CASE(a_parity_fixture_needs_no_data_and_may_be_one_section),
        CASE(nets_on_an_encoder_have_decoders_of_their_own),
        CASE(what_a_run_cannot_do_without_is_asked_for_only_then),
        CASE(an_unknown_key_is_named_with_the_nearest),
        CASE(a_wrong_value_says_what_is_wanted_and_what_was_there),
        CASE(options_that_do_not_go_together_are_refused),
        CASE(a_file_extends_another),
        CASE(a_file_extends_a_list_later_ones_over_earlier),
        CASE(a_fault_in_an_extended_file_is_found_there),
        CASE(the_environment_stands_in_paths),
        CASE(an_override_stands_over_the_file_and_is_named),
        CASE(a_matrix_is_a_product_whose_variants_are_named),
        CASE(a_matrix_may_list_its_variants),
        CASE(a_matrix_that_makes_no_sense_is_refused),
        CASE(the_print_reads_back_to_itself),
        CASE(extents_are_a_number_or_one_an_axis),
        CASE(the_print_is_yaml_that_a_person_reads),
        CASE(what_training_varies_is_refused_with_its_line),
        CASE(an_experiment_is_named_after_its_file),
        CASE(flipped_bytes_never_crash),
        CASE(the_program_prints_each_variant_and_exits_2_on_a_wrong_key),
        CASE(the_reference_page_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
