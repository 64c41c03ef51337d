using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether what owners and services are told to call can lead here. Nothing is called.</summary>
internal sealed class PublicUrlCheck(IConfiguration configuration, IOptions<AuthorizationOptions> options, IOptions<ForwardedHeadersOptions> proxies) : ICheck
{
    private const string Callbacks = "oauth/callback/{driver}";

    public static string Name => "public URL";

    public static string Remedy => "Set SOUS_PublicUrl to the https address under which browsers and services reach this host, such as https://sous.example.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult<IReadOnlyList<Diagnosis>>([Judge(new Uri(options.Value.PublicUrl))]);

    private Diagnosis Judge(Uri url)
    {
        var listening = ListenAddresses.ReadAll(configuration);
        if (url.IsLoopback && url.Scheme == Uri.UriSchemeHttp && !listening.Select(ListenAddresses.PortOf).Any(port => port == url.Port || port == 0))
        {
            return Diagnosis.Failed(Name, $"Callbacks go to {url}{Callbacks}, and the worker listens on {string.Join(", ", listening)} only.", Remedy);
        }

        return configuration["PublicUrl"] is null ? Diagnosis.Warning(Name, $"SOUS_PublicUrl is not set: callbacks go to {url}{Callbacks}, which only browsers on this machine reach.", Remedy)
            : url.IsLoopback ? Diagnosis.Ok(Name, $"Callbacks go to {url}{Callbacks}: browsers on this machine only.")
            : proxies.Value.KnownProxies.Count + proxies.Value.KnownIPNetworks.Count == 0 && !listening.Any(ListenAddresses.IsHttps) ? Diagnosis.Warning(
                Name,
                $"Callbacks go to {url}{Callbacks}, and no proxy is trusted to tell who calls: all callers share the limits of one.",
                "Set SOUS_TrustedProxies to the address of the proxy that speaks https for this host, or have the host speak it itself (SOUS_CertificateFile).")
            : Diagnosis.Ok(Name, $"Callbacks go to {url}{Callbacks}.");
    }
}
