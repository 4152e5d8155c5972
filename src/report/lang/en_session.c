/* SPDX-License-Identifier: Apache-2.0 */
/* English: what a client does over several requests. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_session[] = {
    {.id = "scep-op-unknown",
     .title = "The request names an operation that SCEP does not have",
     .meaning = "{client} asked for operation={operation} and got {status}.",
     .causes = {"A typing error in a script or URL (GetCACert, not GetCACerts).", "A client with operations of its own."},
     .fixes = {"Correct the operation: GetCACaps, GetCACert, GetNextCACert or PKIOperation."},
     .confirm = {"IIS log: cs-uri-query of this request."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-post-unadvertised",
     .title = "The client uses POST although the server does not offer it",
     .meaning = "{client} sent its PKIOperation by POST and got {status}. The capabilities have no POSTPKIOperation.",
     .causes = {"The client always uses POST.", "A proxy took POSTPKIOperation out of the capabilities."},
     .fixes = {"Update the server so that it offers POST, or let the client use GET."},
     .confirm = {"Ask the server itself: operation=GetCACaps."},
     .reference = "RFC 8894 3.5.2, 4.1"},

    {.id = "scep-get-instead-of-post",
     .title = "The client puts the message into the URL although POST is offered",
     .meaning =
         "{client} sent its PKIOperation by GET with a query of {query_length} bytes. IIS refuses more than 2,048 by default.",
     .causes = {"The client cannot POST, or did not ask for the capabilities.", "A proxy changes what this client is told."},
     .fixes = {"Switch the client to POST.",
               "Or raise the limits: IIS Manager > Default Web Site > Request Filtering > Edit Feature Settings, 65534 for URL "
               "and query string; "
               "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters, MaxFieldLength and MaxRequestBytes 65534, restart."},
     .confirm = {"IIS log: 404 with sc-substatus 15 when the limit is hit."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-probe-longurl",
     .title = "Microsoft's long-URL test was run",
     .meaning = "Validate-NDESUrl from {client} sent requests of growing length. The longest that passed has {longest_passed} "
                "bytes of query. The shortest that was "
                "refused has {shortest_refused}.",
     .causes = {"An administrator or script tests the limits. The messages are junk on purpose."},
     .fixes = {"If sizes up to about 16 KB are refused: IIS Manager > Default Web Site > Request Filtering > Edit Feature "
               "Settings, 65534 for URL "
               "and query string; "
               "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters, MaxFieldLength and MaxRequestBytes 65534, restart."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17 for each test that got through."},
     .reference = "Microsoft: Validate-NDESUrl.ps1"},

    {.id = "scep-ios-stops-after-getcacert",
     .title = "The Apple device stopped after it got the CA certificates",
     .meaning =
         "{client} got the GetCACert answer and asked for nothing more within 30 seconds: it did not accept the certificates.",
     .causes = {"The trusted root profile on the device is not the root of this CA, or an intermediate was deployed as root.",
                "The CA or RA certificates are signed with RSASSA-PSS or SHA-1.",
                "The answer lacks one of the three certificates NDES must list."},
     .fixes =
         {"Deploy the right root certificate with a trusted certificate profile, and assign it to the same group as the SCEP "
          "profile.",
          "certutil -setreg ca\\csp\\AlternateSignatureAlgorithm 0 on the CA, restart CertSvc, renew CA and RA certificates.",
          "Compare with the CACERT findings of this report."},
     .confirm = {"iOS log (Console): MCSCEPErrorDomain 22002 or 22003."},
     .reference = "Microsoft: Troubleshoot SCEP certificate profile deployment on iOS devices"},

    {.id = "scep-stops-after-caps",
     .title = "The device stopped after it learned what the server offers",
     .meaning = "{client} got the capabilities and sent no request.",
     .causes = {"Apple: the capabilities lack a digest or cipher it requires.",
                "Windows: the key could not be made (TPM or key storage provider).",
                "The device did not accept the CA certificates."},
     .fixes = {"Check the capabilities in this report: SHA-256 and AES or DES3 must be there.",
               "Intune profile: Key storage provider 'Enroll to TPM if present, otherwise software'.",
               "Windows device: Event Viewer > DeviceManagement-Enterprise-Diagnostics-Provider > Admin."},
     .confirm = {"Apple: MCSCEPErrorDomain 22006.", "Windows: DeviceManagement events 32 or 306."},
     .reference = "RFC 8894 3.5"},

    {.id = "scep-getca-loop",
     .title = "A client asks for the CA certificates again and again and never for its own",
     .meaning =
         "{client} sent {operation} {rounds} times within {span_s} seconds and no PKIOperation: it silently rejects the answer.",
     .causes = {"The CA hash (thumbprint) in the profile is not that of this CA.", "The device does not trust the CA.",
                "Capabilities the client cannot use."},
     .fixes = {"Compare the thumbprint in this report with the profile's root certificate.",
               "Assign the trusted certificate profile to the same devices or users as the SCEP profile."},
     .confirm = {"Windows: DeviceManagement event 32, 'The hash value is not correct'."},
     .reference = "RFC 8894 2.2"},

    {.id = "scep-op-missing-caps",
     .title = "The client enrols without asking for capabilities or certificates first",
     .meaning = "{client} sent a PKIOperation, and the capture shows no GetCACaps or GetCACert before it.",
     .causes = {"The client remembers earlier answers. After a renewal of the RA certificates they may be out of date."},
     .fixes = {"Nothing to do while it succeeds; otherwise start the enrolment at the client anew."},
     .confirm = {"IIS log: earlier requests of this client."},
     .reference = "RFC 8894 2.2"},

    {.id = "scep-replay",
     .title = "The very same request came twice",
     .meaning = "{client} sent the same message, with the same nonce, again after {after_s} seconds on another connection.",
     .causes = {"A proxy or load balancer repeats requests it got no answer to.",
                "The client repeats the message instead of making a new one."},
     .fixes = {"Switch off retries of POST and PKIOperation at the proxy.", "Find out why the first answer did not arrive."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29, the password was already used."},
     .reference = "RFC 8894 3.2.1.5"},

    {.id = "scep-retry-storm",
     .title = "A client tries the same enrolment again and again",
     .meaning = "Transaction {transaction_id} was requested {tries} times. It took {span_s} seconds, and no try succeeded.",
     .causes = {"The cause is the failure of each try: see the other findings of this enrolment."},
     .fixes = {"Repair that failure. Windows tries 3 times every 5 minutes, iOS 3 times every 10 seconds by default."},
     .confirm = {"IIS log: the same client at these intervals."},
     .reference = "Microsoft: ClientCertificateInstall CSP, RetryCount and RetryDelay"},

    {.id = "scep-dup-transid-keys",
     .title = "Two keys use one transaction id",
     .meaning = "Transaction {transaction_id} was requested with different keys, {clashes} times in this capture. Answers and "
                "challenges can reach the wrong device.",
     .causes = {"The client uses a constant transaction id.", "A cloned device image or profile."},
     .fixes = {"Let the client derive the id from its key, as RFC 8894 advises.", "Generalise images before cloning."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29."},
     .reference = "RFC 8894 3.2.1.1"},
};
const size_t scs_num_en_session = sizeof scs_en_session / sizeof scs_en_session[0];
