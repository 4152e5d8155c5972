/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate is for a host: RFC 6125 6.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/hostname.h"

static struct scs_cert_facts with(const char *subject, const char *const *sans, uint32_t num_sans)
{
    return (struct scs_cert_facts){.subject = subject, .sans = sans, .num_sans = num_sans};
}

/* Catches comparison by case, and a final dot that makes another name. */
static void test_plain_names(void **state)
{
    (void)state;
    assert_true(scs_hostname_covered("NDES.contoso.com", "ndes.Contoso.COM"));
    assert_true(scs_hostname_covered("ndes.contoso.com.", "ndes.contoso.com"));
    assert_true(scs_hostname_covered("ndes.contoso.com", "ndes.contoso.com."));
    assert_false(scs_hostname_covered("ndes.contoso.com", "ndes01.contoso.com"));
    assert_false(scs_hostname_covered("contoso.com", "ndes.contoso.com"));
    assert_false(scs_hostname_covered("", ""));
}

/* Catches a wildcard for two labels, for none, for half of one, or for a whole top-level domain. */
static void test_wildcards(void **state)
{
    (void)state;
    assert_true(scs_hostname_covered("*.contoso.com", "ndes.contoso.com"));
    assert_true(scs_hostname_covered("*.CONTOSO.com", "NDES.contoso.COM."));
    assert_false(scs_hostname_covered("*.contoso.com", "ndes.corp.contoso.com"));
    assert_false(scs_hostname_covered("*.contoso.com", "contoso.com"));
    assert_false(scs_hostname_covered("*.contoso.com", ".contoso.com"));
    assert_false(scs_hostname_covered("nd*.contoso.com", "ndes.contoso.com"));
    assert_false(scs_hostname_covered("ndes.*.com", "ndes.contoso.com"));
    assert_false(scs_hostname_covered("*.com", "contoso.com"));
    assert_false(scs_hostname_covered("*", "contoso"));
    assert_false(scs_hostname_covered("*.", "contoso."));
}

/* Catches the common name used beside DNS names, and not used without any. */
static void test_common_name_stands_in(void **state)
{
    (void)state;
    static const char *const dns[] = {"DNS:other.contoso.com"};
    static const char *const mail[] = {"email:a@contoso.com"};
    struct scs_cert_facts c = with("DC=com, CN=ndes.contoso.com", dns, 1);
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_DIFFERS);
    assert_int_equal(scs_hostname_match(&c, "other.contoso.com"), SCS_NAME_MATCHES);
    c = with("DC=com, CN=ndes.contoso.com", mail, 1);
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_MATCHES);
    c = with("CN=other, CN=ndes.contoso.com, O=Contoso", NULL, 0);
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_MATCHES);
    assert_int_equal(scs_hostname_match(&c, "other"), SCS_NAME_DIFFERS);
    c = with("O=a\\, CN=ndes.contoso.com", NULL, 0);
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_DIFFERS);
}

/* Catches addresses compared as text or with DNS names. */
static void test_addresses(void **state)
{
    (void)state;
    static const char *const sans[] = {"DNS:10.5.1.5", "IP:10.5.1.4", "IP:2001:db8::1"};
    struct scs_cert_facts c = with("CN=x", sans, 3);
    assert_int_equal(scs_hostname_match(&c, "10.5.1.4"), SCS_NAME_MATCHES);
    assert_int_equal(scs_hostname_match(&c, "2001:db8:0::1"), SCS_NAME_MATCHES);
    assert_int_equal(scs_hostname_match(&c, "10.5.1.5"), SCS_NAME_DIFFERS);
}

/* Catches a verdict about names that were not all seen. */
static void test_unknown(void **state)
{
    (void)state;
    static const char *many[SCS_MAX_NAMES];
    for (unsigned i = 0; i < SCS_MAX_NAMES; i++) {
        many[i] = "DNS:other.contoso.com";
    }
    struct scs_cert_facts c = with("CN=x", many, SCS_MAX_NAMES);
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_UNKNOWN);
    assert_int_equal(scs_hostname_match(&c, "other.contoso.com"), SCS_NAME_MATCHES);
    c = with("CN=x", NULL, 0);
    c.flags = SCS_CERT_INCOMPLETE;
    assert_int_equal(scs_hostname_match(&c, "ndes.contoso.com"), SCS_NAME_UNKNOWN);
    assert_int_equal(scs_hostname_match(&c, NULL), SCS_NAME_UNKNOWN);
    assert_int_equal(scs_hostname_match(NULL, "a"), SCS_NAME_UNKNOWN);
}

/* Catches "evilmanage.microsoft.com" taken for Microsoft's. */
static void test_under(void **state)
{
    (void)state;
    assert_true(scs_hostname_under("fef.msuc06.manage.microsoft.com", "manage.microsoft.com"));
    assert_true(scs_hostname_under("Manage.Microsoft.com.", "manage.microsoft.com"));
    assert_false(scs_hostname_under("evilmanage.microsoft.com", "manage.microsoft.com"));
    assert_false(scs_hostname_under("manage.microsoft.com.example", "manage.microsoft.com"));
    assert_false(scs_hostname_under(NULL, "manage.microsoft.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_names), cmocka_unit_test(test_wildcards), cmocka_unit_test(test_common_name_stands_in),
        cmocka_unit_test(test_addresses),   cmocka_unit_test(test_unknown),   cmocka_unit_test(test_under),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
