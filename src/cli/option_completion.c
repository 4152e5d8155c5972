/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option_completion.h"

#include <string.h>

#include "cli/option_table.h"
#include "scepscope/report.h"

/* Prints the ids that --explain knows, one on a line; stands inside single quotes in one of the scripts. */
#define LIST_IDS "scepscope --list-findings 2>/dev/null | sed \"s/ .*//\""

/* Arguments that are one of a few words. Others are files when the table calls them FILE, and free text otherwise. */
static const struct {
    int code;
    const char *words;
} choices[] = {
    {SCS_OPT_REDACT, "none secrets standard strict"}, {SCS_OPT_COLOR, "auto always never"},
    {SCS_OPT_FAIL_ON, "error warning info never"},    {SCS_OPT_LANG, "en"},
    {SCS_OPT_KEY_PASS, "prompt file: env: fd:"},      {SCS_OPT_COMPLETION, SCS_COMPLETION_SHELLS},
};

static bool takes_file(const struct scs_option *o)
{
    return o->arg != NULL && strncmp(o->arg, "FILE", 4) == 0;
}

static const char *choices_of(const struct scs_option *o)
{
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (choices[i].code == o->code) {
            return choices[i].words;
        }
    }
    return NULL;
}

/* The formats are a choice as well; their table has them. */
static bool is_choice(const struct scs_option *o)
{
    return o->code == 'T' || choices_of(o) != NULL;
}

static void print_choices(FILE *out, const struct scs_option *o)
{
    size_t num = 0;
    const struct scs_reporter *all = scs_reporters(&num);
    if (o->code != 'T') {
        fputs(choices_of(o), out);
        return;
    }
    for (size_t i = 0; i < num; i++) {
        fprintf(out, "%s%s", i == 0 ? "" : " ", all[i].name);
    }
}

/* The options of this version, one after the other. */
static const struct scs_option *next_option(size_t *at)
{
    size_t num;
    const struct scs_option *table = scs_option_table(&num);
    while (*at < num && table[*at].later != NULL) {
        (*at)++;
    }
    return *at < num ? &table[(*at)++] : NULL;
}

/* What the help begins with, without what the shells' quoting gives a meaning. */
static void print_summary(FILE *out, const char *help)
{
    for (; *help != '\0' && strchr(":;", *help) == NULL && !(help[0] == '.' && (help[1] == ' ' || help[1] == '\0')); help++) {
        if (strchr("'[]\\$`", *help) == NULL) {
            fputc(*help, out);
        }
    }
}

/* ---- bash ---------------------------------------------------------------------------------------- */

static void bash_case(FILE *out, const struct scs_option *o)
{
    fputs("        ", out);
    if (o->code < 256) {
        fprintf(out, "-%c | ", o->code);
    }
    fprintf(out, "--%s)\n            ", o->name);
    if (o->code == SCS_OPT_EXPLAIN) {
        fputs("mapfile -t COMPREPLY < <(compgen -W \"$(" LIST_IDS ")\" -- \"$cur\")", out);
    } else if (is_choice(o)) {
        fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
        print_choices(out, o);
        fputs("' -- \"$cur\")", out);
    } else if (takes_file(o)) {
        fputs("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")", out);
    } else {
        fputs(":", out);
    }
    fputs("\n            return\n            ;;\n", out);
}

static void bash(FILE *out)
{
    fputs("# Completion of scepscope for bash.\n"
          "_scepscope()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    case $prev in\n",
          out);
    size_t at = 0;
    for (const struct scs_option *o; (o = next_option(&at)) != NULL;) {
        if (o->arg != NULL) {
            bash_case(out, o);
        }
    }
    fputs("    esac\n"
          "    if [[ $cur == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          out);
    at = 0;
    for (const struct scs_option *o; (o = next_option(&at)) != NULL;) {
        fprintf(out, "--%s ", o->name);
        if (o->code < 256) {
            fprintf(out, "-%c ", o->code);
        }
    }
    fputs("' -- \"$cur\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _scepscope scepscope\n",
          out);
}

/* ---- zsh ----------------------------------------------------------------------------------------- */

static void zsh_argument(FILE *out, const struct scs_option *o)
{
    fprintf(out, ":%s:", takes_file(o) ? "file" : "argument");
    if (o->code == SCS_OPT_EXPLAIN) {
        fputs("{compadd -- $(" LIST_IDS ")}", out);
    } else if (is_choice(o)) {
        fputc('(', out);
        print_choices(out, o);
        fputc(')', out);
    } else if (takes_file(o)) {
        fputs("_files", out);
    }
}

static void zsh(FILE *out)
{
    fputs("#compdef scepscope\n# Completion of scepscope for zsh.\n_arguments -s \\\n", out);
    size_t at = 0;
    for (const struct scs_option *o; (o = next_option(&at)) != NULL;) {
        fputs("    '*'", out);
        if (o->code < 256) {
            fprintf(out, "{-%c%s,--%s%s}", o->code, o->arg != NULL ? "+" : "", o->name, o->arg != NULL ? "=" : "");
        } else {
            fprintf(out, "--%s%s", o->name, o->arg != NULL ? "=" : "");
        }
        fputs("'[", out);
        print_summary(out, o->help);
        fputc(']', out);
        if (o->arg != NULL) {
            zsh_argument(out, o);
        }
        fputs("' \\\n", out);
    }
    fputs("    '*:capture:_files'\n", out);
}

/* ---- fish ---------------------------------------------------------------------------------------- */

static void fish(FILE *out)
{
    fputs("# Completion of scepscope for fish.\n", out);
    size_t at = 0;
    for (const struct scs_option *o; (o = next_option(&at)) != NULL;) {
        fputs("complete -c scepscope", out);
        if (o->code < 256) {
            fprintf(out, " -s %c", o->code);
        }
        fprintf(out, " -l %s", o->name);
        if (o->code == SCS_OPT_EXPLAIN) {
            fputs(" -x -a '(" LIST_IDS ")'", out);
        } else if (is_choice(o)) {
            fputs(" -x -a '", out);
            print_choices(out, o);
            fputc('\'', out);
        } else if (o->arg != NULL) {
            fputs(takes_file(o) ? " -r -F" : " -x", out);
        }
        fputs(" -d '", out);
        print_summary(out, o->help);
        fputs("'\n", out);
    }
}

/* ---- which --------------------------------------------------------------------------------------- */

static const struct {
    const char *shell;
    void (*print)(FILE *out);
} scripts[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

bool scs_option_completion_known(const char *shell)
{
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(scripts[i].shell, shell) == 0) {
            return true;
        }
    }
    return false;
}

void scs_option_completion(FILE *out, const char *shell)
{
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(scripts[i].shell, shell) == 0) {
            scripts[i].print(out);
        }
    }
}
