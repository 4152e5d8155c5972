/* SPDX-License-Identifier: Apache-2.0 */
/* English: what became of the certificate. */
#include "report/lang/lang.h"

#define REFERENCE "Microsoft: Troubleshoot NDES to SCEP certificate delivery to devices"

const struct scs_finding_text scs_en_delivery[] = {
    {.id = "rep-cert-leaf",
     .title = "The answer holds no certificate for the key that asked",
     .meaning =
         "The opened answer for {client} has {certificates} certificates, and none is for the key of the request. The first "
         "one is for {subject}.",
     .causes = {"The server mixed up two requests.", "The CA signed another request of the same transaction.",
                "The server put nothing, or something else than a set of certificates, into the answer."},
     .fixes = {"certsrv.msc > Issued Certificates: compare the public key with the request's.",
               "Restart NDES (iisreset) and enrol again; report it to the maker of the SCEP server."},
     .confirm = {"The client's log: the certificate does not fit the private key."},
     .reference = "RFC 8894 3.3.2.1"},

    {.id = "rep-cert-notyet",
     .title = "The issued certificate is not valid yet",
     .meaning = "The certificate for {client} begins at {begins}, {minutes_ahead} minutes after it was delivered.",
     .causes = {"The CA's clock is ahead.", "The CA does not back-date certificates."},
     .fixes = {"w32tm /query /status on the CA; w32tm /resync.",
               "certutil -getreg CA\\ClockSkewMinutes: 10 is the default; set it and restart CertSvc."},
     .confirm = {"The device's log: the certificate is not yet valid."},
     .reference = "RFC 5280 4.1.2.5"},

    {.id = "rep-cert-content",
     .title = "The issued certificate is not what was asked for",
     .meaning = "The certificate for {client} differs from the request in its {differs}. It lacks {san}. It lacks {usage}.",
     .causes = {"The template builds the subject from Active Directory.", "The template sets other application policies.",
                "The CA does not take alternative names from requests."},
     .fixes = {"certtmpl.msc > the template > Subject Name: Supply in the request.",
               "The template > Extensions > Application Policies: Client Authentication.",
               "Publish the template again and iisreset on NDES."},
     .confirm = {"certsrv.msc > Issued Certificates > the certificate's details."},
     .reference = "Microsoft: Configure infrastructure to support SCEP with Intune"},

    {.id = "deliv-not-installed",
     .title = "A device asks again with the same key though it got its certificate",
     .meaning = "{client} asked for {subject} again after {minutes} minutes. The earlier answer was a certificate (exchange "
                "{earlier_exchange}) and all of it arrived, so the device did not install it.",
     .causes = {"The trusted root or an intermediate certificate is missing on the device.",
                "The key's provider (TPM, KSP) failed.", "Android device administrator: the user did not accept the prompt.",
                "The device's clock is wrong, so the certificate seems not yet valid."},
     .fixes = {"Assign the trusted root (and intermediate) certificate profiles to the same group as the SCEP profile.",
               "Windows: Event Viewer > DeviceManagement-Enterprise-Diagnostics-Provider > Admin, events 32, 306 and 307.",
               "Android: OMADM log after pkiStatus=SUCCESS; iOS: the device's console at profile installation."},
     .confirm = {"CA: two issued certificates for one device within a day."},
     .reference = REFERENCE},

    {.id = "deliv-reissue-loop",
     .title = "A device gets certificate after certificate",
     .meaning =
         "{client} got another certificate for {subject} with a new key, {minutes} minutes after one that arrived (exchange "
         "{earlier_exchange}).",
     .causes = {"The device cannot install what it gets and the profile is tried again.",
                "Two profiles ask for the same subject.", "A renewal that is done as a new enrolment."},
     .fixes = {"Look for the reason on the device: Windows events 32, 306 and 307; Android OMADM log; iOS console.",
               "Intune: check that only one SCEP profile with this subject is assigned to the device."},
     .confirm = {"CA: the list of issued certificates grows for one device.", "Intune > the profile > Device status: Error."},
     .reference = REFERENCE},

    {.id = "deliv-ok",
     .title = "The certificate was delivered",
     .meaning = "The whole CertRep for {client} was acknowledged, so the network's side is done.",
     .causes = {"Healthy."},
     .fixes = {"Nothing to do. If the device shows no certificate, look at the device's own log."},
     .confirm = {"Windows: event 39; Android: CERT_ACCESS_GRANTED; iOS: installed."},
     .reference = REFERENCE},
};
const size_t scs_num_en_delivery = sizeof scs_en_delivery / sizeof scs_en_delivery[0];
