/* tests/experiments/commands/test_completion.c -- help, manual page and completion know every flag of every
 * command; shells and man read what is written for them (each skips with a line where it is absent); bash
 * offers what a table here expects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/commands/command.h"
#include "support.h"

enum { PAGE_MAX = 1 << 16 };

/* What the program prints. */
static void print(char page[PAGE_MAX], const char *arguments) {
    assert_int_equal(cc_test_run(page, PAGE_MAX, CC_PROGRAM " %s", arguments), 0);
    assert_true(strlen(page) < PAGE_MAX - 1);
}

/* The part of a page from `head`, where NAME is the command's, up to `tail`. */
static void cut(char part[PAGE_MAX], const char *page, const char *head, const char *name, const char *tail) {
    char first[128];
    snprintf(first, sizeof first, head, name);
    const char *from = strstr(page, first);
    if (!from) fail_msg("nothing of %s: \"%s\"", name, first);
    const char *to = strstr(from + strlen(first), tail);
    assert_non_null(to);
    snprintf(part, PAGE_MAX, "%.*s", (int)(to - from), from);
}

/* Whether a part has the flag between these letters. */
static void assert_has(const char *part, const char *before, const char *flag, const char *after) {
    char text[128];
    snprintf(text, sizeof text, "%s%s%s", before, flag, after);
    if (!strstr(part, text)) fail_msg("no \"%s\" in:\n%.600s", text, part);
}

static void every_flag_of_every_command_is_everywhere(void **state) {
    (void)state;
    static char man[PAGE_MAX], bash[PAGE_MAX], zsh[PAGE_MAX], fish[PAGE_MAX], help[PAGE_MAX], part[PAGE_MAX];
    const cc_command *c;
    int flags = 0;
    print(man, "man");
    print(bash, "completion bash");
    print(zsh, "completion zsh");
    print(fish, "completion fish");
    for (int i = 0; (c = cc_command_at(i)); i++) {
        char line[128];
        snprintf(line, sizeof line, "%s --help", c->name);
        print(help, line);
        assert_has(zsh, "        '", c->name, ":");
        assert_has(fish, "__fish_use_subcommand -a ", c->name, " -d '");
        for (const cc_flag *f = c->flags; f->name; f++, flags++) {
            const bool is_long = f->name[1] == '-';
            char escaped[64] = "", meaning[64];
            for (const char *p = f->name; *p; p++)
                snprintf(escaped + strlen(escaped), sizeof escaped - strlen(escaped),
                         *p == '-' ? "\\-" : "%c", *p);
            snprintf(meaning, sizeof meaning, "%.*s", (int)strcspn(f->meaning, " "), f->meaning);
            assert_has(help, "\n  ", f->name, f->value ? " " : "");
            assert_has(help, "  ", meaning, " ");
            cut(part, man, ".SS %s\n", c->name, "\n.S");
            assert_has(part, "\\fB", escaped, "\\fR");
            cut(part, bash, "\n    %s)\n", c->name, "esac ;;");
            assert_has(part, " ", f->name, "");
            cut(part, zsh, "\n    %s)\n", c->name, " ;;");
            assert_has(part, f->kind == CC_FLAG_TEXTS ? "'*" : "'", f->name,
                       f->value && is_long ? "=[" : "[");
            snprintf(line, sizeof line, "__fish_seen_subcommand_from %s' -%c ", c->name, is_long ? 'l' : 's');
            assert_has(fish, line, f->name + 1 + is_long, " ");
        }
    }
    assert_true(flags > 60);
}

/* Where the usage is written by hand. */
static void a_usage_names_the_flags_of_its_table_and_no_others(void **state) {
    (void)state;
    const cc_command *c;
    for (int i = 0; (c = cc_command_at(i)); i++) {
        char *usage = cc_command_usage(c);
        int in_table = 0, in_usage = 0;
        assert_non_null(usage);
        for (const cc_flag *f = c->flags; f->name; f++, in_table++) assert_has(usage, "", f->name, "");
        for (const char *p = usage; *p; p++) {
            if (*p != '-' || (p > usage && p[-1] != ' ' && p[-1] != '[')) continue;
            char name[64];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(p, " ]"), p);
            const cc_flag *f = c->flags;
            while (f->name && strcmp(f->name, name) != 0) f++;
            if (!f->name) fail_msg("%s has no %s", c->name, name);
            /* -o stands in both forms of export. */
            in_usage += !(p > usage && strncmp(p, "-o DIR", 6) == 0);
        }
        assert_int_equal(in_table, in_usage);
        free(usage);
    }
}

