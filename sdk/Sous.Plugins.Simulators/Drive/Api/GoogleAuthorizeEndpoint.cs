using System.Net;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Google's consent page, where the owner may tick fewer scopes than were asked for, and what its buttons do.</summary>
internal sealed class GoogleAuthorizeEndpoint(DriveSimulatorOptions options, GoogleGrants grants, SecretsLedger secrets)
{
    private readonly Lock _gate = new();
    private readonly RedirectAddresses _redirects = new(options.RedirectUris);
    private readonly Dictionary<string, GoogleAuthorization> _waiting = [];

    public Task ShowAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (Complaint(query) is { } complaint)
        {
            return RefuseAsync(context, complaint);
        }

        var scopes = query["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var asked = query["include_granted_scopes"] == "true" ? [.. scopes.Union(grants.GrantedSoFar)] : scopes;
        var challenge = query["code_challenge"].ToString();
        var request = new GoogleAuthorization(
            query["redirect_uri"].ToString(),
            query["state"],
            asked,
            challenge.Length == 0 ? null : challenge,
            query["code_challenge_method"] != "S256",
            query["access_type"] == "offline",
            query["prompt"].ToString().Split(' ').Contains("consent"));
        var id = secrets.Make("req-");
        lock (_gate)
        {
            _waiting[id] = request;
        }

        var boxes = string.Concat(asked.Select((scope, i) =>
            $"<li><label><input type=\"checkbox\" name=\"scope{i}\" value=\"{WebUtility.HtmlEncode(scope)}\" checked> {WebUtility.HtmlEncode(scope)}</label></li>\n"));
        return PageAsync(context, 200, $"""
            <h1>{DriveSimulator.AccountName}</h1>
            <p>An application wants access to your Google Account. Choose what it may do:</p>
            <form method="post" action="/o/oauth2/v2/auth">
              <input type="hidden" name="request" value="{id}">
              <ul>
            {boxes}  </ul>
              <button type="submit" name="decision" value="continue">Continue</button>
              <button type="submit" name="decision" value="cancel">Cancel</button>
            </form>
            """);
    }

    public Task DecideAsync(HttpContext context)
    {
        var form = ConsentPage.ReadForm(context);
        GoogleAuthorization? request;
        lock (_gate)
        {
            if (!_waiting.Remove(form.GetValueOrDefault("request").ToString(), out request))
            {
                return RefuseAsync(context, "The page is out of date: start again.");
            }
        }

        var ticked = form.Where(field => field.Key.StartsWith("scope", StringComparison.Ordinal)).Select(field => field.Value.ToString());
        var granted = request.Scopes.Intersect(ticked).ToList();
        var answer = new Dictionary<string, string?> { ["state"] = request.State };
        if (form.GetValueOrDefault("decision") == "continue" && granted.Count > 0)
        {
            answer["code"] = grants.IssueCode(request, granted);
            answer["scope"] = string.Join(' ', granted);
        }
        else
        {
            answer["error"] = "access_denied";
        }

        return ConsentPage.SendBack(context, request.RedirectUri, answer);
    }

    private string? Complaint(IQueryCollection query)
    {
        var scopes = query["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return query switch
        {
            _ when query["client_id"] != options.ClientId => "invalid_client: The OAuth client was not found.",
            _ when query["response_type"] != "code" => "unsupported_response_type: The response_type must be code.",
            _ when scopes.Length == 0 || scopes.Except(GoogleGrants.KnownScopes).Any() => "invalid_scope: Some requested scopes were invalid.",
            _ when query.ContainsKey("code_challenge") && query["code_challenge_method"] is not [null or "S256" or "plain"] => "invalid_request: The code_challenge_method is not known.",
            _ when !_redirects.Takes(query["redirect_uri"].ToString()) => "redirect_uri_mismatch: The redirect address is not registered for this client.",
            _ => null,
        };
    }

    private static Task RefuseAsync(HttpContext context, string why) => PageAsync(context, 400, $"<h1>Access blocked</h1><p>Error 400: {WebUtility.HtmlEncode(why)}</p>");

    private static Task PageAsync(HttpContext context, int status, string body) => ConsentPage.ShowAsync(context, status, "Google", body);
}
