/* tests/results/test_safetensors.c -- files of named tensors: what PyTorch writes is read, what is written is
 * read back, and no damaged file is taken or does harm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "core/file.h"
#include "core/rng.h"
#include "results/safetensors.h"
#include "support.h"

static char path[256];
static cc_safetensors *file;

static int begin(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s", cc_test_path(cc_test_folder(), "w.safetensors"));
    return 0;
}

static int end(void **state) {
    (void)state;
    cc_safetensors_close(file);
    file = NULL;
    return 0;
}

/* A file of this header and so many bytes behind it. */
static void put(const char *header, const void *data, size_t bytes) {
    uint64_t length = strlen(header);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fwrite(&length, sizeof length, 1, out);
    fwrite(header, 1, length, out);
    fwrite(data, 1, bytes, out);
    assert_int_equal(fclose(out), 0);
}

static cc_status open_file(void) {
    cc_safetensors_close(file);
    file = NULL;
    return cc_safetensors_open(&file, path);
}

static void assert_refused(const char *header, size_t bytes, const char *part) {
    static const char zeros[256];
    put(header, zeros, bytes);
    assert_error(open_file(), CC_EFORMAT, part);
    assert_null(file);
}

static void every_type_of_weights_is_converted(void **state) {
    (void)state;
    struct __attribute__((packed)) {
        double f64[2];
        float f32[2];
        uint16_t bf16[3], f16[6];
    } data = {{1.5, 1e-300},
              {-0.1f, 3e38f},
              {0x3fc0, 0xc120, 0x7f80},
              {0x3c00, 0xc500, 0x0001, 0x7bff, 0x7c00, 0x8000}};
    put("{\"d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
        "\"f\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
        "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[24,30]},"
        "\"h\":{\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[30,42]}}  ",
        &data, sizeof data);
    assert_ok(open_file());
    float d[2], f[2], b[3], h[6];
    assert_ok(cc_safetensors_read(b, file, 0));
    assert_ok(cc_safetensors_read(d, file, 1));
    assert_ok(cc_safetensors_read(f, file, 2));
    assert_ok(cc_safetensors_read(h, file, 3));
    assert_true(d[0] == 1.5f && d[1] == 0);
    assert_true(f[0] == -0.1f && f[1] == 3e38f);
    assert_true(b[0] == 1.5f && b[1] == -10 && isinf(b[2]));
    assert_true(h[0] == 1 && h[1] == -5 && h[2] == 0x1p-24f && h[3] == 65504 && isinf(h[4]));
    assert_true(h[5] == 0 && signbit(h[5]));
}

static void tensors_stand_in_the_order_of_their_names(void **state) {
    (void)state;
    size_t count;
    put("{\"__metadata__\":{\"format\":\"pt\"},\"z\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[0,6]"
        "},"
        "\"a\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[6,14]},"
        "\"e\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[6,6]}}",
        "0123456789abcdef", 14);
    assert_ok(open_file());
    const cc_run_tensor *tensors = cc_safetensors_tensors(&count, file);
    assert_int_equal(count, 3);
    assert_string_equal(tensors[0].name, "a");
    assert_int_equal(tensors[0].rank, 0);
    assert_string_equal(tensors[1].name, "e");
    assert_string_equal(tensors[2].name, "z");
    assert_int_equal(tensors[2].dims[1], 3);
    assert_string_equal(cc_safetensors_metadata(file, "format"), "pt");
    assert_null(cc_safetensors_metadata(file, "config"));
    float value;
    assert_error(cc_safetensors_read(&value, file, 0), CC_EUNSUPPORTED, "tensor a is of dtype I64");
    assert_ok(cc_safetensors_read(&value, file, 1));
}

#define TENSOR(dtype, shape, begin, end)                                                                     \
    "{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" #begin "," #end "]}"

