/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnosis: one rule is one row and one small function. A rule looks at const facts and says whether
 * it holds; the engine groups, ranks and counts. Texts are not here but in src/report/lang, by id.
 */
#ifndef SCEPSCOPE_RULE_H
#define SCEPSCOPE_RULE_H

#include "scepscope/model.h"
#include "scepscope/status.h"

enum scs_severity { SCS_SEV_INFO, SCS_SEV_WARNING, SCS_SEV_ERROR };

enum scs_confidence { SCS_POSSIBLE, SCS_LIKELY, SCS_CERTAIN };

/* What a rule's function is called with, once for each. */
enum scs_scope {
    SCS_SCOPE_CAPTURE,
    SCS_SCOPE_SERVER,
    SCS_SCOPE_CONNECTION,
    SCS_SCOPE_EXCHANGE,
    SCS_SCOPE_ENROLMENT,
    SCS_SCOPE_LOOKUP /* of the rules that hold for one look-up the first is the finding, the others its consequences */
};

/*
 * Depth of the cause, deepest first (R2 of the catalogue). When several rules explain why one exchange
 * failed, the deepest is the finding and the others hang under it as consequences.
 */
enum scs_depth {
    SCS_DEPTH_CAPTURE,
    SCS_DEPTH_NETWORK,
    SCS_DEPTH_DNS,
    SCS_DEPTH_TLS,
    SCS_DEPTH_PROXY,
    SCS_DEPTH_HTTPSYS,
    SCS_DEPTH_MESSAGE, /* the request itself was wrong before the server saw it: truncated, not CMS, wrong recipient */
    SCS_DEPTH_IIS,
    SCS_DEPTH_NDES,
    SCS_DEPTH_POLICY,
    SCS_DEPTH_CA,
    SCS_DEPTH_REPLY,
    SCS_DEPTH_NOTE /* says something true, explains no failure */
};

/* One named value of a finding, for the JSON `facts` and for {name} in the texts. */
struct scs_fact {
    const char *name;
    enum { SCS_FACT_NUMBER, SCS_FACT_TEXT } kind;
    int64_t number;
    const char *text; /* copied into the engine's arena by scs_fact_text */
};

struct scs_verdict; /* what a rule that holds adds: evidence, facts, group, confidence */
struct scs_judge;   /* the engine's view: the model and its indexes */

/* Helpers for rules. All text is copied. */
void scs_say_frame(struct scs_verdict *v, scs_frame frame);
void scs_say_span(struct scs_verdict *v, const struct scs_http_message *m, struct scs_span span);
void scs_say_message(struct scs_verdict *v, const struct scs_http_message *m); /* all its frames, at most 16 */
void scs_say_exchange(struct scs_verdict *v, const struct scs_exchange *x);    /* first and last frame; the default */
void scs_say_connection(struct scs_verdict *v, const struct scs_connection *c);
/*
 * scs_claim: in rules of capture, server and look-up scope that explain: this exchange failed because of what the
 * finding tells, whatever else its own rules find that is not deeper. At most SCS_MAX_FINDING_SUBJECTS.
 */
void scs_claim(struct scs_verdict *v, const struct scs_exchange *x);
void scs_fact_number(struct scs_verdict *v, const char *name, int64_t value);
void scs_fact_text(struct scs_verdict *v, const char *name, const char *fmt, ...) SCS_PRINTF(3, 4);
void scs_set_severity(struct scs_verdict *v, enum scs_severity severity);
void scs_set_confidence(struct scs_verdict *v, enum scs_confidence confidence); /* only ever lowers */
/* scs_set_group: findings of one rule with equal group text are one finding with a count. Default: the server. */
void scs_set_group(struct scs_verdict *v, const char *fmt, ...) SCS_PRINTF(2, 3);
/* scs_set_moment: the time the finding speaks of; default: the subject's start. */
void scs_set_moment(struct scs_verdict *v, int64_t ts_ns);

/* Read access to the model and the indexes made for rules. */
const struct scs_model *scs_judge_model(const struct scs_judge *j);
/* Exchanges of one connection, one client address at one server, one server: arrays of ids, ascending; NULL, 0 when none. */
const uint32_t *scs_judge_by_connection(const struct scs_judge *j, uint32_t connection_id, uint32_t *num);
const uint32_t *scs_judge_by_client(const struct scs_judge *j, const struct scs_addr *client, const struct scs_endpoint *server,
                                    uint32_t *num);
