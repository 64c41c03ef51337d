using System.Net;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The page where the owner allows or denies, and what its buttons do.</summary>
internal sealed class LightspeedAuthorizeEndpoint(LightspeedSimulatorOptions options, LightspeedGrants grants, SecretsLedger secrets)
{
    private readonly Lock _gate = new();
    private readonly RedirectAddresses _redirects = new(options.RedirectUris);
    private readonly Dictionary<string, LightspeedAuthorization> _waiting = [];

    public Task ShowAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var scopes = query["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Complaint(query, scopes) is { } complaint)
        {
            return PageAsync(context, 400, $"<h1>Cannot continue</h1><p>{WebUtility.HtmlEncode(complaint)}</p>");
        }

        var challenge = query["code_challenge"].ToString();
        var id = secrets.Make("req-");
        lock (_gate)
        {
            _waiting[id] = new LightspeedAuthorization(query["redirect_uri"].ToString(), query["state"], scopes, challenge.Length == 0 ? null : challenge);
        }

        return PageAsync(context, 200, $"""
            <h1>{WebUtility.HtmlEncode(string.Join(", ", Places.Businesses.Select(business => business.Name)))}</h1>
            <p>An application asks for: {WebUtility.HtmlEncode(string.Join(", ", scopes))}.</p>
            <form method="post" action="/oauth/authorize">
              <input type="hidden" name="request" value="{id}">
              <button type="submit" name="decision" value="allow">Allow</button>
              <button type="submit" name="decision" value="deny">Deny</button>
            </form>
            """);
    }

    public Task DecideAsync(HttpContext context)
    {
        var form = ConsentPage.ReadForm(context);
        LightspeedAuthorization? request;
        lock (_gate)
        {
            if (!_waiting.Remove(form.GetValueOrDefault("request").ToString(), out request))
            {
                return PageAsync(context, 400, "<h1>Cannot continue</h1><p>The page is out of date: start again.</p>");
            }
        }

        var answer = new Dictionary<string, string?> { ["state"] = request.State };
        if (form.GetValueOrDefault("decision") == "allow")
        {
            answer["code"] = grants.IssueCode(request);
        }
        else
        {
            answer["error"] = "access_denied";
        }

        return ConsentPage.SendBack(context, request.RedirectUri, answer);
    }

    private string? Complaint(IQueryCollection query, string[] scopes) => query switch
    {
        _ when query["client_id"] != options.ClientId => "The client_id is not that of a known application.",
        _ when query["response_type"] != "code" => "The response_type must be code.",
        _ when scopes.Length == 0 || scopes.Except(LightspeedGrants.KnownScopes).Any() => "The scope is missing or not known.",
        _ when query.ContainsKey("code_challenge") && query["code_challenge_method"] != "S256" => "The code_challenge_method must be S256.",
        _ when !_redirects.Takes(query["redirect_uri"].ToString()) => "The redirect_uri is not registered for this application.",
        _ => null,
    };

    private static Task PageAsync(HttpContext context, int status, string body) => ConsentPage.ShowAsync(context, status, "Lightspeed", body);
}