static void a_header_that_lies_is_refused(void **state) {
    (void)state;
    assert_refused("[]", 0, "not a JSON object");
    assert_refused("{\"a\":", 0, "not JSON");
    assert_refused("{\"a\":" TENSOR("F32", "2", 0, 8) ",\"a\":" TENSOR("F32", "2", 8, 16) "}", 16,
                   "a name twice");
    assert_refused("{\"a\":" TENSOR("F32", "2", 0, 8) "}", 7, "lie outside the file");
    assert_refused("{\"a\":" TENSOR("F32", "2", 0, 8) "}", 9, "1 bytes follow the last tensor");
    assert_refused("{\"a\":" TENSOR("F32", "3", 0, 8) "}", 8, "do not make the bytes");
    assert_refused("{\"a\":" TENSOR("F32", "2", 8, 0) "}", 8, "lie outside the file");
    assert_refused("{\"a\":" TENSOR("F32", "-2", 0, 8) "}", 8, "something else than sizes");
    assert_refused("{\"a\":" TENSOR("F32", "2.0", 0, 8) "}", 8, "something else than sizes");
    assert_refused("{\"a\":" TENSOR("F32", "4294967296,4294967296", 0, 8) "}", 8, "larger than any file");
    assert_refused("{\"a\":" TENSOR("F64", "4611686018427387904", 0, 0) "}", 0, "do not make the bytes");
    assert_refused("{\"a\":" TENSOR("F32", "2", 0, 8) ",\"b\":" TENSOR("F32", "2", 4, 12) "}", 12,
                   "lies over another");
    assert_refused("{\"a\":" TENSOR("F32", "2", 4, 12) "}", 12, "behind bytes of no tensor");
    assert_refused("{\"a\\n\":" TENSOR("F32", "2", 0, 8) "}", 8, "control characters");
    assert_refused("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype is missing");
    assert_refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "shape is not a list");
    assert_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "not two positions");
    assert_refused("{\"a\":7}", 0, "dtype is missing");
    put("{\"a\":" TENSOR("F4", "2", 0, 8) "}", "", 0);
    assert_error(open_file(), CC_EUNSUPPORTED, "dtype F4 is not known");
    put("{\"a\":" TENSOR("F32", "1,1,1,1,1,1,1,1,1", 0, 4) "}", "abcd", 4);
    assert_error(open_file(), CC_EUNSUPPORTED, "has 9 dimensions");
}

static void a_length_beyond_the_file_is_refused(void **state) {
    (void)state;
    static const unsigned char lengths[][8] = {
        {255, 255, 255, 255, 255, 255, 255, 255}, {0, 0, 0, 0, 0, 0, 0, 128}, {9}, {1}, {0}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char bytes[16] = "........{}      ";
        memcpy(bytes, lengths[i], 8);
        assert_ok(cc_file_write(path, bytes, sizeof bytes));
        assert_error(open_file(), CC_EFORMAT, "w.safetensors: a header of ");
    }
    assert_ok(cc_file_write(path, "\2\0\0\0\0\0\0\0{", 9));
    assert_error(open_file(), CC_EFORMAT, "9 bytes hold no header");
    assert_error(cc_safetensors_open(&file, cc_test_folder()), CC_EIO, "not a regular file");
    assert_error(cc_safetensors_open(&file, "/absent.safetensors"), CC_ENOTFOUND, "absent");
}

/* 3 bytes of text may take more than 100 of memory. */
static void a_header_of_brackets_takes_no_memory(void **state) {
    (void)state;
    struct rusage before, after;
    size_t bytes = 24 << 20;
    char *header = malloc(bytes + 1);
    assert_non_null(header);
    memcpy(header, "{\"a\":[", 6);
    for (size_t i = 6; i < bytes; i++) header[i] = "[],"[i % 3];
    header[bytes] = 0;
    getrusage(RUSAGE_SELF, &before);
    put(header, "", 0);
    free(header);
    assert_error(open_file(), CC_EUNSUPPORTED, "more parts than");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 100000); /* KiB */
    put("{\"a\":[[[[[[[[[[[[[[[[[[[[[[", "", 0);
    assert_error(open_file(), CC_EFORMAT, "not JSON");
}

static const float weights[] = {1.5f, -0.0f, 3.1415927f, 1e-42f, 7, 8};
static const cc_run_tensor tensors[] = {{"encoder.conv1.weight", 2, {2, 3}, weights},
                                        {"b \"q\" \xc3\xa9", 0, {0}, weights + 2},
                                        {"none", 1, {0}, weights}};
static const cc_safetensors_text texts[] = {{"format", "pt"}, {"config", "seed: 1\n"}, {"identity", NULL}};

static void what_is_written_is_read_back_to_the_byte(void **state) {
    (void)state;
    float values[6];
    size_t count;
    assert_ok(cc_safetensors_write(path, tensors, 3, texts, 3));
    assert_ok(open_file());
    const cc_run_tensor *got = cc_safetensors_tensors(&count, file);
    assert_int_equal(count, 3);
    assert_string_equal(got[0].name, tensors[1].name);
    assert_string_equal(got[1].name, tensors[0].name);
    assert_int_equal(got[1].rank, 2);
    assert_int_equal(got[1].dims[1], 3);
    assert_ok(cc_safetensors_read(values, file, 1));
    assert_memory_equal(values, weights, sizeof weights);
    assert_ok(cc_safetensors_read(values, file, 0));
    assert_true(values[0] == weights[2]);
    assert_string_equal(cc_safetensors_metadata(file, "config"), "seed: 1\n");
    assert_null(cc_safetensors_metadata(file, "identity"));
}

