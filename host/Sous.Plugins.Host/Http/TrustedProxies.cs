using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// <c>SOUS_TrustedProxies</c>: addresses and networks whose X-Forwarded-For tells where a request came from. Anybody else's is passed
/// over, and nobody's word is taken for host or scheme: those come from SOUS_PublicUrl alone.
/// </summary>
internal static class TrustedProxies
{
    private const string Setting = "TrustedProxies";

    public static IServiceCollection AddTrustedProxies(this IServiceCollection services)
    {
        services.AddOptions<ForwardedHeadersOptions>().Configure<IConfiguration>(Configure).ValidateOnStart();
        return services;
    }

    public static void UseTrustedProxies(this IApplicationBuilder app)
    {
        // With nothing known, the middleware would believe everybody.
        var options = app.ApplicationServices.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value;
        if (options.KnownProxies.Count + options.KnownIPNetworks.Count > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    private static void Configure(ForwardedHeadersOptions options, IConfiguration configuration)
    {
        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();

        // From the nearest on, for as long as each is one of them.
        options.ForwardLimit = null;
        foreach (var text in Read(configuration.GetSection(Setting)))
        {
            if (IPAddress.TryParse(text, out var address))
            {
                options.KnownProxies.Add(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
            }
            else if (System.Net.IPNetwork.TryParse(text, out var network))
            {
                options.KnownIPNetworks.Add(network);
            }
            else
            {
                throw new OptionsValidationException(Setting, typeof(HostSettings), [$"SOUS_{Setting} must be addresses and networks, such as 10.0.0.5, 10.1.0.0/16; separate them by commas."]);
            }
        }
    }

    private static IEnumerable<string> Read(IConfigurationSection section) => section.GetChildren().Select(static child => child.Value).Prepend(section.Value)
        .SelectMany(static value => (value ?? "").Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
