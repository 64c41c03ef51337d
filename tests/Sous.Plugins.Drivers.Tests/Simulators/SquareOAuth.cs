using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Plays the owner's browser and the client against Square's OAuth pages.</summary>
internal sealed partial class SquareOAuth(SquareSimulator square, SquareCaller browser, SquareCaller client)
{
    public const string Redirect = "http://localhost:5080/oauth/callback/square";

    public SquareOAuth(SquareSimulator square, SquareCaller caller)
        : this(square, caller, caller)
    {
    }

    public Task<SquareReply> OpenPageAsync(string redirect = Redirect, string scope = "MERCHANT_PROFILE_READ ORDERS_READ", string? challenge = null)
    {
        var query = new Dictionary<string, string?>
        {
            ["client_id"] = square.Options.ClientId,
            ["scope"] = scope,
            ["session"] = "false",
            ["state"] = "the state & more",
            ["redirect_uri"] = redirect,
        };
        if (challenge is not null)
        {
            query["code_challenge"] = challenge;
        }

        return browser.GetAsync(QueryHelpers.AddQueryString("/oauth2/authorize", query));
    }

    /// <summary>Presses a button of the page; the answer is the redirect's query.</summary>
    public async Task<IDictionary<string, string?>> DecideAsync(string decision, string scope = "MERCHANT_PROFILE_READ ORDERS_READ", string? challenge = null)
    {
        var page = await OpenPageAsync(scope: scope, challenge: challenge);
        var reply = await browser.FormAsync("/oauth2/authorize", ("request", RequestField().Match(page.Text).Groups[1].Value), ("decision", decision));
        Assert.Equal((int)HttpStatusCode.Redirect, reply.Status);
        return QueryHelpers.ParseQuery(reply.Location!.Query).ToDictionary(q => q.Key, q => (string?)q.Value.ToString());
    }

    public async Task<SquareReply> ConnectAsync(string scope = "MERCHANT_PROFILE_READ ORDERS_READ") => await RedeemAsync((await DecideAsync("allow", scope))["code"]!);

    public Task<SquareReply> RedeemAsync(string code, string redirect = Redirect, bool shortLived = false) => client.PostAsync("/oauth2/token", new
    {
        client_id = square.Options.ClientId,
        client_secret = square.ClientSecret,
        code,
        redirect_uri = redirect,
        grant_type = "authorization_code",
        short_lived = shortLived,
    });

    public Task<SquareReply> RefreshAsync(string refreshToken) => client.PostAsync("/oauth2/token", new
    {
        client_id = square.Options.ClientId,
        client_secret = square.ClientSecret,
        refresh_token = refreshToken,
        grant_type = "refresh_token",
    });

    [GeneratedRegex("name=\"request\" value=\"([^\"]+)\"")]
    private static partial Regex RequestField();
}
