using System.Net;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>The page where the merchant allows or denies, and what its buttons do.</summary>
internal sealed class AuthorizeEndpoint(SquareSimulatorOptions options, GrantBook grants, SecretsLedger secrets)
{
    private readonly Lock _gate = new();
    private readonly RedirectAddresses _redirects = new(options.RedirectUris);
    private readonly Dictionary<string, AuthorizationRequest> _waiting = [];

    public Task ShowAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["client_id"] != options.ClientId)
        {
            return RefuseAsync(context, "The client_id is not that of a known application.");
        }

        var scopes = query["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (scopes.Length == 0 || scopes.Any(scope => scope.Any(c => !char.IsAsciiLetterUpper(c) && c != '_')))
        {
            return RefuseAsync(context, "The scope is missing or malformed.");
        }

        if (Redirect(query["redirect_uri"]) is not { } redirect)
        {
            return RefuseAsync(context, "The redirect_uri is not registered for this application.");
        }

        var challenge = query["code_challenge"].ToString();
        var request = new AuthorizationRequest(redirect, query.ContainsKey("redirect_uri"), query["state"], scopes, challenge.Length == 0 ? null : challenge);
        var id = secrets.Make("req-");
        lock (_gate)
        {
            _waiting[id] = request;
        }

        return PageAsync(context, 200, $"""
            <h1>{WebUtility.HtmlEncode(Restaurants.MerchantName)}</h1>
            <p>An application asks for: {WebUtility.HtmlEncode(string.Join(", ", scopes))}.</p>
            <form method="post" action="/oauth2/authorize">
              <input type="hidden" name="request" value="{id}">
              <label>Business <select name="merchant"><option value="{Restaurants.MerchantId}">{WebUtility.HtmlEncode(Restaurants.MerchantName)}</option></select></label>
              <button type="submit" name="decision" value="allow">Allow</button>
              <button type="submit" name="decision" value="deny">Deny</button>
            </form>
            """);
    }

    public Task DecideAsync(HttpContext context)
    {
        var form = ConsentPage.ReadForm(context);
        AuthorizationRequest? request;
        lock (_gate)
        {
            if (!_waiting.Remove(form.GetValueOrDefault("request").ToString(), out request))
            {
                return RefuseAsync(context, "The page is out of date: start again.");
            }
        }

        var answer = new Dictionary<string, string?>();
        if (form.GetValueOrDefault("decision") == "allow")
        {
            answer["code"] = grants.IssueCode(request);
            answer["response_type"] = "code";
        }
        else
        {
            answer["error"] = "access_denied";
            answer["error_description"] = "user_denied";
        }

        answer["state"] = request.State;
        return ConsentPage.SendBack(context, request.RedirectUri, answer);
    }

    private string? Redirect(string? asked) => string.IsNullOrEmpty(asked) ? _redirects.Usual : _redirects.Takes(asked) ? asked : null;

    private static Task RefuseAsync(HttpContext context, string why) => PageAsync(context, 400, $"<h1>Cannot continue</h1><p>{WebUtility.HtmlEncode(why)}</p>");

    private static Task PageAsync(HttpContext context, int status, string body) => ConsentPage.ShowAsync(context, status, "Square", body);
}
