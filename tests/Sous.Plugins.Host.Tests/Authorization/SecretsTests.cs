using System.Text;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 9, for this room: no secret in a log, an answer of the API, or a file.</summary>
public sealed class SecretsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_secret_is_in_a_log_an_answer_or_a_file_however_it_ends()
    {
        var app = await AuthorizationApp.StartAsync();
        var seen = new StringBuilder();
        using var owner = new Browser();
        var link = (await app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "user-1" })).GetProperty("url").GetString()!;
        var callback = await owner.StartAsync(link, app);
        var connection = await app.ConnectAsync();
        app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 400, """{"error":"invalid_request","echo":"SOUSCANARY-body"}""");
        app.Clock.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<DriverException>(async () => await app.Get<CredentialRefresher>().GetAccessTokenAsync(connection.Id, Token));
        app.Service.OddTokens = null;
        app.Clock.Advance(TimeSpan.FromHours(2));
        await app.Get<CredentialRefresher>().GetAccessTokenAsync(connection.Id, Token);
        using var probed = await app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{connection.Id}/probe", null, Token);
        seen.Append(await probed.Content.ReadAsStringAsync(Token)).Append(await app.GetAsync("/api/v1/tenants/t1/connections"));
        app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "SOUSCANARY-body");
        using var deleted = await app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!app.Service.RevokeRequests.IsEmpty));
        seen.AppendJoin('\n', app.Logs.Lines).Append(await app.ReadFilesAsync());
        await app.DisposeAsync();

        var text = seen.ToString();
        Assert.Contains("connect_sessions", text, StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", text, StringComparison.Ordinal);
        Assert.DoesNotContain(link[^43..], text, StringComparison.Ordinal);
        Assert.DoesNotContain(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query)["state"].ToString(), text, StringComparison.Ordinal);
    }
}
