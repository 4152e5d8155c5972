/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "tls/schedule.h"

#define RSA_AES_128_CBC_SHA    0x002f
#define RSA_AES_128_GCM_SHA256 0x009c
#define RSA_AES_256_GCM_SHA384 0x009d
#define AES_128_GCM_SHA256     0x1301
#define AES_256_GCM_SHA384     0x1302

static void assert_hex(const uint8_t *got, size_t len, const char *expected)
{
    size_t expected_len;
    uint8_t *bytes = test_hex(expected, &expected_len);
    assert_int_equal(len, expected_len);
    assert_memory_equal(got, bytes, len);
    free(bytes);
}

static void check_prf(uint16_t suite, uint16_t version, const char *secret_hex, const char *seed_hex, const char *expected)
{
    size_t secret_len, seed_len;
    uint8_t *secret = test_hex(secret_hex, &secret_len), *seed = test_hex(seed_hex, &seed_len), out[256];
    struct scs_cursor s = scs_cursor_of(secret, secret_len), d = scs_cursor_of(seed, seed_len);
    size_t len = strlen(expected) / 2;
    assert_true(scs_tls_prf(scs_tls_suite_find(suite), version, &s, "test label", &d, out, len));
    assert_hex(out, len, expected);
    free(secret);
    free(seed);
}

/* Catches a PRF with the wrong hash, label or order of seeds: the vectors that went round the TLS working group. */
static void prf(void **state)
{
    (void)state;
    check_prf(RSA_AES_128_GCM_SHA256, 0x0303, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
              "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17ab"
              "fd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66");
    check_prf(RSA_AES_256_GCM_SHA384, 0x0303, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
              "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed270088"
              "4f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066"
              "f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f");
}

/* Catches a seed that runs past the room for it. */
static void prf_refuses_long_seed(void **state)
{
    (void)state;
    static const uint8_t zeros[65];
    uint8_t out[48];
    struct scs_cursor secret = scs_cursor_of(zeros, 48), seed = scs_cursor_of(zeros, 65), most = scs_cursor_of(zeros, 64);
    const struct scs_tls_suite *suite = scs_tls_suite_find(RSA_AES_128_CBC_SHA);
    assert_false(scs_tls_prf(suite, 0x0303, &secret, "test label", &seed, out, sizeof out));
    assert_true(scs_tls_prf(suite, 0x0303, &secret, "test label", &most, out, sizeof out));
}

/* Real connections between OpenSSL and GnuTLS: premaster secrets opened with the server's key, master secrets of its key log. */
static const struct {
    uint16_t suite, version;
    const char *premaster, *client_random, *server_random, *session_hash, *master;
} masters[] = {
    {0x002f, 0x0302, "03027be1cab505fb10b73a6995b7c0d3c42e1e8df573e625467a204e6c8d358b81752af146a8c784cb6f02261e4c6630",
     "23717b051b3ca474504e77c0d81b57275b7c3a9de2bc450ae5a7b4f6350affdb",
     "32c2385523bc8924b93cad70ba1f23c9bbb263393ff38dd1ab934abec38384cf",
     "eec7cca142cfe28486fad21692e833d39b1d9c66482720ab6dd9d6275d2fbd220564c6eb",
     "01ad17ee2a2473ea83f6f135bd7f51fc7b9cbec47e5274daa1612b8d06c0340e274d84cd60fcecf3ece32719b353a7f3"},
    {0x002f, 0x0303, "0303d5c8e9b727e013993ff8bf1b56f74f6fb142412f2f9ba0b8a3ea7d81fee710dc2920bb54b0e7f1f5e2f5d2a9782a",
     "38b363ff3c1d6ccf10ae506a399bc546bdbf9fc8b4fa585363805e89ca8cd437",
     "f32b61519d84b88be9dd33d105a015a83d98569c94d44af13dffb0b9a971ba39",
     "118015c832d533bac53b2e0c46c35bec840c2416e024bdf40776159f2943a98b",
     "8f12e0ef35674846b74c88dcad22d122210d7186a812dfb8576f63563f54352cf91ecc6dae6f8fa5a76a435d105a7401"},
    {0x009d, 0x0303, "03033399ca536a5378d15c257e9a07e90839cc28e6bfbca28198778b417fe403bc0facd56885824b9d3ef949ea593c8f",
     "4cca9e3501c4beae12245791074ba6321010d3c9403d4e741c36f52de7ae2c5c",
     "67f02d64de954cea6a4e5aaaa88095ad470d91ae988aafe89edffcfb186e92bc",
     "6c906c82d11d5a0b9d614ac57b63a70806240abfad22391c9a4d0aad4d715a932df8f5469d24df61c260300987b60e7f",
     "8ebca6d4fe086b9fc6f99d04aacbca0f93f34a32079f62de923fdb0e24bfcb71eb00672d4ec83a29bf3cc42813ab89f0"},
    {0x002f, 0x0301, "0301afb5a1285c96dc72d2d481fc771d5f54ec8ac6d86166aedbaeb92a64ade20d54c728585ab9c89b91e2566382bfe6",
     "b1e2581ca2835f77dc54687d88f8aa57a79d8e606de159cc3ebc9185b98f325e",
     "141848f43a1ecf734b5b1813779dea4b2db1a215ab814bd9d7dc957662cc0c0f", NULL,
     "8bf1d8ca2f35f0cdd4a3c6d3d2728be7d5f026c48575f85d0ab7a4afe5dd69eec64c1cde6cb2a9fd1658e5d126f875a4"},
    {0x002f, 0x0303, "0303ee525bdca514b01e4b65dc446fff036874ac000c349de00bbe2d5bf76ff0643c577394925cca8772f7c9ac173615",
     "9d4e1b8475737874b81631fb025832247d1adc2faef63f3e7996dca847555f77",
     "9f53d1b875ce87f52443a06574e766ddfce70f5504800493db738c34ecd25ec4", NULL,
     "2b2aa94cd87ea2cea8f8bc1dd99bc75ad4479dc08cd91bb13874c3d3d0e9b0e9eecba90dac53e142ad713c8681e221c0"},
    {0x009d, 0x0303, "0303996b18cba9a478eb85da9bb153c5a8016fd0b554ee74d1eb91b2ccc362f8b5f22181172a695ecdff9648c666d92d",
     "b0da2c86434a7ea790a51cd372b72a25c65fb4f69f8f889b5c17eaee432f1fe4",
     "43fbcd03dcf103e4d660e10f4f894753e29733ebbaca3aa1c9019649abb855c5", NULL,
     "237b988e1518cc16812d66ef3f98643b0e266f7f4263a32f88ca2347cee93c4784e20a7a5467dacb521bbf2b6cc39821"},
};

