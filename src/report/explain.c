/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"

#include <string.h>

#include "base/text.h"
#include "report/finding.h"
#include "report/layout.h"

#define WIDTH  80
#define INDENT 15

/* NULL when no rule of this version gives the finding. */
static const struct scs_rule *rule_of(const char *id)
{
    size_t num;
    const struct scs_rule *const *rules = scs_rules(&num);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(rules[i]->id, id) == 0) {
            return rules[i];
        }
    }
    return NULL;
}

static const struct scs_finding_text *find(const char *lang, const char *id)
{
    size_t num;
    const struct scs_finding_text *all = scs_text_all(lang, &num);
    for (size_t i = 0; i < num; i++) {
        if (scs_text_equal_nocase(all[i].id, id)) {
            return &all[i];
        }
    }
    return NULL;
}

/* A list of one needs no number. */
static void list(FILE *out, const char *label, const char *const *texts, size_t max)
{
    for (size_t i = 0; i < max && texts[i] != NULL; i++) {
        fprintf(out, "%-*s", INDENT, i == 0 ? label : "");
        int at = INDENT + (max > 1 && texts[1] != NULL ? fprintf(out, "%zu. ", i + 1) : 0);
        scs_wrap(out, at, at, WIDTH, texts[i]);
    }
}

static void paragraph(FILE *out, const char *label, const char *text)
{
    if (text != NULL) {
        fprintf(out, "%-*s", INDENT, label);
        scs_wrap(out, INDENT, INDENT, WIDTH, text);
    }
}

/* What stands behind the id: how grave it is, or why no report has it. */
static void heading(FILE *out, const struct scs_finding_text *t)
{
    const struct scs_rule *rule = rule_of(t->id);
    if (rule != NULL) {
        fprintf(out, "%s  (%s, %s)\n", t->id, scs_severity_name(rule->severity), scs_confidence_name(rule->confidence));
    } else {
        fprintf(out, "%s  (%s)\n", t->id, t->waits_for != NULL ? "waits for a log" : "never reported");
    }
    scs_wrap(out, 0, 0, WIDTH, t->title);
    fputc('\n', out);
}

bool scs_explain(FILE *out, const char *lang, const char *id, struct scs_error *err)
{
    const struct scs_finding_text *t = find(lang, id);
    if (t == NULL) {
        return scs_error_set(err, "--explain %s: there is no such finding; scepscope --list-findings names them all", id);
    }
    if (t->alias_of != NULL) {
        fprintf(out, "%s is reported as %s.\n\n", t->id, t->alias_of);
        t = find(lang, t->alias_of);
        if (t == NULL) { /* a finding of a later version */
            return true;
        }
    }
    heading(out, t);
    paragraph(out, "Meaning", t->meaning);
    paragraph(out, "Waits for", t->waits_for);
    paragraph(out, "Why never", t->refused);
    list(out, "Likely causes", t->causes, SCS_NUM_CAUSES);
    list(out, "Fix", t->fixes, SCS_NUM_FIXES);
    list(out, "Confirm", t->confirm, SCS_NUM_CONFIRM);
    paragraph(out, "Reference", t->reference);
    if (t->meaning != NULL && strchr(t->meaning, '{') != NULL) {
        fputs("\nReports put what they saw in place of the words in {braces}.\n", out);
    }
    return true;
}

void scs_list_findings(FILE *out, const char *lang)
{
    size_t num;
    const struct scs_finding_text *all = scs_text_all(lang, &num);
    for (size_t i = 0; i < num; i++) {
        const struct scs_finding_text *t = &all[i];
        const struct scs_rule *rule = rule_of(t->id);
        const char *state = rule != NULL ? scs_severity_name(rule->severity) : t->waits_for != NULL ? "log" : "never";
        if (t->alias_of != NULL) {
            fprintf(out, "%-32s %-8s reported as %s\n", t->id, "alias", t->alias_of);
        } else {
            fprintf(out, "%-32s %-8s %s\n", t->id, state, t->title);
        }
    }
}