const uint32_t *scs_judge_by_server(const struct scs_judge *j, const struct scs_endpoint *server, uint32_t *num);
/* The last good GetCACert (GetCACaps) of `server` before `ts_ns`; NULL when the capture has none. */
const struct scs_exchange *scs_judge_ca_certs_before(const struct scs_judge *j, const struct scs_endpoint *server, int64_t ts_ns);
const struct scs_exchange *scs_judge_caps_before(const struct scs_judge *j, const struct scs_endpoint *server, int64_t ts_ns);
/* Capture time corrected by the Date headers when they differ by more than a minute (CAP-CLOCK): seconds since the epoch. */
int64_t scs_judge_true_time(const struct scs_judge *j, int64_t ts_ns);
/* True when the evidence around this exchange is whole: no gap, cut packet or missing half could explain an absence. */
bool scs_judge_sees_all(const struct scs_judge *j, const struct scs_exchange *x);
bool scs_judge_sees_connection(const struct scs_judge *j, const struct scs_connection *c);

struct scs_rule {
    const char *id; /* of the catalogue, lower case; stable for ever */
    enum scs_severity severity;
    enum scs_confidence confidence;
    enum scs_depth depth;
    enum scs_scope scope;
    bool explains; /* it explains why its exchange (connection, what it claims) failed: takes part in ranking by depth */
    union {
        bool (*capture)(const struct scs_judge *j, struct scs_verdict *v);
        bool (*server)(const struct scs_judge *j, const struct scs_server *s, struct scs_verdict *v);
        bool (*connection)(const struct scs_judge *j, const struct scs_connection *c, struct scs_verdict *v);
        bool (*exchange)(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v);
        bool (*enrolment)(const struct scs_judge *j, const struct scs_enrolment *e, struct scs_verdict *v);
        bool (*lookup)(const struct scs_judge *j, const struct scs_lookup *l, struct scs_verdict *v);
    } check;
};

struct scs_finding {
    const char *id;
    const char *group; /* with `id` what makes it the same finding in every look at a capture that goes on; not for reports */
    enum scs_severity severity;
    enum scs_confidence confidence;
    enum scs_depth depth;
    uint32_t count;
    uint32_t recovered; /* occurrences after which a retry of the same enrolment succeeded; never an error for that alone */
    int64_t first_ns, last_ns;
    uint32_t connection, exchange, enrolment; /* of the first occurrence; 0 none */
    const uint32_t *exchanges;                /* all, at most SCS_MAX_FINDING_SUBJECTS */
    uint32_t num_exchanges;
    const uint32_t *enrolments;
    uint32_t num_enrolments;
    const scs_frame *frames; /* ascending, at most SCS_MAX_FINDING_FRAMES */
    uint32_t num_frames;
    const struct scs_fact *facts; /* of the first occurrence */
    uint32_t num_facts;
    const char *const *consequences; /* ids of findings this one explains */
    uint32_t num_consequences;
};

/* The catalogue's texts for one id. Text may name facts as {target_length}; unknown names are left out with their sentence. */
struct scs_finding_text {
    const char *id;
    const char *alias_of;   /* the id that is emitted instead; NULL */
    const char *waits_for;  /* the log that shows it: packets alone never do, so no rule says it; NULL */
    const char *refused;    /* why it is never reported; NULL */
    const char *title;      /* one sentence, no facts */
    const char *meaning;    /* one to three sentences; {facts} */
    const char *causes[6];  /* in order of likelihood */
    const char *fixes[6];   /* exact places: IIS Manager path, registry value, service, command */
    const char *confirm[4]; /* what another log shows */
    const char *reference;  /* RFC section or page title */
};

/* scs_text_find returns the texts for `id` in the language `lang` ("en"), or NULL. */
const struct scs_finding_text *scs_text_find(const char *lang, const char *id);
/* scs_text_all returns the whole catalogue in catalogue order. */
const struct scs_finding_text *scs_text_all(const char *lang, size_t *num);
/* scs_rules returns every rule row; *num receives their number. */
const struct scs_rule *const *scs_rules(size_t *num);

#endif
