using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Rendering;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>ObtainToken, RevokeToken and RetrieveTokenStatus.</summary>
internal sealed class TokenEndpoint(SquareSimulatorOptions options, GrantBook grants, ChaosGate chaos)
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
            throw SquareFault.Of(503);
        }

        JsonElement? body = RequestJson.Read(context);
        if (body.Text("client_id") is not { } client || client != options.ClientId)
        {
            throw SquareFault.Unauthorized("UNAUTHORIZED", "The client_id is not that of a known application.", "client_id");
        }

        var token = body.Text("grant_type") switch
        {
            "authorization_code" => Redeem(body),
            "refresh_token" => grants.Refresh(Required(body, "refresh_token"), KnowsSecret(body), body.Texts("scopes"), body.Flag("short_lived")),
            null => throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", "grant_type is required.", "grant_type"),
            var other => throw SquareFault.Invalid("INVALID_VALUE", $"'{other}' is not a grant type.", "grant_type"),
        };
        if (mode == TokenEndpointMode.AnswerLost)
        {
            context.Abort();
            return;
        }

        await AnswerAsync(context, token).ConfigureAwait(false);
    }

    public Task RevokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != $"Client {grants.ClientSecret}")
        {
            throw SquareFault.Unauthorized("UNAUTHORIZED", "The Authorization header must be 'Client' and the application's secret.");
        }

        JsonElement? body = RequestJson.Read(context);
        if (body.Text("client_id") != options.ClientId)
        {
            throw SquareFault.Unauthorized("UNAUTHORIZED", "The client_id is not that of a known application.", "client_id");
        }

        var (token, merchant) = (body.Text("access_token"), body.Text("merchant_id"));
        if (token is null == merchant is null)
        {
            throw SquareFault.Invalid("CONFLICTING_PARAMETERS", "Give either access_token or merchant_id.", "access_token");
        }

        if (merchant is not null && merchant != Restaurants.MerchantId)
        {
            throw SquareFault.NotFound("The merchant is not known.", "merchant_id");
        }

        grants.Revoke(token, body.Flag("revoke_only_access_token"));
        return SquareAnswer.JsonAsync(context, json => json.WriteBoolean("success"u8, true));
    }

    public Task StatusAsync(HttpContext context)
    {
        var token = grants.Check(context.Request.Headers.Authorization, null);
        return SquareAnswer.JsonAsync(context, json =>
        {
            json.WriteStartArray("scopes"u8);
            foreach (var scope in token.Scopes)
            {
                json.WriteStringValue(scope);
            }

            json.WriteEndArray();
            json.WriteString("expires_at"u8, Second(token.Expires));
            json.WriteString("client_id"u8, options.ClientId);
            json.WriteString("merchant_id"u8, Restaurants.MerchantId);
        });
    }

    private AccessToken Redeem(JsonElement? body)
    {
        var code = Required(body, "code");
        if (!grants.IsPkceCode(code) && !KnowsSecret(body))
        {
            throw SquareFault.Unauthorized("UNAUTHORIZED", "The client_secret is wrong or missing.", "client_secret");
        }

        return grants.Redeem(code, body.Text("code_verifier"), body.Text("redirect_uri"), body.Flag("short_lived"));
    }

    private bool KnowsSecret(JsonElement? body) => body.Text("client_secret") == grants.ClientSecret;

    private static string Required(JsonElement? body, string name) =>
        body.Text(name) is { Length: > 0 } value ? value : throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", $"{name} is required.", name);

    private static Task AnswerAsync(HttpContext context, AccessToken token) => SquareAnswer.JsonAsync(context, json =>
    {
        json.WriteString("access_token"u8, token.Value);
        json.WriteString("token_type"u8, "bearer"u8);
        json.WriteString("expires_at"u8, Second(token.Expires));
        json.WriteString("merchant_id"u8, Restaurants.MerchantId);
        json.WriteString("refresh_token"u8, token.Grant.RefreshToken);
        json.WriteBoolean("short_lived"u8, token.ShortLived);
        if (token.Grant.RefreshExpires is { } refreshExpires)
        {
            json.WriteString("refresh_token_expires_at"u8, Second(refreshExpires));
        }
    });

    // Square gives token times in whole seconds.
    private static string Second(DateTimeOffset time) => SquareJson.Text(time.ToUnixTimeMilliseconds())[..19] + "Z";
}
