/* experiments/commands/completion.c -- `calcade completion`: what bash, zsh or fish offers where a command
 * line is typed, from the tables of commands, flags and options.
 *
 * The scripts hold all words: nothing is run at a press of the key. Each writes the same choices in its
 * shell's terms; what a value completes is cc_completes (flags.h). */
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "experiments/commands/command.h"
#include "experiments/config/schema.h"
#include "nets/engine/model.h"

/* A text within single quotes of any of the three shells; the letters of `escape` get a backslash. */
static void put_quoted(const char *text, const char *escape) {
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            printf(strchr(escape, *text) ? "\\%c" : "%c", *text);
    }
    putchar('\'');
}

/* "auto|cpu|cuda" without its bars. */
static void put_words(const char *name) {
    for (; *name; name++) putchar(*name == '|' ? ' ' : *name);
}

/* The names of nets, each once, its decoder left out. */
static void put_nets(void) {
    char name[64], before[64] = "";
    for (int i = 0; cc_net_name(name, sizeof name, i); i++) {
        name[strcspn(name, ":")] = 0;
        if (strcmp(name, before) != 0) printf("%s%s", before[0] ? " " : "", name);
        memcpy(before, name, sizeof before);
    }
}

/* Words that stand in a value's or operand's name; none where nothing is known of it. */
static bool has_words(cc_completes completes, const char *name) {
    return completes == CC_COMPLETES_NET || (completes == CC_COMPLETES_WORDS && strchr(name, '|'));
}

/* Those words, or the names of the nets. */
static void put_known_words(cc_completes completes, const char *name) {
    if (completes == CC_COMPLETES_NET)
        put_nets();
    else
        put_words(name);
}

/* ---- bash ----
 *
 * One function: it finds the word that is typed and what stands before it, a branch for each command says
 * what may follow there (`kind`), and the end turns a kind into words; compgen chooses among them.
 * Of a line "calcade run --set net.arch=u" it sees the words calcade, run, --set, net.arch, = and u. */

/* `at`: the word's place, that of KEY in KEY=VALUE; `current`: what bash replaces; `typed`: its "KEY=". */
static const char bash_head[] =
    "# bash completion of calcade, written by `calcade completion bash`\n"
    "_calcade() {\n"
    "    local at=$COMP_CWORD current=${COMP_WORDS[COMP_CWORD]} typed= before kind= taking flags operands i "
    "place=0\n"
    "    # bash breaks words at \"=\": KEY=VALUE and --flag=VALUE are three, of which the last is replaced.\n"
    "    if [[ $current == = ]]; then\n"
    "        typed=${COMP_WORDS[at-1]}= current= at=$((at - 1))\n"
    "    elif ((at > 2)) && [[ ${COMP_WORDS[at-1]} == = ]]; then\n"
    "        typed=${COMP_WORDS[at-2]}= at=$((at - 2))\n"
    "    fi\n"
    "    before=${COMP_WORDS[at-1]}\n"
    "    if [[ $before == = ]]; then before=${COMP_WORDS[at-2]}; fi # --set=KEY=VALUE\n"
    "    if [[ $typed == -* ]]; then before=${typed%=} typed=; fi\n"
    "    COMPREPLY=()\n";

/* A command that there is none of offers nothing; the command itself is completed whatever was typed. */
static const char bash_tail[] =
    "    *) kind='words ' ;;\n"
    "    esac\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        kind=\"words $commands --help --version\"\n"
    "    elif [[ -z $kind && $current == -* ]]; then\n"
    "        kind=\"words $flags\"\n"
    "    elif [[ -z $kind ]]; then\n"
    "        # Which operand it is: those before it are neither flags nor their values.\n"
    "        for ((i = 2; i < at; i++)); do\n"
    "            case ${COMP_WORDS[i]} in\n"
    "            =) ((i++)) ;;\n"
    "            -*) if [[ $taking == *\" ${COMP_WORDS[i]} \"* && ${COMP_WORDS[i+1]} != = ]]; then ((i++)); "
    "fi ;;\n"
    "            *) ((place++)) ;;\n"
    "            esac\n"
    "        done\n"
    "        kind=${operands[place < ${#operands[@]} ? place : ${#operands[@]} - 1]}\n"
    "    fi\n"
    "    case $kind in\n"
    "    words*) mapfile -t COMPREPLY < <(compgen -W \"${kind#words }\" -- \"$current\") ;;\n"
    "    option)\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_calcade_options\" -- \"$typed$current\")\n"
    "        if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi\n"
    "        COMPREPLY=(\"${COMPREPLY[@]#\"$typed\"}\")\n"
    "        return ;;\n"
    "    folder) mapfile -t COMPREPLY < <(compgen -d -- \"$current\") ;;\n"
    "    path) mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
    "    config) mapfile -t COMPREPLY < <(\n"
    "        compgen -d -- \"$current\"\n"
    "        compgen -f -X '!*.yaml' -- \"$current\"\n"
    "        compgen -f -X '!*.yml' -- \"$current\") ;;\n"
    "    run) mapfile -t COMPREPLY < <(\n"
    "        compgen -d -- \"$current\"\n"
    "        compgen -f -X '!*.h5' -- \"$current\") ;;\n"
    "    esac\n"
    "    if [[ $kind != words* ]]; then compopt -o filenames 2>/dev/null; fi\n"
    "}\n"
    "complete -F _calcade calcade\n";

