using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>What the owner is told, in plain words.</summary>
internal static class OwnerPages
{
    /// <summary>The methods of what is only looked at.</summary>
    public static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Every callback that is refused gets this, whatever was wrong with it.</summary>
    public static readonly OwnerPage Refused = new(
        StatusCodes.Status400BadRequest,
        "This could not be matched to a link",
        Html.Of($"<p>Nothing was changed. Please open the link that you were given once more, in this browser, and follow it to the end.</p>"));

    public static readonly OwnerPage NoSuchLink = new(
        StatusCodes.Status404NotFound, "There is no such link", Html.Of($"<p>Please ask for a new one.</p>"));

    public static readonly OwnerPage TooMany = new(
        StatusCodes.Status429TooManyRequests, "One moment, please", Html.Of($"<p>Too many requests came from your network. Nothing was changed. Please try this again in a minute.</p>"));

    /// <summary>The worker itself failed; the owner can do no more than come again.</summary>
    public static OwnerPage Broken(int status) => new(
        status, "Something went wrong here", Html.Of($"<p>Nothing was shared. Please try this link again later.</p>"));

    public static OwnerPage Ask(ConnectSession session, DriverManifest manifest, Tenant tenant, ServiceAddresses addresses, Uri? returnAddress)
    {
        var name = tenant.Name ?? tenant.Id.Value;
        var shared = Html.Concat(manifest.Streams.Select(static stream => Html.Of($"<li>{Describe(stream.Name)}</li>")));
        var verb = session.Connection is null ? "Link" : "Renew the link from";
        var target = addresses.Authorize is { Scheme: "http" } authorize ? authorize : returnAddress;
        return new OwnerPage(
            StatusCodes.Status200OK,
            $"{verb} {manifest.Name} to {name}",
            Html.Of($"""
                <p><strong>{name}</strong> asks to read, from your {manifest.Name} account:</p>
                <ul>{shared}</ul>
                <p>You sign in at {manifest.Name} and say yes or no there. Your password stays with {manifest.Name}, and you can withdraw this at any time.</p>
                <form method="post"><button type="submit">Continue to {manifest.Name}</button></form>
                <p><small>Scopes: {string.Join(", ", manifest.Authorization.Scopes)}</small></p>
                """),
            target);
    }

    /// <summary>How a session stands, for those that cannot be started (again).</summary>
    /// <param name="back">Where the owner came from, or null.</param>
    public static OwnerPage Tell(ConnectSession session, string service, int status, Uri? back)
    {
        var (title, text) = Tell(session, service);
        var link = back is null ? default : Html.Of($"<p><a href=\"{back.AbsoluteUri}\">Go back to where you came from</a></p>");
        return new OwnerPage(status, title, Html.Concat([text, link]));
    }

    private static (string Title, Html Text) Tell(ConnectSession session, string service) => session.Status switch
    {
        ConnectSessionStatus.CodeHeld or ConnectSessionStatus.Redeeming
            => ("Almost done", Html.Of($"<p>{service} said yes. Please go back to where you came from, to finish there.</p>")),
        ConnectSessionStatus.AccountMismatch
            => ("This is another account", Html.Of($"<p>You agreed with another account at {service} than the one that was linked before. Nothing has changed so far. Please go back to where you came from, to decide there.</p>")),
        ConnectSessionStatus.Completed when session.MissingScopes.Count > 0
            => ("Done, but not all of it", Html.Of($"<p>{service} is linked. Not everything that was asked for is allowed, so some of it will not work: {string.Join(", ", session.MissingScopes)}.</p>")),
        ConnectSessionStatus.Completed
            => ("Done", Html.Of($"<p>{service} is linked. You can close this page and go back to where you came from.</p>")),
        ConnectSessionStatus.Denied
            => ("Nothing was linked", Html.Of($"<p>You did not agree at {service}, so nothing is shared. If that was a slip, ask for a new link.</p>")),
        ConnectSessionStatus.Failed
            => ("This did not work", Html.Of($"<p>{session.Cause ?? "Something went wrong."} Nothing new is shared. Please ask for a new link.</p>")),
        _ => ("This link has run out", Html.Of($"<p>It was not finished in time. Nothing is shared. Please ask for a new one.</p>")),
    };

    /// <summary>A restored copy that waits to be adopted.</summary>
    public static readonly OwnerPage NotNow = new(
        StatusCodes.Status503ServiceUnavailable, "Not now", Html.Of($"<p>Nothing can be linked here at the moment. Nothing was changed; please try this link again later.</p>"));

    /// <summary>The operator has to do something first; what exactly is not the owner's business.</summary>
    public static OwnerPage NotReady(string service) => new(
        StatusCodes.Status503ServiceUnavailable, "Not yet", Html.Of($"<p>Linking {service} is not set up here at the moment. Please try this link again later.</p>"));

    /// <summary>A link from an event whose owner has reconnected by now, or which needs nobody any more.</summary>
    public static OwnerPage NothingToRenew(string service, int status) => new(
        status, "There is nothing to do", Html.Of($"<p>{service} needs nothing from you at the moment. If you were asked again, open the newer link.</p>"));

    private static string Describe(string stream) => stream switch
    {
        "sales" => "sales, with their payments, tips and refunds",
        "catalog" => "the menu: items, prices and categories",
        "files" => "files in the folders that you choose",
        _ => stream,
    };
}
