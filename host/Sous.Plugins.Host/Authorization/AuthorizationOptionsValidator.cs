using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Lists every wrong address at once. A missing client registration is no error: it stops that driver's connects only.</summary>
internal sealed class AuthorizationOptionsValidator : IValidateOptions<AuthorizationOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthorizationOptions options)
    {
        var errors = new List<string>();
        Check(errors, "PublicUrl", options.PublicUrl);
        if (options.PublicUrl is { IsAbsoluteUri: true } url && url.PathAndQuery != "/")
        {
            errors.Add("PublicUrl: the address has neither path nor query.");
        }

        foreach (var (id, address) in options.ReturnAddresses)
        {
            Check(errors, $"ReturnAddresses:{id}", address);
        }

        foreach (var (driver, client) in options.Clients.Where(static pair => pair.Value.AuthUrl is not null))
        {
            // The operator's own network is the operator's to judge: a sandbox or a simulator may be there by plain http.
            Check(errors, $"Clients:{driver}:AuthUrl", client.AuthUrl, allowHttp: true);
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void Check(List<string> errors, string setting, Uri? address, bool allowHttp = false)
    {
        if (address is not { IsAbsoluteUri: true } || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            errors.Add($"{setting}: '{address}' is not an http or https address.");
        }
        else if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback && !allowHttp)
        {
            errors.Add($"{setting}: '{address}' needs https; http is for loopback addresses only.");
        }
        else if (address.Fragment.Length > 0 || address.UserInfo.Length > 0)
        {
            errors.Add($"{setting}: the address has no fragment and no user name.");
        }
    }
}
