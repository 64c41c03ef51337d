using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Http;

/// <summary>Where the worker listens: <c>SOUS_Urls</c> or <c>--urls</c>, separated by semicolons; empty is not set.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://localhost:5080";

    private const StringSplitOptions Bare = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    /// <exception cref="OptionsValidationException">One of them cannot be listened on. The server itself would find out only after everything else has started.</exception>
    public static string[] Read(IConfiguration configuration)
    {
        var addresses = configuration["Urls"]?.Split(';', Bare) is { Length: > 0 } set ? set : [Default];
        return addresses.Select(FaultOf).FirstOrDefault(static fault => fault is not null) is { } fault
            ? throw new OptionsValidationException("Urls", typeof(HostSettings), [$"SOUS_Urls (or --urls) {fault}."])
            : addresses;
    }

    /// <summary>The same, and the public URL where one is set: whoever reaches the host comes by one of these.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<string> ReadWithPublic(IConfiguration configuration)
        => configuration["PublicUrl"] is { } url ? [.. Read(configuration), url] : Read(configuration);

    private static string? FaultOf(string text)
    {
        try
        {
            var address = BindingAddress.Parse(text);
            return address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase) ? "has an https address, and the worker listens by http only; let a proxy in front of it speak https"
                : !address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase) || address.PathBase.Length > 0 ? "must be http addresses without a path, such as http://localhost:5080"
                : address.Port is < 0 or > ushort.MaxValue ? "has a port that is none: ports end at 65535"
                : address.Port == 0 && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "leaves the port to the system, which needs 127.0.0.1 in place of localhost"
                : null;
        }
        catch (FormatException)
        {
            return "must be http addresses without a path, such as http://localhost:5080";
        }
    }
}