/* The kind that the script's last `case` takes. */
static void put_bash_kind(cc_completes completes, const char *name) {
    static const char *const kinds[] = {[CC_COMPLETES_PATH] = "path",
                                        [CC_COMPLETES_FOLDER] = "folder",
                                        [CC_COMPLETES_CONFIG] = "config",
                                        [CC_COMPLETES_RUN] = "run",
                                        [CC_COMPLETES_OPTION] = "option"};
    if (completes != CC_COMPLETES_WORDS && completes != CC_COMPLETES_NET) {
        fputs(kinds[completes], stdout);
        return;
    }
    fputs("'words ", stdout);
    if (has_words(completes, name)) put_known_words(completes, name);
    putchar('\'');
}

/* One command: its flags, those that take a value, what each takes, and its operands. */
static void put_bash_command(const cc_command *c) {
    printf("    %s)\n        flags='--help", c->name);
    for (const cc_flag *f = c->flags; f->name; f++) printf(" %s", f->name);
    fputs("' taking=' ", stdout);
    for (const cc_flag *f = c->flags; f->name; f++)
        if (f->value) printf("%s ", f->name);
    fputs("'\n        operands=(", stdout);
    for (const cc_operand *o = c->operands; o->name; o++) {
        if (o > c->operands) putchar(' ');
        put_bash_kind(o->completes, o->name);
    }
    fputs(c->operands[0].name ? ")\n" : "'words ')\n", stdout);
    puts("        case $before in");
    for (const cc_flag *f = c->flags; f->name; f++) {
        if (!f->value) continue;
        printf("        %s) kind=", f->name);
        put_bash_kind(f->completes, f->value);
        puts(" ;;");
    }
    puts("        esac ;;");
}

/* The whole script; `options` is a line each, as cc_schema_list gives them. */
static void print_bash(const char *options) {
    const cc_command *c;
    fputs(bash_head, stdout);
    fputs("    local commands='", stdout);
    for (int i = 0; (c = cc_command_at(i)); i++) printf("%s%s", i ? " " : "", c->name);
    puts("'\n    case ${COMP_WORDS[1]} in");
    for (int i = 0; (c = cc_command_at(i)); i++) put_bash_command(c);
    fputs(bash_tail, stdout);
    printf("_calcade_options='%s'\n", options);
}

/* ---- zsh ----
 *
 * zsh's own _arguments parses the line: each flag and operand is one text 'NAME[MEANING]:VALUE:ACTION' for it
 * (zshcompsys(1)), in which brackets, colons and backslashes of ours are escaped. */

/* The action of an argument in the words of _arguments. */
static void put_zsh_action(cc_completes completes, const char *name) {
    static const char *const actions[] = {[CC_COMPLETES_PATH] = "_files",
                                          [CC_COMPLETES_FOLDER] = "_files -/",
                                          [CC_COMPLETES_CONFIG] = "_files -g \"*.(yaml|yml)\"",
                                          [CC_COMPLETES_RUN] = "_files -g \"*.h5\"",
                                          [CC_COMPLETES_OPTION] = "_calcade_options"};
    if (has_words(completes, name)) {
        putchar('(');
        put_known_words(completes, name);
        putchar(')');
    } else if (completes != CC_COMPLETES_WORDS) {
        fputs(actions[completes], stdout);
    } else {
        putchar(' '); /* nothing is known of the value */
    }
}

/* Letters that end a part of an argument's description. */
static void put_zsh_text(const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            printf(strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
    }
}

/* The branch of one command; '*' lets a flag, or an operand, come several times. */
static void put_zsh_command(const cc_command *c) {
    printf("    %s)\n        _arguments '--help[prints the flags]'", c->name);
    for (const cc_flag *f = c->flags; f->name; f++) {
        /* "--flag=" takes its value in either form; a flag of one letter as the next word. */
        printf(" \\\n            '%s%s%s[", f->kind == CC_FLAG_TEXTS ? "*" : "", f->name,
               f->value && f->name[1] == '-' ? "=" : "");
        put_zsh_text(f->meaning);
        putchar(']');
        if (f->value) {
            putchar(':');
            put_zsh_text(f->value);
            putchar(':');
            put_zsh_action(f->completes, f->value);
        }
        putchar('\'');
    }
    for (const cc_operand *o = c->operands; o->name; o++) {
        fputs(strstr(o->name, "...") ? " \\\n            '*:" : " \\\n            ':", stdout);
        put_zsh_text(o->name);
        putchar(':');
        put_zsh_action(o->completes, o->name);
        putchar('\'');
    }
    puts(" ;;");
}

