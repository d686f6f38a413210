/* tests/nets/backends/test_cuda_on_host_steps.c -- whole steps of the CUDA backend, on the host; and what it
 * takes, refuses and is allowed. */
#include "cuda_runtime_api.h"
#define CC_TESTS_STEP_SIZE 16 /* a GPU takes larger images */
#include "cuda_steps.h"
#include "cudnn.h"
#include "nets/engine/needs.h"
#include "nets/engine/plan.h"

/* A training step and an inference, as they are and as they were measured. */
typedef struct rig {
    cc_net_spec spec;
    cc_model *model;
    cc_plan *training, *inference;
    cc_learner *learner;
    cc_use use;
} rig;

static void set_up(rig *r, int64_t n, cc_dtype dtype) {
    *r = (rig){.use = {.trains = true,
                       .infers = true,
                       .n = n,
                       .height = SIZE,
                       .width = SIZE,
                       .dtype = dtype,
                       .loss = &dice,
                       .optimizer = &adam}};
    assert_ok(cc_net_find(&r->spec, "unet-bn:4x3"));
}

static cc_status take(rig *r) {
    cc_plan_options options = {
        .n = r->use.n, .height = SIZE, .width = SIZE, .training = true, .dtype = r->use.dtype};
    CC_TRY(cc_model_create(&r->model, &r->spec, &cc_backend_cuda));
    CC_TRY(cc_plan_create(&r->training, r->model, &options));
    options.training = false;
    CC_TRY(cc_plan_create(&r->inference, r->model, &options));
    return cc_learner_create(&r->learner, r->model, r->training, &dice, &adam);
}

static void give_back(rig *r) {
    cc_learner_destroy(r->learner);
    cc_plan_destroy(r->inference);
    cc_plan_destroy(r->training);
    cc_model_destroy(r->model);
}

/* Of one step and one inference. */
static size_t bytes_taken(rig *r) {
    float images[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE];
    const float *logits;
    double loss;
    size_t before = cc_on_host_memory();
    fill(images, masks);
    cc_backend_cuda.store->peak(); /* counts from here */
    assert_ok(take(r));
    assert_ok(cc_model_initialise(r->model, 1));
    assert_ok(cc_learner_step(r->learner, images, masks, 1e-3, &loss));
    assert_ok(cc_plan_forward(r->inference, images, &logits));
    size_t held = cc_on_host_memory(), taken = held - before;
    /* The backend's own count of the peak is of the same memory, and of what was given back meanwhile. */
    assert_in_range(cc_backend_cuda.store->peak(), held, 2 * held);
    give_back(r);
    return taken;
}

/* What images and masks are brought in stays: the first time takes it. */
static void what_is_taken_is_what_was_measured(void **state) {
    (void)state;
    const size_t feed = (size_t)cc_backend_cuda.store->feed_copies * pixels * sizeof(float);
    for (int dtype = CC_F32; dtype <= CC_BF16; dtype++) {
        rig r;
        cc_needs needs;
        set_up(&r, BATCH, (cc_dtype)dtype);
        bytes_taken(&r);
        set_up(&r, BATCH, (cc_dtype)dtype);
        assert_ok(cc_needs_measure(&needs, &r.spec, &cc_backend_cuda, &r.use));
        double taken = (double)(bytes_taken(&r) + feed), want = (double)cc_needs_total(&needs);
        if (fabs(taken - want) > 1000)
            print_error("%s: %.0f bytes are taken, %.0f were measured\n",
                        cc_precision_name((cc_dtype)dtype, false), taken, want);
        assert_true(fabs(taken - want) <= 1000);
    }
}

static void out_of_memory_names_the_largest_batch(void **state) {
    (void)state;
    rig r;
    cc_needs needs;
    int64_t largest;
    set_up(&r, 3, CC_F32);
    assert_ok(cc_needs_measure(&needs, &r.spec, &cc_backend_cuda, &r.use));
    const size_t room = cc_needs_total(&needs) + 100000;
    assert_ok(cc_needs_fit(&largest, &r.spec, &cc_backend_cuda, &r.use, room));
    assert_int_equal(largest, 3);
    cc_on_host_limit_memory(cc_on_host_memory() + room);
    assert_ok(take(&r));
    give_back(&r);
    set_up(&r, 8, CC_F32);
    assert_int_equal(take(&r), CC_ENOMEM);
    give_back(&r);
    assert_error(cc_needs_explain(&r.spec, &cc_backend_cuda, &r.use, 0), CC_ENOMEM, "a batch of 3 fits");
    cc_on_host_limit_memory(cc_on_host_memory() + 1000);
    assert_error(cc_needs_explain(&r.spec, &cc_backend_cuda, &r.use, 0), CC_ENOMEM, "not even a batch of 1");
    cc_on_host_limit_memory(0);
}