static void the_layout_is_that_of_the_format(void **state) {
    (void)state;
    static const char want[] =
        "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],"
        "\"data_offsets\":[0,8]}}";
    const cc_run_tensor tensor = {"b", 2, {1, 2}, weights};
    cc_arena *arena = cc_arena_create();
    char *bytes;
    size_t count, padded = (sizeof want - 1 + 7) / 8 * 8;
    assert_ok(cc_safetensors_write(path, &tensor, 1, texts, 1));
    assert_ok(cc_file_read(&bytes, &count, path, 1000, arena));
    assert_int_equal(count, 8 + padded + 8);
    assert_int_equal((unsigned char)bytes[0], padded);
    assert_memory_equal(bytes + 8, want, sizeof want - 1);
    assert_memory_equal(bytes + 8 + padded, weights, 8);
    cc_arena_destroy(arena);
}

static void a_name_that_cannot_stand_is_refused_and_leaves_no_file(void **state) {
    (void)state;
    cc_run_tensor twice[] = {{"a", 1, {1}, weights}, {"a", 1, {1}, weights}};
    assert_error(cc_safetensors_write(path, twice, 2, NULL, 0), CC_EINVAL, "there twice");
    twice[1].name = "\xff";
    assert_error(cc_safetensors_write(path, twice, 2, NULL, 0), CC_EINVAL, "not UTF-8");
    twice[1].name = "__metadata__";
    assert_error(cc_safetensors_write(path, twice, 2, NULL, 0), CC_EINVAL, "there twice");
    assert_false(cc_file_exists(path));
    assert_error(cc_safetensors_write("/absent/folder/w.safetensors", twice, 1, NULL, 0), CC_ENOTFOUND,
                 "/absent/folder");
}

/* Reads all that a file says it holds. */
static void use(void) {
    size_t count;
    if (open_file() != CC_OK) return;
    const cc_run_tensor *got = cc_safetensors_tensors(&count, file);
    for (size_t i = 0; i < count; i++) {
        size_t values = 1;
        for (int d = 0; d < got[i].rank; d++) values *= got[i].dims[d];
        assert_true(values <= 64);
        float *buffer = malloc(values * sizeof *buffer + 1);
        assert_non_null(buffer);
        (void)cc_safetensors_read(buffer, file, i);
        free(buffer);
    }
}

static void damage_does_no_harm(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    char *whole, bytes[1024];
    size_t count;
    assert_ok(cc_safetensors_write(path, tensors, 3, texts, 3));
    assert_ok(cc_file_read(&whole, &count, path, sizeof bytes, arena));
    for (int round = 0; round < 3000; round++) {
        memcpy(bytes, whole, count);
        for (uint64_t flips = 1 + cc_rng_below(&rng, 3); flips-- > 0;)
            bytes[cc_rng_below(&rng, count)] =
                round % 2 ? (char)cc_rng_below(&rng, 256) : "0123456789[]{},:\""[cc_rng_below(&rng, 17)];
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        fwrite(bytes, 1, count, out);
        assert_int_equal(fclose(out), 0);
        use();
    }
    for (size_t length = 0; length < count; length++) {
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        fwrite(whole, 1, length, out);
        assert_int_equal(fclose(out), 0);
        assert_error(open_file(), CC_EFORMAT, "w.safetensors: ");
    }
    cc_arena_destroy(arena);
}

static void a_file_cut_while_it_is_open_is_an_error(void **state) {
    (void)state;
    static float values[1 << 16];
    const cc_run_tensor large = {"a", 1, {1 << 16}, values};
    assert_ok(cc_safetensors_write(path, &large, 1, NULL, 0));
    assert_ok(open_file());
    assert_int_equal(cc_test_run(NULL, 0, "truncate -s 100000 %s", path), 0);
    assert_error(cc_safetensors_read(values, file, 0), CC_EIO, "w.safetensors: cannot read");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(every_type_of_weights_is_converted),
        TEST(tensors_stand_in_the_order_of_their_names),
        TEST(a_header_that_lies_is_refused),
        TEST(a_length_beyond_the_file_is_refused),
        TEST(a_header_of_brackets_takes_no_memory),
        TEST(what_is_written_is_read_back_to_the_byte),
        TEST(the_layout_is_that_of_the_format),
        TEST(a_name_that_cannot_stand_is_refused_and_leaves_no_file),
        TEST(damage_does_no_harm),
        TEST(a_file_cut_while_it_is_open_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
