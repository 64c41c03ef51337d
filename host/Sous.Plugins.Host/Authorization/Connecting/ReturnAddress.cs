using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The way back to the platform for an owner's browser: to a registered address alone, and with nothing secret but the completion.</summary>
internal sealed class ReturnAddress(IOptionsMonitor<AuthorizationOptions> options)
{
    public Uri? Find(ConnectSession session) => options.CurrentValue.FindReturnAddress(session.ReturnTo);

    /// <summary>With what the platform completes by.</summary>
    public Uri? FindToComplete(ConnectSession session, string completion) => Extend(session, "completion", completion);

    /// <summary>With how the session stands.</summary>
    public Uri? FindToTell(ConnectSession session) => Extend(session, "status", SnakeCase.Of(session.Status));

    private Uri? Extend(ConnectSession session, string name, string value) => Find(session) is { } address
        ? new Uri(QueryHelpers.AddQueryString(address.AbsoluteUri, new Dictionary<string, string?> { ["session"] = session.Id, [name] = value }))
        : null;
}