/* Steps as the trainer takes them: what the next one needs is brought before the loss of this one is read.
 * The third step is the first that is only replayed. */
static void a_step_waits_for_its_loss_alone(void **state) {
    (void)state;
    rig r;
    float images[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE];
    double loss;
    fill(images, masks);
    set_up(&r, BATCH, CC_BF16);
    assert_ok(take(&r));
    assert_ok(cc_model_initialise(r.model, 1));
    assert_ok(cc_learner_feed(r.learner, images, masks));
    for (int step = 1; step <= 3; step++) {
        cc_on_host_count_anew();
        assert_ok(cc_learner_start(r.learner, 1e-3));
        assert_ok(cc_learner_feed(r.learner, images, masks));
        cc_on_host_counts before = cc_on_host_count();
        assert_ok(cc_learner_finish(r.learner, &loss));
        cc_on_host_counts n = cc_on_host_count();
        if (step <= 2) continue;
        assert_int_equal(before.waits, 0);
        assert_int_equal(n.waits, 1);
        assert_int_equal(n.pageable, 0);
        assert_int_equal(n.pinned, 5); /* images, masks, the rate and the step there, the loss back */
        assert_int_equal(n.launches, 0);
        assert_int_equal(n.replays, 1);
        assert_int_equal(n.takings, 0);
    }
    give_back(&r);
}

/* What follows from the weights is made anew after they have changed alone. */
static void an_inference_is_a_replay_between_two_copies(void **state) {
    (void)state;
    rig r;
    void *images;
    const float *logits;
    float plain[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE];
    fill(plain, masks);
    set_up(&r, BATCH, CC_BF16);
    assert_ok(take(&r));
    assert_ok(cc_model_initialise(r.model, 1));
    assert_ok(cc_backend_cuda.store->get_host(&images, sizeof plain, "images"));
    memcpy(images, plain, sizeof plain);
    for (int i = 1; i <= 6; i++) {
        bool from_pinned = i % 2;
        cc_on_host_count_anew();
        assert_ok(cc_plan_forward(r.inference, from_pinned ? images : plain, &logits));
        cc_on_host_counts n = cc_on_host_count();
        if (i <= 4) continue; /* each place that images are brought in is made once */
        assert_int_equal(n.waits, from_pinned ? 2 : 1); /* until they are brought; until all is done */
        assert_int_equal(n.pageable, 0);
        assert_int_equal(n.pinned, 2);
        assert_int_equal(n.launches, 0);
        assert_int_equal(n.replays, 1);
        assert_int_equal(n.takings, 0);
    }
    cc_backend_cuda.store->free_host(images);
    give_back(&r);
}

/* The host counts the logits of one batch while the next one runs. */
static void an_inference_that_was_begun_waits_for_nothing(void **state) {
    (void)state;
    rig r;
    const float *logits;
    float images[2][BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE], want[2][BATCH * SIZE * SIZE];
    fill(images[0], masks);
    for (int i = 0; i < BATCH * SIZE * SIZE; i++) images[1][i] = 1 - images[0][i];
    set_up(&r, BATCH, CC_F32);
    assert_ok(take(&r));
    assert_ok(cc_model_initialise(r.model, 1));
    for (int i = 0; i < 4; i++) {
        assert_ok(cc_plan_forward(r.inference, images[i % 2], &logits));
        memcpy(want[i % 2], logits, sizeof want[0]);
    }
    assert_memory_not_equal(want[0], want[1], sizeof want[0]);
    assert_ok(cc_plan_begin(r.inference, images[0]));
    for (int i = 0; i < 4; i++) {
        assert_ok(cc_plan_end(r.inference, &logits));
        cc_on_host_count_anew();
        assert_ok(cc_plan_begin(r.inference, images[(i + 1) % 2]));
        assert_int_equal(cc_on_host_count().waits, 0);
        assert_memory_equal(logits, want[i % 2], sizeof want[0]);
    }
    give_back(&r);
}

/* A mask of NaN makes the loss one. */
static void a_loss_that_is_no_number_changes_no_weight(void **state) {
    (void)state;
    static const cc_optimizer_spec *optimizers[] = {&sgd, &adam};
    float images[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE];
    double loss;
    fill(images, masks);
    for (int i = 0; i < 4; i++) {
        cc_net_spec spec;
        cc_model *model;
        cc_plan *plan;
        cc_learner *learner;
        const cc_plan_options options = {.n = BATCH, .height = SIZE, .width = SIZE, .training = true};
        assert_ok(cc_net_find(&spec, "unet:4x3"));
        assert_ok(cc_model_create(&model, &spec, i % 2 ? &cc_backend_cuda : &cc_backend_cpu));
        assert_ok(cc_plan_create(&plan, model, &options));
        assert_ok(cc_model_initialise(model, 1));
        assert_ok(cc_learner_create(&learner, model, plan, &dice, optimizers[i / 2]));
        size_t count = cc_model_value_count(model);
        float *before = malloc(count * sizeof *before), *after = malloc(count * sizeof *after);
        for (int step = 0; step < 3; step++) assert_ok(cc_learner_step(learner, images, masks, 1e-3, &loss));
        assert_ok(cc_model_get_all(before, model));
        float kept = masks[7];
        masks[7] = NAN;
        assert_error(cc_learner_step(learner, images, masks, 1e-3, &loss), CC_EINVAL, "step 4 is no number");
        masks[7] = kept;
        assert_ok(cc_model_get_all(after, model));
        assert_memory_equal(before, after, count * sizeof *before);
        assert_ok(cc_learner_step(learner, images, masks, 1e-3, &loss));
        free(before), free(after);
        cc_learner_destroy(learner);
        cc_plan_destroy(plan);
        cc_model_destroy(model);
    }
}

