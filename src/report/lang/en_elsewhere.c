/* SPDX-License-Identifier: Apache-2.0 */
/* English: what packets alone never prove. Some of it a log shows, some is no fault; who meets the id finds it explained. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_elsewhere[] = {
    {.id = "tls-intermediate-in-root",
     .waits_for =
         "The IIS log of the policy module's calls (403 16 2148204809), or a listing of the server's Trusted Root store.",
     .title = "Intermediate certificates in the Trusted Root store break client certificates",
     .meaning =
         "A certificate that is not self-signed stands in Trusted Root Certification Authorities of the NDES server, so IIS "
         "trusts no client certificate any more. Packets show only what follows from it: policy-403 or policy-403-16 for the "
         "policy module's calls, http-503-apppool for devices.",
     .causes = {"A group policy puts intermediate CA certificates into the root store.", "Somebody imported them there by hand."},
     .fixes =
         {"Get-ChildItem Cert:\\LocalMachine\\Root -Recurse | Where-Object { $_.Issuer -ne $_.Subject } must list nothing; move "
          "what it lists to Cert:\\LocalMachine\\CA.",
          "Mend the group policy that brings them back, then restart the server."},
     .confirm = {"IIS log: POST /CertificateRegistrationSvc ... 403 16 2148204809 (0x800B0109)."},
     .reference = "Microsoft: Troubleshoot NDES policy module for SCEP certificate profiles"},

    {.id = "deliv-not-reported",
     .waits_for =
         "The connector's log (Event Viewer > Microsoft > Intune > CertificateConnectors > Admin), or the state that the "
         "Intune admin center shows.",
     .title = "The certificate is on the device and Intune still shows it as pending",
     .meaning = "What Intune shows comes over a connection that is never readable in a capture of SCEP. Packets show only the "
                "policy module's part of it: policy-notify-missing, policy-notify-fail and conn-intune-blocked.",
     .causes = {"The policy module's Notify failed or was never sent.", "The connector cannot reach Intune.",
                "The device has not checked in since."},
     .fixes = {"Look for policy-notify-missing, policy-notify-fail and conn-intune-blocked in the report.",
               "Restart the connector's services and watch its Admin log during the next enrolment.",
               "Sync the device: Intune admin center > Devices > the device > Sync."},
     .confirm = {"Connector log, Operational: events 4008 to 4010; Admin: 20600 and 20602.",
                 "Folders CertificateRequestStatus\\Failed, Processing and Succeed of the connector."},
     .reference = "Microsoft: Troubleshoot the reporting of SCEP certificate deployment"},

    {.id = "dev-android-prompt",
     .waits_for = "The device's OMADM log: CERT_INSTALL_REQUESTED and no CERT_ACCESS_GRANTED after it.",
     .title = "Android waits for its user to allow the certificate",
     .meaning = "Under device administrator management Android asks its user before it installs a certificate. Nothing of that "
                "goes over the network: the enrolment looks complete (rep-success, deliv-ok).",
     .causes = {"Nobody has touched the notification yet.", "The user dismissed it."},
     .fixes = {"Open the notification of Company Portal on the device and allow the certificate.",
               "Move the device to Android Enterprise, where certificates are installed without asking."},
     .confirm = {"OMADM log: CERT_INSTALL_REQUESTED, later CERT_ACCESS_GRANTED."},
     .reference = "Microsoft: Troubleshoot delivery of SCEP certificates to devices in Intune"},

    {.id = "rep-content-odd",
     .refused = "NDES answers every refused request so, and clients are used to it: a finding would be a false alarm each time.",
     .title = "A FAILURE holds one byte where the standard has nothing",
     .meaning = "RFC 8894 leaves the content of a FAILURE out; NDES writes a single byte 00 there. It is read as what it is.",
     .causes = {"This is how NDES builds its answers."},
     .fixes = {"Nothing to do. The reason for the refusal is in failInfo and in NDES's own error code (rep-hresult)."},
     .reference = "RFC 8894 3.3.2.2"},
};
const size_t scs_num_en_elsewhere = sizeof scs_en_elsewhere / sizeof scs_en_elsewhere[0];