/* Catches a master secret without the extension, or without it where it was agreed, and the wrong hash of its version. */
static void master_secrets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof masters / sizeof *masters; i++) {
        size_t premaster_len, hash_len = 0, n;
        uint8_t *premaster = test_hex(masters[i].premaster, &premaster_len), *client = test_hex(masters[i].client_random, &n),
                *server = test_hex(masters[i].server_random, &n), *hash = NULL, out[48];
        if (masters[i].session_hash != NULL) {
            hash = test_hex(masters[i].session_hash, &hash_len);
        }
        assert_true(scs_tls_master_12(scs_tls_suite_find(masters[i].suite), masters[i].version, premaster, premaster_len, client,
                                      server, hash, hash_len, out));
        assert_hex(out, sizeof out, masters[i].master);
        free(premaster);
        free(client);
        free(server);
        free(hash);
    }
}

static void hash_abc(uint16_t suite, uint16_t version, const char *expected)
{
    uint8_t out[64];
    struct scs_tls_transcript *t = scs_tls_transcript_new();
    scs_tls_transcript_add(t, "a", 1);
    scs_tls_transcript_hash(t, scs_tls_suite_find(suite), version, out); /* reading does not end it */
    scs_tls_transcript_add(t, "bc", 2);
    for (int again = 0; again < 2; again++) {
        size_t len = scs_tls_transcript_hash(t, scs_tls_suite_find(suite), version, out);
        assert_hex(out, len, expected);
    }
    scs_tls_transcript_free(t);
}

/* Catches the wrong hash for a version or suite, and one that cannot be read twice. FIPS 180 and RFC 1321: "abc". */
static void transcript(void **state)
{
    (void)state;
    static const char md5_sha1[] = "900150983cd24fb0d6963f7d28e17f72a9993e364706816aba3e25717850c26c9cd0d89d",
                      sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                      sha384[] =
                          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
    hash_abc(RSA_AES_128_CBC_SHA, 0x0301, md5_sha1);
    hash_abc(RSA_AES_128_CBC_SHA, 0x0302, md5_sha1);
    hash_abc(RSA_AES_128_CBC_SHA, 0x0303, sha256);
    hash_abc(RSA_AES_256_GCM_SHA384, 0x0303, sha384);
    hash_abc(AES_128_GCM_SHA256, 0x0304, sha256);
    scs_tls_transcript_free(NULL);
}

static struct scs_secret secret_of(const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_secret secret = {.len = (uint8_t)len};
    memcpy(secret.bytes, bytes, len);
    free(bytes);
    return secret;
}

/* Catches a wrong HKDF label or length: the handshake keys of RFC 8448 3. */
static void traffic_keys(void **state)
{
    (void)state;
    struct scs_tls_keys keys;
    struct scs_secret client = secret_of("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"),
                      server = secret_of("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    const struct scs_tls_suite *suite = scs_tls_suite_find(AES_128_GCM_SHA256);
    assert_true(scs_tls_traffic_keys(suite, &client, &keys));
    assert_hex(keys.key, 16, "dbfaa693d1762c5b666af5d950258d01");
    assert_hex(keys.iv, 12, "5bd3c71b836e0b76bb73265f");
    assert_true(scs_tls_traffic_keys(suite, &server, &keys));
    assert_hex(keys.key, 16, "3fce516009c21727d0f2e4e86ee403bc");
    assert_hex(keys.iv, 12, "5d313eb2671276ee13000b30");
}

/* Catches a secret of another hash that is taken, and an update that changes one it could not derive. */
static void secret_of_other_hash(void **state)
{
    (void)state;
    struct scs_tls_keys keys;
    struct scs_secret secret = secret_of("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"), before = secret;
    const struct scs_tls_suite *suite = scs_tls_suite_find(AES_256_GCM_SHA384);
    assert_false(scs_tls_traffic_keys(suite, &secret, &keys));
    assert_false(scs_tls_next_traffic(suite, &secret));
    assert_memory_equal(secret.bytes, before.bytes, sizeof before.bytes);
    assert_true(scs_tls_next_traffic(scs_tls_suite_find(AES_128_GCM_SHA256), &secret));
    assert_memory_not_equal(secret.bytes, before.bytes, 32);
    assert_int_equal(secret.len, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prf),        cmocka_unit_test(prf_refuses_long_seed), cmocka_unit_test(master_secrets),
        cmocka_unit_test(transcript), cmocka_unit_test(traffic_keys),          cmocka_unit_test(secret_of_other_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