/* A step writes them itself; whoever says that weights have changed makes an inference round them anew. */
static void steps_keep_the_weights_in_bf16(void **state) {
    (void)state;
    rig r;
    float images[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE], *first = malloc(sizeof images);
    const float *logits;
    double loss;
    fill(images, masks);
    set_up(&r, BATCH, CC_BF16);
    assert_ok(take(&r));
    assert_ok(cc_model_initialise(r.model, 1));
    for (int step = 0; step < 2; step++) {
        assert_ok(cc_learner_step(r.learner, images, masks, 1e-2, &loss));
        size_t before = cc_on_host_kernels();
        assert_ok(cc_plan_forward(r.inference, images, &logits));
        size_t kept = cc_on_host_kernels() - before;
        memcpy(first, logits, sizeof images);
        cc_model_changed(r.model);
        before = cc_on_host_kernels();
        assert_ok(cc_plan_forward(r.inference, images, &logits));
        assert_int_equal(cc_on_host_kernels() - before, kept + 1);
        assert_memory_equal(first, logits, sizeof images);
    }
    give_back(&r);
    free(first);
}

/* One inference of a small net. */
static void infer_once(const cc_plan_options *how) {
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    float images[SIZE * SIZE] = {0};
    const float *logits;
    assert_ok(cc_net_find(&spec, "unet:4x3"));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cuda));
    assert_ok(cc_plan_create(&plan, model, how));
    assert_ok(cc_model_initialise(model, 1));
    cc_on_host_forget_runs();
    assert_ok(cc_plan_forward(plan, images, &logits));
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

/* The stand-in lists an engine that is not deterministic first. */
static void algorithms_that_vary_are_for_fast_plans_alone(void **state) {
    (void)state;
    static const cc_tuning tunings[] = {CC_TUNING_FIXED, CC_TUNING_TIMED, CC_TUNING_FAST, CC_TUNING_TIMED};
    for (size_t i = 0; i < sizeof tunings / sizeof *tunings; i++) {
        const cc_plan_options options = {.n = 1, .height = SIZE, .width = SIZE, .tuning = tunings[i]};
        infer_once(&options);
        assert_int_equal(cc_on_host_runs(CC_ON_HOST_VARYING) > 0, tunings[i] == CC_TUNING_FAST);
    }
}

static void rounded_products_are_asked_for_alone(void **state) {
    (void)state;
    static const struct {
        cc_dtype dtype;
        bool tf32;
    } cases[] = {{CC_F32, false}, {CC_F32, true}, {CC_BF16, false}};
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    cc_plan_options options = {.n = 1, .height = SIZE, .width = SIZE};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options.dtype = cases[i].dtype;
        options.tf32 = cases[i].tf32;
        infer_once(&options);
        int rounding = cc_on_host_runs(CC_ON_HOST_TENSOR_CORE) + cc_on_host_runs(CC_ON_HOST_COMPILED);
        assert_int_equal(rounding > 0, cases[i].tf32 || cases[i].dtype == CC_BF16);
    }
    assert_ok(cc_net_find(&spec, "unet:4x3"));
    options.dtype = CC_F32;
    options.tf32 = true;
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
    assert_error(cc_plan_create(&plan, model, &options), CC_EUNSUPPORTED, "does not compute in tf32");
    cc_model_destroy(model);
}

static bool has_all_but_dice(const char *type) {
    return strcmp(type, "dice") != 0;
}
static bool has_all_but_adam(const char *type) {
    return strcmp(type, "adam") != 0;
}

