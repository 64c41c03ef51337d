using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Plays the owner's browser and the client against Google's OAuth pages.</summary>
internal sealed partial class DriveOAuth(DriveSimulator drive, DriveCaller caller)
{
    public const string Redirect = "http://localhost:5080/oauth/callback/google-drive";
    public const string ReadOnly = "https://www.googleapis.com/auth/drive.readonly";
    public const string Verifier = "a-verifier-of-more-than-forty-three-characters-0123";

    public Task<DriveReply> OpenPageAsync(string scope = ReadOnly, params (string Name, string Value)[] more)
    {
        var query = new Dictionary<string, string?>
        {
            ["client_id"] = drive.Options.ClientId,
            ["response_type"] = "code",
            ["scope"] = scope,
            ["state"] = "the state & more",
            ["redirect_uri"] = Redirect,
            ["access_type"] = "offline",
            ["prompt"] = "consent",
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in more)
        {
            query[name] = value;
        }

        return caller.GetAsync(QueryHelpers.AddQueryString("/o/oauth2/v2/auth", query));
    }

    /// <summary>Presses a button with some boxes ticked; the answer is the redirect's query.</summary>
    public async Task<Dictionary<string, string>> DecideAsync(DriveReply page, string decision = "continue", Func<string, bool>? ticked = null)
    {
        var boxes = BoxField().Matches(page.Text).Select(box => (box.Groups[1].Value, (string?)box.Groups[2].Value)).Where(box => ticked?.Invoke(box.Item2!) ?? true);
        var reply = await caller.FormAsync("/o/oauth2/v2/auth", [("request", RequestField().Match(page.Text).Groups[1].Value), ("decision", decision), .. boxes]);
        Assert.Equal(302, reply.Status);
        return QueryHelpers.ParseQuery(reply.Location!.Query).ToDictionary(q => q.Key, q => q.Value.ToString());
    }

    public async Task<DriveReply> ConnectAsync(params (string Name, string Value)[] more)
        => await RedeemAsync((await DecideAsync(await OpenPageAsync(ReadOnly, more)))["code"]);

    public Task<DriveReply> RedeemAsync(string code, string? verifier = Verifier, string redirect = Redirect, string? secret = null) => caller.FormAsync("/token",
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", verifier), ("client_id", drive.Options.ClientId), ("client_secret", secret ?? drive.ClientSecret));

    public Task<DriveReply> RefreshAsync(string refreshToken) => caller.FormAsync("/token",
        ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", drive.Options.ClientId), ("client_secret", drive.ClientSecret));

    [GeneratedRegex("name=\"request\" value=\"([^\"]+)\"")]
    private static partial Regex RequestField();

    [GeneratedRegex("name=\"(scope\\d+)\" value=\"([^\"]+)\"")]
    private static partial Regex BoxField();
}
