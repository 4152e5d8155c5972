/* SPDX-License-Identifier: Apache-2.0 */
/* English: names that were not found. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_dns[] = {
    {.id = "dns-appproxy-wrong-url",
     .title = "The profile's host name does not exist, though an application proxy address is in use",
     .meaning = "{client} asked {resolver} for {host} and was told that no such name exists. The capture also shows "
                "{published_host}, an address of Microsoft Entra application proxy. The device probably has a URL that was never "
                "published.",
     .causes = {"The SCEP profile names an internal or custom host in place of the application's external URL.",
                "A custom domain was chosen for the application, but its CNAME record was not created in public DNS."},
     .fixes = {"Intune admin center > Devices > Configuration > the SCEP profile > SCEP Server URLs: "
               "https://<app>-<tenant>.msappproxy.net/certsrv/mscep/mscep.dll",
               "With a custom domain: create the CNAME that Entra admin center > Enterprise applications > Application proxy "
               "shows, and upload a certificate for it."},
     .confirm = {"Device: open the URL in a browser. NDES answers 403 to it; \"This page can't be displayed\" means the name or "
                 "the way is wrong.",
                 "Windows: event 36 of DeviceManagement-Enterprise-Diagnostics-Provider/Admin names the URL."},
     .reference = "Microsoft Learn: Integrate Microsoft Entra application proxy with a Network Device Enrollment Service (NDES) "
                  "server"},

    {.id = "dns-nxdomain",
     .title = "The SCEP server's name does not exist in DNS",
     .meaning =
         "{client} asked {resolver} for {host} and was told that no such name exists. The name is an alias of {alias_host}, "
         "and that is what is missing. The device cannot send anything without an address.",
     .causes = {"The URL in the SCEP profile is misspelt.", "The published application was deleted or renamed.",
                "The name is known inside the company network only, and the device is outside (split DNS)."},
     .fixes = {"Compare the profile's SCEP server URL with the external URL: Entra admin center > Enterprise applications > "
               "Application proxy > External Url.",
               "Resolve the name from the device's network: Resolve-DnsName HOST, nslookup HOST.",
               "Add the missing record to the zone that the device's resolver asks."},
     .confirm = {"Windows client: error 12007 (ERROR_WINHTTP_NAME_NOT_RESOLVED)."},
     .reference = "RFC 1035 4.1.1, RCODE 3; RFC 8020"},

    {.id = "dns-servfail",
     .title = "The resolver could not look up the SCEP server's name",
     .meaning = "{client} asked {resolver} for {host} {queries} times and got {rcode}. This says nothing about the name; the "
                "resolver itself has a problem with it.",
     .causes = {"The resolver's forwarder or the zone's name servers do not answer.", "DNSSEC validation fails for the zone.",
                "The resolver does not serve this client (REFUSED)."},
     .fixes = {"Ask another resolver: nslookup HOST 9.9.9.9. If that works, repair the forwarders of the first.",
               "DNS Manager > server > Properties > Forwarders; Get-DnsServerForwarder."},
     .confirm = {"Windows client: error 12007 (ERROR_WINHTTP_NAME_NOT_RESOLVED).",
                 "DNS server: its debug log, event log DNS Server."},
     .reference = "RFC 1035 4.1.1, RCODE 2 and 5"},

    {.id = "dns-timeout",
     .title = "The resolver does not answer",
     .meaning =
         "{client} asked {resolver} for {host} {queries} times within {waited_s} seconds, and no answer is in the capture.",
     .causes = {"A firewall drops UDP port 53.", "The resolver is down, or its address is wrong.",
                "A VPN changes the route to the resolver."},
     .fixes = {"Check the resolver's address on the client: Get-DnsClientServerAddress.",
               "Open UDP and TCP port 53 from the client to the resolver."},
     .confirm = {"Windows client: error 12007 (ERROR_WINHTTP_NAME_NOT_RESOLVED); event 1014 of DNS Client Events."},
     .reference = "RFC 1035 4.2.1"},

    {.id = "dns-mismatch",
     .title = "The client went to another address than DNS gave it",
     .meaning =
         "{resolver} said that {host} has the address {address}. {client} sent its SCEP request for that name to {server}.",
     .causes = {"A proxy is configured.", "A hosts file or the client's cache holds another address.",
                "Another resolver answered differently outside the capture."},
     .fixes = {"Nothing needs repair if the server is the right one. Otherwise: ipconfig /displaydns, "
               "%SystemRoot%\\System32\\drivers\\etc\\hosts, netsh winhttp show proxy"},
     .reference = "RFC 1035"},

    {.id = "dns-ca-fail",
     .title = "The SCEP server cannot find a host it depends on",
     .meaning = "{client}, a SCEP server, asked {resolver} for {host} and got: {rcode}. It needs its certification authority, a "
                "domain controller and the places of revocation lists to serve a request.",
     .causes = {"The server's network adapter names a resolver that does not know the company's domain.",
                "The certification authority or domain controller was renamed or removed.",
                "The certificates name a revocation list at a host that does not exist any more."},
     .fixes = {"On the NDES server: Get-DnsClientServerAddress must show the domain's DNS servers only.",
               "nltest /dsgetdc:DOMAIN, certutil -config - -ping",
               "certutil -verify -urlfetch CERTIFICATE shows which revocation address fails."},
     .confirm = {"Application log, source NetworkDeviceEnrollmentService: event 31 with 0x800706BA.",
                 "CAPI2/Operational log: events 11, 41 and 53."},
     .reference = "Microsoft Learn: NDES event 31; MS-WCCE"},
};
const size_t scs_num_en_dns = sizeof scs_en_dns / sizeof scs_en_dns[0];
