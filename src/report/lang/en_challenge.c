/* SPDX-License-Identifier: Apache-2.0 */
/* English: challenge passwords. */
#include "report/lang/lang.h"

#define MSCEP "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP"

const struct scs_finding_text scs_en_challenge[] = {
    {.id = "chal-absent",
     .title = "The request carries no challenge password",
     .meaning = "The opened request {transaction_id} from {client} has no challengePassword, and it is no renewal. The server "
                "refused it.",
     .causes = {"The profile or tool gives the client no challenge.",
                "The device asks another NDES than the one its profile is for."},
     .fixes = {"Intune: enrol through a SCEP profile; the challenge comes with it. Tools: pass the password of "
               "http://NDES/certsrv/mscep_admin.",
               "Without challenges on purpose: " MSCEP "\\EnforcePassword, EnforcePassword = 0, then iisreset; never together "
               "with the policy module."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29.", "CertificateRegistrationPoint_*.svclog at this time."},
     .reference = "RFC 8894 2.4; RFC 2985 5.4.1"},

    {.id = "chal-malformed",
     .title = "The challenge is in a form the server cannot read",
     .meaning = "The challengePassword from {client} has {challenge_length} characters and the server refused the request. It is "
                "encoded as {string_type}. Its {broken} is damaged.",
     .causes = {"The client encodes the challenge as BMPString (UTF-16) or as no string at all.",
                "The challenge was cut or changed where it was copied.", "A variable of the profile is empty."},
     .fixes = {"Set the client to PrintableString or UTF8String for challengePassword; update it.",
               "Intune: sync the device so that the profile brings a new challenge."},
     .confirm = {"CertificateRegistrationPoint_*.svclog: 0x410, the challenge cannot be decoded.",
                 "Application log: NetworkDeviceEnrollmentService 29."},
     .reference = "RFC 2985 5.4.1; RFC 8894 2.4"},

    {.id = "chal-kind",
     .title = "The challenge is for another kind of NDES",
     .meaning = "{client} sent {sent}, and this NDES wants {wanted}.",
     .causes = {"The device or tool uses the wrong NDES.", "One NDES is meant for Intune and for manual enrolment alike."},
     .fixes = {"Intune profile: SCEP Server URLs must name the NDES with the Certificate Connector.",
               "Use one NDES for Intune and another for mscep_admin passwords: with the policy module registered, passwords are "
               "not accepted.",
               "reg query " MSCEP "\\Modules: a NDESPolicy key means that Intune's policy module decides."},
     .confirm = {"CertificateRegistrationPoint_*.svclog: the challenge cannot be decoded.",
                 "Application log: NetworkDeviceEnrollmentService 29."},
     .reference = "Microsoft: Configure infrastructure to support SCEP with Intune"},

    {.id = "chal-reused",
     .title = "A challenge was used a second time, with another key",
     .meaning =
         "The request {transaction_id} from {client} carries the same challenge as exchange {earlier_exchange}, for another "
         "key. One challenge is good for one certificate.",
     .causes = {"Devices were set up with one copied profile or password.",
                "The client makes a new key when it tries again, and the challenge is spent."},
     .fixes =
         {"Get one password per device from http://NDES/certsrv/mscep_admin; Intune: sync each device for its own challenge.",
          "Do not clone devices after the profile was delivered."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29."},
     .reference = "RFC 8894 2.4"},

    {.id = "chal-expired",
     .title = "The one-time password was probably too old",
     .meaning =
         "The last mscep_admin page in this capture gave out a password {age_minutes} minutes before {client} used one. They "
         "expire after 60 minutes.",
     .causes = {"Too much time between getting the password and enrolling."},
     .fixes = {"Get a new password from http://NDES/certsrv/mscep_admin and enrol within the hour.",
               MSCEP "\\PasswordValidity, PasswordValidity (DWORD, minutes) lengthens their life; iisreset."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29."},
     .reference = "Microsoft: Network Device Enrollment Service guidance"},

    {.id = "chal-cache-full",
     .title = "NDES gives out no more passwords: its cache is full",
     .meaning = "The mscep_admin page told {client} that the password cache is full.",
     .causes = {"Passwords were fetched and not used.", "A tool or monitor fetches the page again and again."},
     .fixes = {"iisreset on NDES empties the cache; unused passwords stop working.",
               MSCEP "\\PasswordMax, PasswordMax (DWORD): more passwords at one time; iisreset.",
               "Stop what fetches /certsrv/mscep_admin without enrolling; the IIS log names it."},
     .confirm = {"IIS log: many GET /certsrv/mscep_admin and few PKIOperation."},
     .reference = "Microsoft: Network Device Enrollment Service guidance"},

    {.id = "chal-no-permission",
     .title = "The administrator may not get a password: no Enroll permission",
     .meaning = "The mscep_admin page told {client} that the account has no permission to enrol with SCEP.",
     .causes = {"The account lacks Enroll on the templates NDES uses.", "The template is not published at the CA."},
     .fixes = {"certtmpl.msc > each template named in " MSCEP
               " (EncryptionTemplate, SignatureTemplate, GeneralPurposeTemplate) > "
               "Security: Read and Enroll for the account.",
               "Open the page as the account that set up NDES, or as a member of the group with these rights."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 6."},
     .reference = "Microsoft: Network Device Enrollment Service guidance"},

    {.id = "chal-single-password",
     .title = "One password is good for every request",
     .meaning = "The mscep_admin page for {client} says that its password can be used many times and does not expire.",
     .causes = {"UseSinglePassword is set."},
     .fixes = {"If it is not wanted: " MSCEP "\\UseSinglePassword, UseSinglePassword = 0; iisreset.",
               "If it is: whoever knows the password gets certificates, so limit who reaches NDES and what the template allows."},
     .confirm = {"reg query " MSCEP "\\UseSinglePassword"},
     .reference = "Microsoft: Network Device Enrollment Service guidance"},
};
const size_t scs_num_en_challenge = sizeof scs_en_challenge / sizeof scs_en_challenge[0];
