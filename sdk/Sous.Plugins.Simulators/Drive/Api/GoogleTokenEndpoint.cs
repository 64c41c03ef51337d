using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Google's token and revocation endpoints: forms in, JSON out.</summary>
internal sealed class GoogleTokenEndpoint(DriveSimulatorOptions options, GoogleGrants grants, ChaosGate chaos)
{
    public async Task ObtainAsync(HttpContext context)
    {
        var mode = chaos.Setting.TokenEndpoint;
        if (mode == TokenEndpointMode.Html)
        {
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html><body>We will be back shortly.</body></html>", context.RequestAborted).ConfigureAwait(false);
            return;
        }

        if (mode == TokenEndpointMode.Unavailable)
        {
            throw new GoogleTokenFault(503, "temporarily_unavailable", "Try again.");
        }

        var form = Form(context);
        if (form.GetValueOrDefault("client_id") != options.ClientId)
        {
            throw new GoogleTokenFault(401, "invalid_client", "The OAuth client was not found.");
        }

        if (form.GetValueOrDefault("client_secret") != grants.ClientSecret)
        {
            throw new GoogleTokenFault(401, "invalid_client", "Unauthorized");
        }

        var (token, first) = form.GetValueOrDefault("grant_type") switch
        {
            "authorization_code" => (grants.Redeem(Required(form, "code"), Required(form, "redirect_uri"), form.GetValueOrDefault("code_verifier")), true),
            "refresh_token" => (grants.Refresh(Required(form, "refresh_token")), false),
            _ => throw new GoogleTokenFault(400, "unsupported_grant_type", "Invalid grant_type."),
        };
        if (mode == TokenEndpointMode.AnswerLost)
        {
            context.Abort();
            return;
        }

        var answer = new JsonObject
        {
            ["access_token"] = token.Value,
            ["expires_in"] = (int)options.AccessTokenLife.TotalSeconds,
            ["scope"] = string.Join(' ', token.Grant.Scopes),
            ["token_type"] = "Bearer",
        };
        if (first && token.Grant.RefreshToken is { } refresh)
        {
            answer["refresh_token"] = refresh;
        }

        await DriveAnswer.JsonAsync(context, answer).ConfigureAwait(false);
    }

    public Task RevokeAsync(HttpContext context)
    {
        var token = context.Request.Query["token"].ToString();
        grants.Revoke(token.Length > 0 ? token : Required(Form(context), "token"));
        return DriveAnswer.JsonAsync(context, []);
    }

    private static Dictionary<string, string> Form(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw GoogleTokenFault.InvalidRequest("The request must be a form.");
        }

        var fields = new FormReader(Encoding.UTF8.GetString(RequestBody.Of(context))).ReadForm();
        var twice = fields.FirstOrDefault(field => field.Value.Count > 1);
        return twice.Key is null
            ? fields.ToDictionary(field => field.Key, field => field.Value.ToString())
            : throw GoogleTokenFault.InvalidRequest($"OAuth 2 parameters can only have a single value: {twice.Key}");
    }

    private static string Required(Dictionary<string, string> form, string name) =>
        form.TryGetValue(name, out var value) && value.Length > 0 ? value : throw GoogleTokenFault.InvalidRequest($"Missing required parameter: {name}");
}