/* The three names: what is missing, where, and what to use instead; and nothing was taken of the device. */
static void check_lacks(const cc_arithmetic *arithmetic, const cc_loss_spec *loss, const char *says,
                        const char *hint) {
    cc_backend backend = cc_backend_cuda;
    cc_plan_options options = {.n = BATCH, .height = SIZE, .width = SIZE, .training = true};
    cc_use use = {
        .trains = true, .n = BATCH, .height = SIZE, .width = SIZE, .loss = loss, .optimizer = &adam};
    cc_needs needs;
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    cc_learner *learner;
    backend.arithmetic = arithmetic;
    assert_ok(cc_net_find(&spec, "unet:4x3"));
    assert_error(cc_needs_measure(&needs, &spec, &backend, &use), CC_EUNSUPPORTED, says);
    assert_ok(cc_model_create(&model, &spec, &backend));
    assert_ok(cc_plan_create(&plan, model, &options));
    size_t before = cc_on_host_memory();
    assert_error(cc_learner_create(&learner, model, plan, loss, &adam), CC_EUNSUPPORTED, says);
    assert_non_null(strstr(cc_error_get()->hint, "use --device cpu, or one of "));
    assert_non_null(strstr(cc_error_get()->hint, hint));
    assert_int_equal(cc_on_host_memory(), before);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

static void what_cuda_lacks_is_said_before_anything_is_taken(void **state) {
    (void)state;
    static const cc_loss_spec terms[] = {{.type = "bce", .weight = 1},
                                         {.type = "dice", .smooth = 1, .weight = 1}};
    static const cc_loss_spec sum = {.type = "sum", .term_count = 2, .terms = terms};
    cc_arithmetic lacking = *cc_backend_cuda.arithmetic;
    lacking.has_loss = has_all_but_dice;
    check_lacks(&lacking, &dice, "loss.type: the backend cuda has no loss \"dice\"",
                "bce, focal, generalised-dice, iou");
    check_lacks(&lacking, &sum, "loss.terms[1].type: the backend cuda has no loss \"dice\"",
                "bce, focal, generalised-dice, iou");
    lacking = *cc_backend_cuda.arithmetic;
    lacking.has_optimizer = has_all_but_adam;
    check_lacks(&lacking, &dice, "optimizer.type: the backend cuda has no optimiser \"adam\"", "sgd, adamw");
}

/* The kernels themselves take no unknown name for another's. */
static void unknown_names_reach_no_kernel(void **state) {
    (void)state;
    static const cc_loss_spec terms[] = {{.type = "bce", .weight = 1}, {.type = "lovasz", .weight = 1}};
    const cc_loss_spec losses[] = {{.type = "lovasz"}, {.type = "sum", .term_count = 2, .terms = terms}};
    cc_loss_heads heads = cc_loss_one_head((cc_loss_shape){1, 1, 4});
    const cc_arithmetic *cuda = cc_backend_cuda.arithmetic;
    cc_optimizer_spec lion = adam;
    lion.type = "lion";
    for (int i = 0; cc_loss_name(i); i++)
        assert_true(cuda->has_loss(cc_loss_name(i)) == (strcmp(cc_loss_name(i), "lovasz") != 0));
    for (int i = 0; cc_optimizer_name(i); i++) assert_true(cuda->has_optimizer(cc_optimizer_name(i)));
    assert_false(cuda->has_loss("no such"));
    assert_false(cuda->has_optimizer("lion"));
    double value = 7, loss = 1;
    float gradient[4] = {7, 7, 7, 7}, numbers[4] = {0}, params[4] = {1, 2, 3, 4};
    char scratch[1 << 16];
    for (int i = 0; i < 2; i++)
        assert_error(cuda->loss(&value, &losses[i],
                                &(cc_loss_io){.heads = &heads,
                                              .logits = numbers,
                                              .target = numbers,
                                              .gradient = gradient,
                                              .scratch = scratch}),
                     CC_EUNSUPPORTED, "lovasz");
    cc_step_constants constants = {.lr = 1, .step = 1};
    cuda->derive(&constants, &lion);
    assert_error(cuda->optimise(&lion, &constants, params, numbers, NULL, NULL, 4, &loss), CC_EUNSUPPORTED,
                 "lion");
    assert_true(value == 7 && gradient[0] == 7 && gradient[3] == 7 && params[0] == 1 && params[3] == 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_what_was_measured),
        cmocka_unit_test(out_of_memory_names_the_largest_batch),
        cmocka_unit_test(a_step_waits_for_its_loss_alone),
        cmocka_unit_test(an_inference_is_a_replay_between_two_copies),
        cmocka_unit_test(an_inference_that_was_begun_waits_for_nothing),
        cmocka_unit_test(a_loss_that_is_no_number_changes_no_weight),
        cmocka_unit_test(steps_keep_the_weights_in_bf16),
        cmocka_unit_test(algorithms_that_vary_are_for_fast_plans_alone),
        cmocka_unit_test(rounded_products_are_asked_for_alone),
        cmocka_unit_test(what_cuda_lacks_is_said_before_anything_is_taken),
        cmocka_unit_test(unknown_names_reach_no_kernel),
    };
    int failed = cmocka_run_group_tests(cuda_step_tests, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
