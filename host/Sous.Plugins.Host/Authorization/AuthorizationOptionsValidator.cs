using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization;

/// <summary>
/// Names every wrong address at once, by its setting alone: a value may be a secret that was put in the wrong place.
/// A missing client registration is no error: it stops that driver's connects only.
/// </summary>
internal sealed class AuthorizationOptionsValidator : IValidateOptions<AuthorizationOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthorizationOptions options)
    {
        var errors = Faults(options).Where(static found => found.Fault is not null).Select(static found => $"{found.Setting} {found.Fault}.").ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<(string Setting, string? Fault)> Faults(AuthorizationOptions options)
    {
        yield return ("SOUS_PublicUrl", FaultOf(options.PublicUrl, isRoot: true));
        foreach (var (id, address) in options.ReturnAddresses)
        {
            yield return ($"SOUS_ReturnAddresses__{id}", FaultOf(address, isRoot: false));
        }

        foreach (var (driver, client) in options.Clients)
        {
            yield return ($"SOUS_Clients__{driver}__ApiUrl", OperatorAddresses.FaultOf(client?.ApiUrl));
            yield return ($"SOUS_Clients__{driver}__AuthUrl", OperatorAddresses.FaultOf(client?.AuthUrl));
            foreach (var (scope, limits) in client?.RateLimits ?? [])
            {
                yield return ($"SOUS_Clients__{driver}__RateLimits__{scope}", Enum.TryParse<RateLimitScope>(scope, ignoreCase: true, out _) ? RateLimitSettings.FaultOf(limits) : "is neither of Registration nor of Connection");
            }
        }
    }

    /// <summary>What is wrong with an address that an owner's browser is sent to, or null.</summary>
    private static string? FaultOf(string? text, bool isRoot)
        => !Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) ? "is not an http or https address"
            : address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback ? "needs https; http is for loopback addresses only"
            : address.Fragment.Length > 0 || address.UserInfo.Length > 0 ? "must have neither a fragment nor a user name"
            : isRoot && address.PathAndQuery != "/" ? "must have neither a path nor a query"
            : null;
}