/* `reader` on what `arguments` print, through a file; it says nothing where all is well. */
static void read_by(const char *program, const char *reader, const char *arguments) {
    char said[4096];
    const char *path = cc_test_path(cc_test_folder(), "page");
    if (cc_test_run(NULL, 0, "command -v %s", program) != 0) {
        print_message("skipped: no %s here\n", program);
        skip();
    }
    assert_int_equal(cc_test_run(NULL, 0, CC_PROGRAM " %s >%s", arguments, path), 0);
    int status = cc_test_run(said, sizeof said, "%s %s 3>&1 >/dev/null 2>&3", reader, path);
    if (status != 0 || said[0]) fail_msg("%s: status %d: %s", reader, status, said);
}

static void bash_reads_its_script(void **state) {
    (void)state;
    read_by("bash", "bash -n", "completion bash");
}

static void zsh_reads_its_script(void **state) {
    (void)state;
    read_by("zsh", "zsh -n", "completion zsh");
}

static void fish_reads_its_script(void **state) {
    (void)state;
    read_by("fish", "fish -n", "completion fish");
}

static void man_finds_no_fault_in_the_page(void **state) {
    (void)state;
    read_by("man", "env MANROFFSEQ= man --warnings -l", "man");
}

/* What is typed, in bash's words, the last of them being completed; and all that is offered, sorted. */
static const struct {
    const char *words, *offered;
} cases[] = {
    {"ru", "run"},
    {"--v", "--version"},
    {"run --d", "--device --dry-run"},
    {"run --device c", "cpu cuda"},
    {"run --device = c", "cpu cuda"},
    {"run --device =", "auto cpu cuda reference"},
    {"run --jobs ''", ""},
    {"run ''", "a.yaml b.yml sub"},
    {"run --out = x a", "a.yaml"},
    {"run --out ''", "sub"},
    {"run a.yaml --set net.ar",
     "net.arch=attention-unet net.arch=deeplabv3plus net.arch=dense-ra-unet net.arch=dynunet "
     "net.arch=mtal net.arch=unet net.arch=unet-3d net.arch=unet-bn net.arch=unet-encoder"},
    {"run --set net.arch = unet-", "unet-3d unet-bn unet-encoder"},
    {"run --set = net.arch = unet-e", "unet-encoder"},
    {"run --set optimizer.lr", "optimizer.lr="},
    {"run --set train.early_stopping.mode =", "max min"},
    {"check --set preprocess.histogram_matching =", "false true"},
    {"config --s", "--schema --set"},
    {"predict ''", "run.h5 sub"},
    {"predict run.h5 s", "scan.mhd sub"},
    {"predict --threads 2 run.h5 sc", "scan.mhd"},
    {"predict --threads = 2 -o m.nii r", "run.h5"},
    {"bench t", "train"},
    {"bench --net unet", "unet unet-3d unet-bn"},
    {"phantom --layout ''", "ctheart orcascore"},
    {"completion ''", "bash fish zsh"},
    {"man ''", ""},
    {"nonsense ''", ""},
};

static void bash_offers_what_fits(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    if (cc_test_run(NULL, 0, "command -v bash") != 0) {
        print_message("skipped: no bash here\n");
        skip();
    }
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s && touch a.yaml b.yml run.h5 scan.mhd && mkdir sub && " CC_PROGRAM
                                 " completion bash >c",
                                 folder),
                     0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char offered[PAGE_MAX];
        /* A line of its own for each word: a folder's script and the like are files that are offered too. */
        assert_int_equal(
            cc_test_run(offered, sizeof offered,
                        "cd %s && bash -c 'source ./c; COMP_WORDS=(calcade \"$@\"); COMP_CWORD=$#; _calcade; "
                        "((${#COMPREPLY[@]})) && printf \"%%s\\n\" \"${COMPREPLY[@]}\"; :' bash %s | sort | "
                        "tr \"\\n\" \" \"",
                        folder, cases[i].words),
            0);
        for (size_t end = strlen(offered); end > 0 && offered[end - 1] == ' ';) offered[--end] = 0;
        if (strcmp(offered, cases[i].offered) != 0)
            fail_msg("calcade %s: \"%s\" for \"%s\"", cases[i].words, offered, cases[i].offered);
    }
}

static void a_shell_that_is_not_known_is_a_usage_error(void **state) {
    (void)state;
    char said[1024];
    assert_int_equal(cc_test_run(said, sizeof said, CC_PROGRAM " completion csh"), 2);
    assert_non_null(strstr(said, "wants bash, zsh or fish, not \"csh\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flag_of_every_command_is_everywhere),
        cmocka_unit_test(a_usage_names_the_flags_of_its_table_and_no_others),
        cmocka_unit_test(bash_reads_its_script),
        cmocka_unit_test(zsh_reads_its_script),
        cmocka_unit_test(fish_reads_its_script),
        cmocka_unit_test(man_finds_no_fault_in_the_page),
        cmocka_unit_test(bash_offers_what_fits),
        cmocka_unit_test(a_shell_that_is_not_known_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
