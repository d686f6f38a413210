/* experiments/planning/script.h -- texts that other programs read, made in memory and written whole: words
 * of a shell, quoted strings of JSON, YAML and Python. */
#ifndef CC_EXPERIMENTS_PLANNING_SCRIPT_H
#define CC_EXPERIMENTS_PLANNING_SCRIPT_H

#include <stdio.h>
#include "core/status.h"

typedef struct cc_script {
    FILE *out; /* what is printed to it becomes the file */
    char *text;
    size_t bytes;
} cc_script;

/* CC_ENOMEM; the script is then not open. */
cc_status cc_script_open(cc_script *script);
/* Writes FOLDER/NAME and ends the script, whatever the status. As cc_file_write; CC_ENOMEM where something
 * that was printed did not fit. */
cc_status cc_script_save(cc_script *script, const char *folder, const char *name);

/* Ends it; nothing is written. */
void cc_script_drop(cc_script *script);

/* A text as one word of a POSIX shell: 'it'\''s'. */
void cc_script_put_word(FILE *out, const char *text);
/* NAME='TEXT', and the line's end. */
void cc_script_put_variable(FILE *out, const char *name, const char *text);
/* A text as a string between double quotes, which JSON (RFC 8259), YAML 1.2 and Python read alike.
 * `doubled`: a character each of which is written twice, before quoting, as others read it; 0: none. */
void cc_script_put_string(FILE *out, const char *text, const char *doubled);

#endif
