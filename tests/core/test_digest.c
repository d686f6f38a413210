/* tests/core/test_digest.c -- SHA-256 against the known answers of FIPS 180-2, appendix B, and files
 * against their contents. */
#include "support.h"
#include "core/digest.h"
#include "core/file.h"

/* FIPS 180-2, appendix B. */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void a_digest_is_sha_256(void **state) {
    (void)state;
    assert_string_equal(cc_digest_of("abc", 3).hex, abc);
    assert_string_equal(cc_digest_of("", 0).hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void parts_digest_as_the_whole_and_it_starts_anew(void **state) {
    (void)state;
    cc_digest *digest = cc_digest_create();
    for (int turn = 0; turn < 2; turn++) {
        cc_digest_add(digest, "a", 1);
        cc_digest_add(digest, "bc", 2);
        assert_string_equal(cc_digest_finish(digest).hex, abc);
    }
    cc_digest_destroy(digest);
}

static void strings_that_meet_elsewhere_differ(void **state) {
    (void)state;
    cc_digest *digest = cc_digest_create();
    cc_digest_add_string(digest, "ab");
    cc_digest_add_string(digest, "c");
    cc_digest_text first = cc_digest_finish(digest);
    cc_digest_add_string(digest, "a");
    cc_digest_add_string(digest, "bc");
    assert_string_not_equal(cc_digest_finish(digest).hex, first.hex);
    cc_digest_destroy(digest);
}

static void a_file_digests_as_its_bytes_and_a_missing_one_is_named(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "abc");
    cc_digest *digest = cc_digest_create();
    assert_ok(cc_file_write(path, "abc", 3));
    assert_ok(cc_digest_add_file(digest, path));
    assert_string_equal(cc_digest_finish(digest).hex, abc);
    assert_error(cc_digest_add_file(digest, "/nowhere/abc"), CC_ENOTFOUND, "/nowhere/abc");
    cc_digest_text text;
    assert_ok(cc_digest_of_file(&text, path));
    assert_string_equal(text.hex, abc);
    assert_error(cc_digest_of_file(&text, "/nowhere/abc"), CC_ENOTFOUND, "/nowhere/abc");
    assert_error(cc_digest_of_file(&text, "/dev/zero"), CC_EIO, "not a regular file");
    cc_digest_destroy(digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_sha_256),
        cmocka_unit_test(parts_digest_as_the_whole_and_it_starts_anew),
        cmocka_unit_test(strings_that_meet_elsewhere_differ),
        cmocka_unit_test(a_file_digests_as_its_bytes_and_a_missing_one_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