/* Options without words of their own are followed by a value, not by a space. */
static void put_zsh_options(const char *options) {
    for (int open = 0; open < 2; open++) {
        fputs(open ? "    compadd -S '' --" : "    compadd --", stdout);
        for (const char *line = options; *line; line += strcspn(line, "\n") + 1) {
            const size_t length = strcspn(line, "\n");
            if ((line[length - 1] == '=') == open) printf(" %.*s", (int)length, line);
        }
        putchar('\n');
    }
}

static void print_zsh(const char *options) {
    const cc_command *c;
    /* The first line is what compinit looks for; the last runs the function when the file is loaded by it. */
    puts("#compdef calcade\n# zsh completion of calcade, written by `calcade completion "
         "zsh`\n_calcade_options() {");
    put_zsh_options(options);
    puts("}\n_calcade() {\n    local -a commands=(");
    for (int i = 0; (c = cc_command_at(i)); i++) {
        printf("        '%s:", c->name);
        put_zsh_text(c->what);
        puts("'");
    }
    puts("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
         "    shift words\n    ((CURRENT--))\n    case $words[1] in");
    for (int i = 0; (c = cc_command_at(i)); i++) put_zsh_command(c);
    puts("    esac\n}\n_calcade \"$@\"");
}

/* ---- fish ----
 *
 * A line of `complete` for each thing that may be offered, with the condition under which it is. fish adds no
 * space behind a word that ends in '='. */

/* What follows "complete ... -a" for a value or an operand. */
static void put_fish_values(cc_completes completes, const char *name) {
    static const char *const values[] = {
        [CC_COMPLETES_PATH] = "-F",
        [CC_COMPLETES_FOLDER] = "-x -a '(__fish_complete_directories)'",
        [CC_COMPLETES_CONFIG] = "-k -x -a '(__fish_complete_suffix .yaml; __fish_complete_suffix .yml)'",
        [CC_COMPLETES_RUN] = "-k -x -a '(__fish_complete_suffix .h5)'",
        [CC_COMPLETES_OPTION] = "-x -a '(__calcade_options)'"};
    if (has_words(completes, name)) {
        fputs("-x -a '", stdout);
        put_known_words(completes, name);
        putchar('\'');
    } else {
        fputs(completes == CC_COMPLETES_WORDS ? "-x" : values[completes], stdout);
    }
}

/* -l and -s are flags of two dashes and of one, -r one that takes a value, -x one that takes no file. */
static void put_fish_command(const cc_command *c) {
    printf("complete -c calcade -n __fish_use_subcommand -a %s -d ", c->name);
    put_quoted(c->what, "\\");
    putchar('\n');
    for (const cc_operand *o = c->operands; o->name; o++) {
        if (o->completes == CC_COMPLETES_WORDS && !has_words(o->completes, o->name)) continue;
        printf("complete -c calcade -n '__fish_seen_subcommand_from %s' ", c->name);
        put_fish_values(o->completes, o->name);
        putchar('\n');
    }
    for (const cc_flag *f = c->flags; f->name; f++) {
        const bool is_long = f->name[1] == '-';
        printf("complete -c calcade -n '__fish_seen_subcommand_from %s' -%c %s ", c->name,
               is_long ? 'l' : 's', f->name + 1 + is_long);
        if (f->value) {
            fputs("-r ", stdout);
            put_fish_values(f->completes, f->value);
            putchar(' ');
        }
        fputs("-d ", stdout);
        put_quoted(f->meaning, "\\");
        putchar('\n');
    }
}

static void print_fish(const char *options) {
    const cc_command *c;
    /* The last line's end is left out: it would be an option without a name. */
    printf("# fish completion of calcade, written by `calcade completion fish`\nfunction __calcade_options\n"
           "    string split \\n '%.*s'\nend\ncomplete -c calcade -f\n"
           "complete -c calcade -l help -d 'prints the commands, or the flags of one'\n"
           "complete -c calcade -n __fish_use_subcommand -l version -d 'prints the version'\n",
           (int)strlen(options) - 1, options);
    for (int i = 0; (c = cc_command_at(i)); i++) put_fish_command(c);
}

static const struct {
    const char *name;
    void (*print)(const char *options);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

static const cc_flag flags[] = {{0}};

static cc_status command(int argc, char **argv) {
    const char *operands[argc];
    char *options;
    int count;
    CC_TRY(cc_flags_read(NULL, argc, argv, flags, operands, &count, 1, 1));
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, operands[0]) != 0) continue;
        /* A failed write is seen where the program closes its output (main.c). */
        cc_arena *arena = cc_arena_create();
        if (!arena) return CC_ENOMEM;
        cc_status status = cc_schema_list(&options, arena);
        if (status == CC_OK) shells[i].print(options);
        cc_arena_destroy(arena);
        return status;
    }
    return cc_fail(CC_EUSAGE, argv[0], NULL, "wants bash, zsh or fish, not \"%.40s\"", operands[0]);
}

const cc_command cc_command_completion = {
    .name = "completion",
    .operands = {{"bash|zsh|fish", CC_COMPLETES_WORDS}},
    .flags = flags,
    .what = "prints a shell's completion of commands, flags, files and options",
    .without_nets = true,
    .run = command,
};
