using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>The address in <c>connection.needs_reconnect</c>: ready to be sent to the owner, whenever it is read, and good for nothing else.</summary>
public sealed class ReconnectAddressTests : IAsyncLifetime
{
    private Deliverer _host = null!;
    private Connection _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AuthorizationApp App => _host.App;

    public async ValueTask InitializeAsync()
    {
        _host = await Deliverer.StartAsync();
        _connection = await App.ConnectAsync();
        await _host.SubscribeAsync("connection.needs_reconnect");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task An_owner_who_opens_it_days_later_reconnects_the_same_connection_once_the_platform_confirms()
    {
        var address = await NeedReconnectAsync();
        App.Clock.Advance(TimeSpan.FromDays(9));

        var session = await ConsentAsync(address);
        Assert.Equal("needs_reconnect", await App.StatusOfAsync(_connection.Id));
        using var completed = await App.CompleteAsync(session, initiator: null);
        var view = await completed.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal((HttpStatusCode.OK, _connection.Id.Value, "ok"), (completed.StatusCode, view.GetProperty("id").GetString(), view.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task It_stays_the_same_over_attempts_and_restarts_and_is_stored_nowhere()
    {
        _host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        var address = await NeedReconnectAsync();
        await App.RestartAsync();
        await _host.PassAsync(TimeSpan.FromMinutes(6));

        Assert.True(_host.Receiver.Requests.Count >= 3);
        Assert.Single(_host.Receiver.Requests.Select(static request => System.Text.Encoding.UTF8.GetString(request.Body)).Distinct());
        Assert.Equal(address.AbsoluteUri, (await App.EventsAsync("connection.needs_reconnect")).Single().GetProperty("connectAddress").GetString());
        var secret = address.AbsoluteUri[^40..];
        Assert.DoesNotContain(secret, await App.ReadFilesAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, string.Join('\n', App.Logs.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await _host.GetAsync("deliveries")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_at_it_makes_nothing_and_pressing_twice_makes_one_session()
    {
        var address = await NeedReconnectAsync();
        var before = (await SessionsAsync()).Count;
        for (var i = 0; i < 3; i++)
        {
            using var preview = new Browser();
            using var page = await preview.GetAsync(address);
            var html = await page.Content.ReadAsStringAsync(Token);
            Assert.Contains("Renew the link", html, StringComparison.Ordinal);
            Assert.Contains("<button", html, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await SessionsAsync()).Count);
        using var owner = new Browser();
        await owner.PressAsync(address.AbsoluteUri);
        await owner.PressAsync(address.AbsoluteUri);

        Assert.Equal(before + 1, (await SessionsAsync()).Count);
    }

    [Fact]
    public async Task Once_the_owner_has_reconnected_it_opens_nothing_also_where_the_grant_is_gone_again()
    {
        var address = await NeedReconnectAsync();
        App.Clock.Advance(TimeSpan.FromMinutes(1));
        using var completed = await App.CompleteAsync(await ConsentAsync(address), initiator: null);
        Assert.True(completed.IsSuccessStatusCode);
        await AssertOpensNothingAsync(address);

        App.Clock.Advance(TimeSpan.FromMinutes(1));
        var next = await NeedReconnectAsync();

        Assert.NotEqual(address, next);
        await AssertOpensNothingAsync(address);
        await ConsentAsync(next);
    }

    [Fact]
    public async Task Another_account_changes_nothing_until_it_is_confirmed_as_with_any_reconnect()
    {
        var address = await NeedReconnectAsync();
        App.Service.Account = "account-2";

        using var refused = await App.CompleteAsync(await ConsentAsync(address), initiator: null);

        Assert.Equal("another_account", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());
        Assert.Equal("needs_reconnect", await App.StatusOfAsync(_connection.Id));
    }

    [Fact]
    public async Task One_that_is_not_right_to_the_last_letter_or_a_month_old_is_no_link()
    {
        var address = (await NeedReconnectAsync()).AbsoluteUri;
        var dot = address.LastIndexOf('.');
        foreach (var forged in (string[])[address[..^1], address + "x", address[..dot], address[..dot] + "." + address[(dot + 1)..].ToLowerInvariant(), address.Insert(dot, "A")])
        {
            Assert.Equal(HttpStatusCode.NotFound, await OpenAsync(forged));
        }

        App.Clock.Advance(ReconnectLink.Life);
        Assert.Equal(HttpStatusCode.NotFound, await OpenAsync(address));
    }

    private async Task<Uri> NeedReconnectAsync()
    {
        var before = _host.Receiver.Requests.Count;
        await App.Get<ConnectionStore>().MarkNeedsReconnectAsync(_connection.Id, "sales", "The service says that the grant is gone.", null, Token);
        await _host.EventuallyAsync(() => _host.Receiver.Requests.Count > before);
        return new Uri(_host.Receiver.Requests.Last().Data.GetProperty("connectAddress").GetString()!);
    }

    /// <returns>The session's id, as the owner's browser brings it to the platform.</returns>
    private async Task<string> ConsentAsync(Uri address)
    {
        using var owner = new Browser();
        using var callback = await owner.GetAsync(await owner.StartAsync(address.AbsoluteUri, App));
        Assert.Equal(HttpStatusCode.SeeOther, callback.StatusCode);
        Assert.StartsWith(AuthorizationApp.ReturnAddress, callback.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        return QueryHelpers.ParseQuery(callback.Headers.Location.Query)["session"].Single()!;
    }

    private static async Task AssertOpensNothingAsync(Uri address)
    {
        using var owner = new Browser();
        using var page = await owner.GetAsync(address);
        Assert.Contains("There is nothing to do", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var pressed = await http.PostAsync(address, null, Token);
        Assert.Equal(HttpStatusCode.Conflict, pressed.StatusCode);
    }

    private static async Task<HttpStatusCode> OpenAsync(string address)
    {
        using var owner = new Browser();
        using var page = await owner.GetAsync(new Uri(address));
        return page.StatusCode;
    }

    private async Task<IReadOnlyList<ConnectSession>> SessionsAsync() => await App.Get<IRegistry>().ListAsync(ConnectSession.Collection, "", Token);
}
