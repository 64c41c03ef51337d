using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// Where the worker listens: <c>SOUS_Urls</c> or <c>--urls</c>, and <c>SOUS_PublicListen</c> for <see cref="PublicListener"/>; separated by semicolons,
/// empty is not set.
/// </summary>
internal static class ListenAddresses
{
    public const string Default = "http://localhost:5080";

    private const StringSplitOptions Bare = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    /// <summary>Those on which all answers.</summary>
    /// <exception cref="OptionsValidationException">One of them cannot be listened on. The server itself would find out only after everything else has started.</exception>
    public static string[] Read(IConfiguration configuration)
    {
        const string Setting = "SOUS_Urls (or --urls)";
        var addresses = Split(configuration["Urls"]) is { Length: > 0 } set ? Check(set, "Urls", Setting, configuration) : [Default];
        return Array.Exists(addresses, static address => !IsHttps(address)) ? addresses
            : throw new OptionsValidationException("Urls", typeof(HostSettings), [$"{Setting} needs an http address beside https, such as {Default}: the command line on this machine comes by it."]);
    }

    /// <summary>Those on which only what browsers and services call answers; none where not set. Each has a port of its own, by which its requests are told from others.</summary>
    /// <inheritdoc cref="Read"/>
    public static string[] ReadPublic(IConfiguration configuration)
    {
        const string Setting = "SOUS_PublicListen";
        var addresses = Check(Split(configuration["PublicListen"]), "PublicListen", Setting, configuration);
        var others = Read(configuration).Select(PortOf).ToHashSet();
        return Array.Find(addresses, address => PortOf(address) == 0 || others.Contains(PortOf(address))) is { } unfit
            ? throw new OptionsValidationException("PublicListen", typeof(HostSettings), [$"{Setting} ({unfit}) needs a port of its own: one that is named, and that SOUS_Urls (or --urls) does not have."])
            : addresses;
    }

    /// <summary>All of them: those on which all answers first.</summary>
    /// <inheritdoc cref="Read"/>
    public static string[] ReadAll(IConfiguration configuration) => [.. Read(configuration), .. ReadPublic(configuration)];

    /// <summary>The same, and the public URL where one is set: whoever reaches the host comes by one of these.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<string> ReadWithPublic(IConfiguration configuration)
        => configuration["PublicUrl"] is { } url ? [.. ReadAll(configuration), url] : ReadAll(configuration);

    public static int PortOf(string address) => BindingAddress.Parse(address).Port;

    private static string[] Split(string? addresses) => addresses?.Split(';', Bare) ?? [];

    private static string[] Check(string[] addresses, string setting, string name, IConfiguration configuration)
        => addresses.Select(address => FaultOf(address, ServerCertificate.IsSetIn(configuration))).FirstOrDefault(static fault => fault is not null) is { } fault
            ? throw new OptionsValidationException(setting, typeof(HostSettings), [$"{name} {fault}."])
            : addresses;

    private static string? FaultOf(string text, bool hasCertificate)
    {
        const string Form = "must be http or https addresses without a path, such as http://localhost:5080";
        try
        {
            var address = BindingAddress.Parse(text);
            return !IsHttps(text) && !address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase) || address.PathBase.Length > 0 ? Form
                : IsHttps(text) && !hasCertificate ? "has an https address, which needs SOUS_CertificateFile and SOUS_CertificateKeyFile; or let a proxy in front of the worker speak https"
                : address.Port is < 0 or > ushort.MaxValue ? "has a port that is none: ports end at 65535"
                : address.Port == 0 && address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "leaves the port to the system, which needs 127.0.0.1 in place of localhost"
                : null;
        }
        catch (FormatException)
        {
            return Form;
        }
    }

    public static bool IsHttps(string address) => BindingAddress.Parse(address).Scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
}
