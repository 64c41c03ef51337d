using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The token endpoint: forms in, the client by HTTP Basic, JSON out.</summary>
internal sealed class LightspeedTokenEndpoint(LightspeedSimulatorOptions options, LightspeedGrants grants, ChaosGate chaos)
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
            throw LightspeedFault.Of(503);
        }

        if (context.Request.Headers.Authorization != Expected())
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"oauth\"";
            throw new LightspeedTokenFault(401, "invalid_client", "Bad client credentials");
        }

        var form = Form(context);
        var tokens = form.GetValueOrDefault("grant_type") switch
        {
            "authorization_code" => grants.Redeem(Required(form, "code"), Required(form, "redirect_uri"), form.GetValueOrDefault("code_verifier")),
            "refresh_token" => grants.Refresh(Required(form, "refresh_token")),
            _ => throw new LightspeedTokenFault(400, "unsupported_grant_type", "Unsupported grant type"),
        };
        if (mode == TokenEndpointMode.AnswerLost)
        {
            context.Abort();
            return;
        }

        await AnswerAsync(context, tokens).ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpContext context, LightspeedTokens tokens) => LightspeedAnswer.ObjectAsync(context, json =>
    {
        json.WriteString("access_token", tokens.Access);
        json.WriteString("token_type", "bearer");
        json.WriteString("refresh_token", tokens.Refresh);
        json.WriteNumber("expires_in", (int)options.AccessTokenLife.TotalSeconds - 1);
        json.WriteString("scope", string.Join(' ', tokens.Grant.Scopes));
    });

    // Id and secret are encoded as in a form before they are joined (RFC 6749, 2.3.1).
    private string Expected() => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(options.ClientId)}:{Uri.EscapeDataString(grants.ClientSecret)}"))}";

    private static Dictionary<string, string> Form(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw LightspeedTokenFault.InvalidRequest("The request must be a form.");
        }

        var fields = new FormReader(Encoding.UTF8.GetString(RequestBody.Of(context))).ReadForm();
        return fields.Any(field => field.Value.Count > 1)
            ? throw LightspeedTokenFault.InvalidRequest("A parameter stands there twice.")
            : fields.ToDictionary(field => field.Key, field => field.Value.ToString());
    }

    private static string Required(Dictionary<string, string> form, string name) =>
        form.TryGetValue(name, out var value) && value.Length > 0 ? value : throw LightspeedTokenFault.InvalidRequest($"Missing parameter: {name}");
}
