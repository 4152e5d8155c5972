/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/bpf.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "scepscope/limits.h"

struct program {
    uint16_t link_type;
    bool usable;
    struct bpf_program code;
    char why[PCAP_ERRBUF_SIZE];
};

struct scs_bpf {
    char *expression;
    struct program *programs; /* one for each link type met */
    size_t num, last;
};

/* Files hold LINKTYPE values, libpcap's functions take DLT values; of those that differ only raw IP is common. */
static int dlt_of(uint16_t link_type)
{
    return link_type == SCS_LINK_RAW ? DLT_RAW : link_type;
}

static void compile(struct program *p, const char *expression, uint16_t link_type)
{
    *p = (struct program){.link_type = link_type};
    pcap_t *handle = pcap_open_dead(dlt_of(link_type), (int)SCS_MAX_PACKET);
    if (handle == NULL) {
        abort(); /* out of memory */
    }
    p->usable = pcap_compile(handle, &p->code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!p->usable) {
        strncat(p->why, pcap_geterr(handle), sizeof p->why - 1);
    }
    pcap_close(handle);
}

static struct program *program_for(struct scs_bpf *b, uint16_t link_type, bool *is_new)
{
    *is_new = false;
    if (b->num != 0 && b->programs[b->last].link_type == link_type) {
        return &b->programs[b->last];
    }
    for (b->last = 0; b->last < b->num; b->last++) {
        if (b->programs[b->last].link_type == link_type) {
            return &b->programs[b->last];
        }
    }
    *is_new = true;
    b->programs = scs_xrealloc(b->programs, b->num + 1, sizeof *b->programs);
    compile(&b->programs[b->num++], b->expression, link_type);
    return &b->programs[b->last];
}

struct scs_bpf *scs_bpf_new(const char *expression, struct scs_error *err)
{
    static const uint16_t common[] = {SCS_LINK_ETHERNET, SCS_LINK_RAW, SCS_LINK_LINUX_SLL, SCS_LINK_NULL, DLT_IEEE802_11};
    struct scs_bpf *b = scs_xcalloc(1, sizeof *b);
    b->expression = scs_xstrdup(expression);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        bool is_new;
        if (program_for(b, common[i], &is_new)->usable) {
            return b;
        }
    }
    scs_error_set(err, "the capture filter '%s' is not understood: %s", expression, b->programs[0].why);
    scs_bpf_free(b);
    return NULL;
}

void scs_bpf_free(struct scs_bpf *b)
{
    if (b != NULL) {
        for (size_t i = 0; i < b->num; i++) {
            pcap_freecode(&b->programs[i].code);
        }
        free(b->programs);
        free(b->expression);
        free(b);
    }
}

bool scs_bpf_matches(struct scs_bpf *b, const struct scs_packet *p, const char **out_why)
{
    bool is_new;
    const struct program *program = program_for(b, p->link_type, &is_new);
    if (!program->usable) {
        *out_why = is_new ? program->why : NULL;
        return false;
    }
    *out_why = NULL;
    struct pcap_pkthdr header = {.caplen = p->cap_len, .len = p->wire_len};
    return pcap_offline_filter(&program->code, &header, p->data) != 0;
}
